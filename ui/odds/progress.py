"""How far the backtest that runs beside this server has come, and what a page says of that."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from answers import words
from answers.sources import Version
from answers.store_view import StoreView
from scoring.companion import Scores

LOOKED_EVERY_S = 1.0
_done: dict[Path, tuple[int, int]] = {}
# By store, the version that needs no scoring any more; None where this server scores nothing.
_settled: dict[Path, Version] | None = None


def begin() -> dict[Path, Version]:
    """From now on this server scores what is published. To be filled with what was looked at."""
    global _settled
    _settled = {}
    return _settled


def is_on() -> bool:
    """Whether this server scores anything."""
    return _settled is not None


def tell(store: Path, done: int, of: int) -> None:
    """So many requests of so many are scored."""
    _done[store] = (done, of)


def end(store: Path) -> None:
    """Nothing of this store is being scored any more."""
    _done.pop(store, None)


def is_expected(store: Path, version: Version | None) -> bool:
    """Whether this server scores a store just now, or is about to look at this version of it."""
    unseen = _settled is not None and version is not None and _settled.get(store) != version
    return unseen or store in _done


def sentence(store: Path) -> str:
    """`Scored 800 of 2,177 requests.`, "" while it is not known."""
    done, of = _done.get(store, (0, 0))
    return f"Scored {done:,} of {of:,} requests." if of else ""


def provisional(store: StoreView, scores: Scores) -> None:
    """That the odds are from a first verdict, and how far the whole one is; nothing of a whole. On
    a day of the past the first is the last."""
    if store.at is not None:
        st.caption(
            f"The odds of that day, made of what was known by then and checked on "
            f"{words.plural(scores.about.origins, 'request')} of before: how often a range held "
            "is less certain than on the page of today, which has the whole check."
        )
    elif scores.about.provisional:
        _tell_provisional(store.source.path, scores.about.origins)


@st.fragment(run_every=LOOKED_EVERY_S)
def _tell_provisional(store: Path, origins: int) -> None:
    text = (
        f"Provisional: {origins:,} past requests are scored so far, spread over the history, so "
        "how often a range held is less certain."
    )
    st.caption(f"{text} {sentence(store)}".rstrip())


@st.fragment(run_every=LOOKED_EVERY_S)
def tell_running(store: Path, text: str) -> None:
    """A box with this text, and how far it is."""
    st.info(f"{text} {sentence(store)}".rstrip())
