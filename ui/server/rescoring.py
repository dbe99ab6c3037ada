"""Keeps the scores and the log of every store's odds up to date, never on a page's request.

A process of its own scores each newly published store that has enough new to tell, and logs what is
forecast once a day, one store after the other and out of everything else's way.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from answers.sources import read_sources
from data import OlderStoreError, TrackerError
from data.config import ROOT, environment_of_a_child
from data.logs import CHANGE
from data.store.reader import open_reader
from scoring.panel import is_panel_due
from scoring.run import is_due
from ui.odds import progress

_log = logging.getLogger("ui")
_LOOKED_EVERY_S = 0.5
_AGAIN_AFTER_S = 600.0  # where scoring failed


async def keep_scored() -> None:
    """Score what was published and not looked at yet, until cancelled."""
    try:
        known = read_sources().known
    except TrackerError:  # shown to each visitor
        return
    settled = progress.begin()
    again_at: dict[Path, float] = {}
    faults: dict[Path, str] = {}
    while True:
        for source in known.values():
            version, path = source.version(), source.path
            failed = path in again_at
            rests = failed and time.monotonic() < again_at[path]
            if version is None or rests or (settled.get(path) == version and not failed):
                continue
            again_at.pop(path, None)
            fault = await _kept_scored(path)
            if fault != faults.get(path, ""):
                _tell(path, fault)
            faults[path] = fault
            if fault:
                again_at[path] = time.monotonic() + _AGAIN_AFTER_S
            settled[path] = version
        await asyncio.sleep(_LOOKED_EVERY_S)


def _tell(store: Path, fault: str) -> None:
    if fault:
        _log.warning("%s could not be scored, it is tried again: %s", store.name, fault)
    else:
        _log.info(f"{store.name} is scored again", extra=CHANGE)


async def _kept_scored(store: Path) -> str:
    """Score a store and log its odds if that is due; returns why it could not be done."""
    try:
        if await asyncio.to_thread(_is_due, store):
            return await _score(store)
    except OlderStoreError:  # brought up to date first, which publishes it anew
        return ""
    except (TrackerError, OSError) as error:
        return str(error)
    return ""


def _is_due(store: Path) -> bool:
    open_reader(store).close()  # one of an earlier version has nothing to score yet
    return is_due(store) or is_panel_due(store, datetime.now(UTC))


async def _score(store: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scoring", "--if-due", "--store", str(store)),
        cwd=ROOT,
        env=environment_of_a_child(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # it has processes of its own, which end with it
    )
    assert process.stdout is not None
    assert process.stderr is not None
    progress.tell(store, 0, 0)
    faults = asyncio.create_task(process.stderr.read())
    try:
        async for line in process.stdout:
            done, _, of = line.decode().partition(" ")
            progress.tell(store, int(done), int(of))
        output = await faults
        await process.wait()
    except asyncio.CancelledError:
        faults.cancel()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()
        raise
    finally:
        progress.end(store)
    why = output.decode(errors="replace").strip().rpartition("\n")[2]
    return why if process.returncode else ""
