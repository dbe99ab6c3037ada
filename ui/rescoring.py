"""Keeps the scores of every store's odds up to date beside the server, never on a page's request.

A process of its own looks at each newly published store, one after the other and out of
everything else's way; it leaves alone what has nothing new to tell.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from pathlib import Path

from data import TrackerError
from data.config import ROOT
from ui.sources import Version, read_sources

_log = logging.getLogger("ui")
_LOOKED_EVERY_S = 5.0


async def keep_scored() -> None:
    """Score what was published and not looked at yet, until cancelled."""
    try:
        known = read_sources().known
    except TrackerError:  # told to each visitor
        return
    looked_at: dict[Path, Version] = {}
    while True:
        for source in known.values():
            version = source.version()
            if version is not None and looked_at.get(source.path) != version:
                looked_at[source.path] = version
                await _score(source.path)
        await asyncio.sleep(_LOOKED_EVERY_S)


async def _score(store: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scoring", "--if-due", "--store", str(store)),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, told = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise
    if process.returncode:
        why = told.decode(errors="replace").strip().rpartition("\n")[2]
        _log.warning("%s could not be scored: %s", store.name, why)
