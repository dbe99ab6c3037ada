"""Which version of a store pages show: the newest one whose usual answers are there.

Where a hundred visitors look at a store, each new version would have all of them ask everything of
it at once. So what pages asked of the version before is asked of the new one first, once, beside
them; then they are drawn anew. Where nobody calls `make_ready`, the newest version is shown.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import duckdb

from answers import scored, store_view
from answers.sources import Source, Version
from data import TrackerError
from queries import QueryError

_MOST_S = 5.0  # then visitors ask the rest
_LONGEST_S = 10.0  # also where one question takes for ever, none waits longer for a new version
# After each question visitors have the processor, for so many times as long as it took, or this.
_REST, _LONGEST_REST_S = 2, 0.5
_READY: dict[Path, Version] = {}
_behind_since: dict[Path, float] = {}  # when a newer version than the one shown was first seen
_ended = Event()


def shown_version(source: Source) -> Version | None:
    """The version to be shown; None where nothing was published yet."""
    newest, shown = source.version(), _READY.get(source.path)
    if newest is None or shown is None or shown == newest:
        _behind_since.pop(source.path, None)
        return newest
    since = _behind_since.setdefault(source.path, time.monotonic())
    return shown if time.monotonic() - since < _LONGEST_S else newest


def show_newest(source: Source) -> None:
    """Show the newest version from now on, ready or not: the one before cannot be opened again."""
    _READY.pop(source.path, None)


def begin() -> None:
    """From now on versions are made ready."""
    _ended.clear()


def end() -> None:
    """Nobody makes versions ready any more: the newest one of each store is shown."""
    _ended.set()
    _READY.clear()


def make_ready(source: Source) -> None:
    """Have the newest version answer what pages asked since this was last done, then show it."""
    newest = source.version()
    if newest is None:
        show_newest(source)
    elif _READY.get(source.path) != newest:
        if store_view.has_questions(source.path):
            with suppress(TrackerError, duckdb.Error):  # shown to whoever opens it
                view = store_view.open_view(source, newest, datetime.now(UTC))
                if view is not None and view.version == newest:
                    _answer(view)
        if source.version() == newest and not _ended.is_set():  # else the next one is made ready
            _READY[source.path] = newest
            _behind_since.pop(source.path, None)


def _answer(view: store_view.StoreView) -> None:
    """Each for itself: a question that fails keeps none of the others from being answered."""
    ends = time.monotonic() + _MOST_S
    for question in store_view.questions(view.source.path):
        if time.monotonic() > ends or _ended.is_set():
            return
        began = time.thread_time()
        with suppress(TrackerError, QueryError, duckdb.Error):
            store_view.answer(view.version, question)
            if question[0] == scored.RESTS_ON:
                scored.odds_of(view)
        rest_s = min(_LONGEST_REST_S, _REST * (time.thread_time() - began))
        ends += rest_s
        _ended.wait(rest_s)
