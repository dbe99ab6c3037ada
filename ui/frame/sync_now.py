"""A sync started from the page: a process of its own, watched through what it says beside
the store, so one that was started in a terminal is shown just the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from answers import ending_words, words
from answers.ending import Ending
from answers.sources import Source
from data.config import ROOT, SAMPLE, environment_of_a_child, is_public, network_names
from data.store.sync_state import SyncState, is_syncing, read_state, upgrade_share

_WATCHED_EVERY_S = 1.0
_REFUSAL = "sync refusal"
_UNTIL_SILENT = "Whatever nodes still answer can be read; what was read stays as it is."
_REST_S = 15  # a node is not to be asked at every click


def offer(source: Source, ending: Ending) -> None:
    """A button that reads what came since, or how far the sync is that runs; for strangers none."""
    if is_public():
        return
    if source.name == SAMPLE:
        st.caption("The sample is one fixed simulation: there is nothing to sync.")
    elif source.is_copy:
        st.caption("This store is fetched from where it is synced: what is new comes by itself.")
    elif source.name not in network_names():
        st.caption("This store belongs to no network that is known here: sync it by command.")
    else:
        running = is_syncing(source.path)
        watch = st.fragment(_watch, run_every=_WATCHED_EVERY_S if running else None)
        watch(source, ending, running)


def _watch(source: Source, ending: Ending, was_running: bool) -> None:
    running = is_syncing(source.path)
    if running != was_running:
        st.rerun()  # the page then shows what was published, and the watching starts or ends
    state = read_state(source.path)
    _reap()
    if running and upgrade_share(source.path) is not None:
        st.caption("This store is being brought up to date. A sync can begin after that.")
        return
    if running:
        if state is None or state.ended_s is None:
            st.progress(*_progress(state))
        else:
            st.caption(f"A sync keeps this store current. {_outcome(state)}")
        _error(state, ending)
        return
    if ending.is_final:
        st.caption(words.escaped(f"{ending_words.brief(ending)}. {_UNTIL_SILENT}"))
    rested = state is None or state.ended_s is None or time.time() - state.ended_s > _REST_S
    with st.container(horizontal=True, vertical_alignment="center"):
        kind: Literal["primary", "secondary"] = "secondary" if ending.is_final else "primary"
        if st.button("Sync now", type=kind, help="Reads what came since the last sync."):
            if rested:
                st.session_state[_REFUSAL] = _start(source)
                st.rerun()
            st.caption("The last sync ended a moment ago.")
        if state is not None:
            st.caption(_outcome(state), width="content")
    if refusal := st.session_state.pop(_REFUSAL, ""):
        st.error(words.fault(refusal), title="No sync could begin")
    else:
        _error(state, ending)


def _error(state: SyncState | None, ending: Ending) -> None:
    if state is not None and state.error:
        alert = st.info if ending.is_final else st.error
        alert(words.fault(state.error), title="The last sync failed")


def _progress(state: SyncState | None) -> tuple[float, str]:
    """How much is done, from 0 to 1, and that in words."""
    if state is None or not state.total:
        return 0.0, "Asking the node how far the chain is"
    if state.blocks >= state.total:
        return 1.0, "Rebuilding the queue and checking it"
    left = "" if state.seconds_left is None else f", {_minutes(state.seconds_left)} left"
    return min(1.0, state.blocks / state.total), (
        f"{state.doing.capitalize() or 'Reading'}: {state.blocks:,} of {state.total:,} blocks, "
        f"{state.logs:,} new logs{left}"
    )


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else words.duration(seconds / 86_400)


def _outcome(state: SyncState) -> str:
    """How the last sync ended."""
    if state.ended_s is None:
        return "The last sync was broken off. What it read is kept, and the next one goes on."
    ago = words.duration((time.time() - state.ended_s) / 86_400)
    at = words.moment(datetime.fromtimestamp(state.ended_s, UTC))
    how = "failed" if state.error else f"brought {words.plural(state.logs, 'new log')}"
    return f"The last sync {how} {ago} ago, {at}."


def _start(source: Source) -> str:
    """Begin a sync, and wait until it holds the lock or has ended; why it could not begin."""
    before = read_state(source.path)
    command = [sys.executable, "-m", "data.sync", "--network", source.name]
    command += ["--store", str(source.path)]
    quiet = subprocess.DEVNULL
    with tempfile.TemporaryFile() as error_output, st.spinner("Starting"):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment_of_a_child(),
            stdin=quiet,
            stdout=quiet,
            stderr=error_output,
        )
        _started().append(process)
        while process.poll() is None and not is_syncing(source.path):
            time.sleep(0.1)
        if not process.returncode or read_state(source.path) != before:
            return ""
        error_output.seek(0)
        lines = error_output.read().decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("data.sync: ") if lines else f"exit status {process.returncode}"


def _reap() -> None:
    """Let go of those that have ended."""
    _started()[:] = [process for process in _started() if process.poll() is None]


@st.cache_resource(show_spinner=False)
def _started() -> list[subprocess.Popen[bytes]]:
    """The syncs that were begun from a page."""
    return []
