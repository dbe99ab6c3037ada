"""Parts of a page that run again without the rest of it when one of their own inputs is changed:
the rest is neither asked, nor built, nor sent again.

The rest of a page, and other parts of it, may depend on an input by what the part returns alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from itertools import count
from typing import NoReturn, TypeVar

import streamlit as st

from answers.store_view import StoreView
from data import TrackerError
from queries import QueryError
from ui.browser import address
from ui.frame import around, shown
from ui.frame.shown import Drawn
from ui.parts import links
from ui.server import metrics, turns

R = TypeVar("R")
# Streamlit lets go of files that were offered when the whole page runs, and not before.
_MOST_ALONE = 100


@dataclass(frozen=True)
class _Failed:
    """Why a part could not be drawn in a run of the whole page."""

    why: TrackerError | QueryError


def draw(part: Callable[[StoreView], R], store: StoreView) -> R:
    """Draw `part(store)`, and return what it returns. Raises what it raises.

    Once its inputs change, it is drawn again at the moment of then. The whole page is run instead
    where it would rest on another store, and where the part returns something else than before.
    """
    drawn = shown.drawn()
    name = f"{part.__module__}.{part.__qualname__}"
    returned: list[R] = []  # what the rest of the page was drawn with
    runs = count()

    @wraps(part)
    def run() -> R | _Failed:
        if alone := next(runs):
            if not returned or alone > _MOST_ALONE:
                _run_whole_page()
            return _again(drawn, name, returned[0], part)
        own = replace(store, questions=[])
        try:
            returned.append(part(own))
        except (TrackerError, QueryError) as error:
            return _Failed(error)  # Streamlit would show it itself, and the router not hear of it
        drawn.of_parts[name] = own.questions
        return returned[0]

    result = st.fragment(run)()
    if isinstance(result, _Failed):
        raise result.why
    return result


def _again(drawn: Drawn, name: str, before: R, part: Callable[[StoreView], R]) -> R:
    """The part alone, or the whole page."""
    began, now, view = time.perf_counter(), datetime.now(UTC), drawn.view
    assert view is not None
    with turns.turn():
        try:
            if not drawn.is_current(now):
                _run_whole_page()
            own = view.at_moment(view.now if view.at is not None else now)
            result = part(own)
        except (TrackerError, QueryError):  # the router tells why, or opens the store anew
            _run_whole_page()
    listed = around.listed(drawn)
    drawn.of_parts[name] = own.questions
    if result != before or around.listed(drawn) != listed:
        _run_whole_page()
    links.leave()
    address.tell_of_part(links.rewritten(), now.isoformat())
    metrics.page_ran(links.here(), time.perf_counter() - began)
    return result


def _run_whole_page() -> NoReturn:
    st.rerun()
