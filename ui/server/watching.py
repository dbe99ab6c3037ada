"""One line in the log for each change of what is shown first: another store, syncs that fail."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from answers import health
from answers.sources import read_sources
from data import TrackerError
from data.logs import CHANGE

_log = logging.getLogger("ui")
_LOOKED_EVERY_S = 2.0
_AT_FIRST = (logging.INFO, "syncs succeed again")


async def tell_changes() -> None:
    """Log changes of the store that is shown first, until cancelled."""
    store, syncs = (0, ""), _AT_FIRST
    while True:
        before = store, syncs
        store, syncs = await asyncio.to_thread(_state, datetime.now(UTC))
        for (level, text), known in zip((store, syncs), before, strict=True):
            if (level, text) != known:
                _log.log(level, text, extra=CHANGE)
        await asyncio.sleep(_LOOKED_EVERY_S)


def _state(now: datetime) -> tuple[tuple[int, str], tuple[int, str]]:
    """How the store and its syncs are: a level and a sentence each."""
    syncs = _AT_FIRST
    try:
        source = read_sources().default()
        kind, _ = health.fault_of_syncs(source, now)
        if kind is not None and not source.is_copy:  # of a copy the process that fetches it tells
            syncs = logging.WARNING, f"syncs of {source.name} fail: {kind}"
        view = health.newest(source, now)
    except TrackerError as error:
        return (logging.ERROR, f"the store cannot be read: {error}"), syncs
    if view is None:
        return (logging.INFO, f"{source.name} has no store yet"), syncs
    return (logging.INFO, f"the store of {source.name} is of block {view.info.synced_block}"), syncs
