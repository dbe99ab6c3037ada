"""Brings every store that an earlier version made up to date, while what can be shown is shown.

A process of its own makes the tables of one store after the other anew from its own logs. Several
servers may look at one store: who comes second finds it locked, and then up to date. So does who
finds a sync at work, which brings the store up before it asks anybody.
"""

from __future__ import annotations

import asyncio
import logging
import math
import sys
import time
from contextlib import suppress
from pathlib import Path

from answers.sources import Version, read_sources
from data import NewerStoreError, StoreError, StoreLockedError, TrackerError
from data.config import ROOT
from data.ingest.upgraded import is_due
from ui.frame import brought_up

_log = logging.getLogger("ui")
_LOOKED_EVERY_S = 0.5
_AGAIN_AFTER_S, _AGAIN_WHERE_LOCKED_S = 600.0, 30.0


async def keep_upgraded() -> None:
    """Bring up each store that was published and not looked at yet, until cancelled."""
    try:
        known = read_sources().known
    except TrackerError:  # shown to each visitor
        return
    looked: dict[Path, Version] = {}
    again_at: dict[Path, float] = {}
    while True:
        for source in known.values():
            version, path = source.version(), source.path
            rests = looked.get(path) == version and time.monotonic() < again_at.get(path, math.inf)
            # The sample is made anew as a whole, and a copy brought up by whoever keeps it.
            if version is None or source.is_sample or source.is_copy or rests:
                continue
            looked[path] = version
            again_at[path] = time.monotonic() + await _look(path)
        await asyncio.sleep(_LOOKED_EVERY_S)


async def _look(store: Path) -> float:
    """Bring a store up to date if that is due; returns after how many seconds to try again."""
    try:
        if not await asyncio.to_thread(is_due, store):
            return math.inf
    except StoreError as error:  # shown to each visitor
        if isinstance(error, NewerStoreError):
            _log.warning("%s", error)
        return math.inf
    status, fault = await _upgrade(store)
    if status == StoreLockedError.exit_status:
        return _AGAIN_WHERE_LOCKED_S
    if status:
        _log.warning("%s could not be brought up to date: %s", store.name, fault)
    brought_up.tell_fault(store, fault if status else "")
    return _AGAIN_AFTER_S if status else math.inf


async def _upgrade(store: Path) -> tuple[int, str]:
    """The exit status of the process, and the last line that it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "data.sync", "upgrade", "--store", str(store)),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, output = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()  # it leaves the store as it was
        await process.wait()
        raise
    lines = output.decode(errors="replace").strip().splitlines()
    return process.returncode or 0, lines[-1].removeprefix("data.sync: ") if lines else ""
