"""Has each newly published version of a store answer what pages will ask, before they show it."""

from __future__ import annotations

import asyncio

from answers import ready
from answers.sources import read_sources
from data import TrackerError

_LOOKED_EVERY_S = 0.25


async def keep_ready() -> None:
    """Make ready what is published, one store after the other, until cancelled."""
    try:
        known = read_sources().known
    except TrackerError:  # shown to each visitor
        return
    ready.begin()
    try:
        while True:
            for source in known.values():
                await asyncio.to_thread(ready.make_ready, source)
            await asyncio.sleep(_LOOKED_EVERY_S)
    finally:
        ready.end()
