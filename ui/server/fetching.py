"""Keeps the local copy of a store that lies elsewhere current, never on a page's request.

A process of its own does it, for the first server that serves the copy on this machine; the others
wait to take its place, so that whoever holds the store is asked once a machine.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import sys
import time
from contextlib import suppress
from typing import IO

from answers.sources import read_sources
from data import TrackerError
from data.config import ROOT, environment_of_a_child
from data.fetch import AGAIN
from data.store.fetch_state import FetchState, read_state, write_state

_log, _its_log = logging.getLogger("ui"), logging.getLogger("data.fetch")
_TRIED_EVERY_S = 1.0
_AGAIN_AFTER_S = 5.0
_ENDED = "the process that fetches the store ended, and is started again: the log says why"


async def keep_fetched() -> None:
    """Fetch what is newer than the copy, until cancelled; returns where nothing lies elsewhere."""
    try:
        source = read_sources().default()
    except TrackerError:  # shown to each visitor
        return
    if not source.is_copy:
        return
    try:
        source.path.parent.mkdir(parents=True, exist_ok=True)
        handle = source.path.with_name(f"{source.path.name}.fetching").open("a")
    except OSError as error:
        _log.error("no copy can be kept at %s: %s", source.path, error.strerror)
        return
    with handle:
        await _alone(handle)
        while True:
            await _follow(handle)
            _log.error(_ENDED)
            if not read_state(source.path).fault:
                write_state(source.path, FetchState(fault=_ENDED, since_s=time.time()))
            await asyncio.sleep(_AGAIN_AFTER_S)


async def _alone(handle: IO[str]) -> None:
    """Returns once no other server has the lock, which goes with its processes."""
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            await asyncio.sleep(_TRIED_EVERY_S)


async def _follow(handle: IO[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "data.fetch", "--follow"),
        cwd=ROOT,
        env=environment_of_a_child(),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=(handle.fileno(),),  # no other begins while it ends
        start_new_session=True,
    )
    assert process.stderr is not None
    try:
        async for line in process.stderr:
            text = line.decode(errors="replace").rstrip().removeprefix("data.fetch: ")
            _its_log.log(logging.INFO if text == AGAIN else logging.WARNING, "%s", text)
        await process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
