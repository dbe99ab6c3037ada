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

from answers import scored, store_view
from answers.sources import Source, Version
from data import TrackerError
from queries import QueryError

_MOST_S = 5.0  # then visitors ask the rest
_READY: dict[Path, Version] = {}


def shown_version(source: Source) -> Version | None:
    """The version to be shown; None where nothing was published yet."""
    newest = source.version()
    return None if newest is None else _READY.get(source.path, newest)


def show_newest(source: Source) -> None:
    """Show the newest version from now on, ready or not: the one before cannot be opened again."""
    _READY.pop(source.path, None)


def end() -> None:
    """Nobody makes versions ready any more: the newest one of each store is shown."""
    _READY.clear()


def make_ready(source: Source) -> None:
    """Have the newest version answer what was asked since this was last done, then show it."""
    newest = source.version()
    if newest is None:
        show_newest(source)
    elif _READY.get(source.path) != newest:
        try:
            with suppress(TrackerError, QueryError):  # told to whoever opens it
                _answer(source, newest, store_view.questions(source.path))
        finally:
            _READY[source.path] = newest


def _answer(source: Source, newest: Version, questions: list[store_view.Question]) -> None:
    ends = time.monotonic() + _MOST_S
    if questions:
        view = store_view.open_view(source, newest, datetime.now(UTC))
        if view is not None and view.version == newest:
            scored.odds_of(view)
            for question in questions:
                if time.monotonic() < ends:
                    store_view.answer(newest, question)
