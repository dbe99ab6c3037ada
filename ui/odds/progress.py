"""How far the backtest that runs beside this server has come, and what a page says of that."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from scoring.companion import Scores
from ui.shown.sources import Source

LOOKED_EVERY_S = 1.0
_done: dict[Path, tuple[int, int]] = {}


def tell(store: Path, done: int, of: int) -> None:
    """So many requests of so many are scored."""
    _done[store] = (done, of)


def end(store: Path) -> None:
    """Nothing of this store is being scored any more."""
    _done.pop(store, None)


def is_running(store: Path) -> bool:
    """Whether this server scores a store just now."""
    return store in _done


def sentence(store: Path) -> str:
    """`Scored 800 of 2,177 requests.`, "" while it is not known."""
    done, of = _done.get(store, (0, 0))
    return f"Scored {done:,} of {of:,} requests." if of else ""


def provisional(source: Source, scores: Scores) -> None:
    """That the odds are from a first verdict, and how far the whole one is; nothing of a whole."""
    if scores.about.provisional:
        _tell_provisional(source.path, scores.about.origins)


@st.fragment(run_every=LOOKED_EVERY_S)
def _tell_provisional(store: Path, origins: int) -> None:
    text = (
        f"Provisional: checked on {origins:,} past requests so far, so how often such odds hold is "
        "less sure."
    )
    st.caption(f"{text} {sentence(store)}".rstrip())


@st.fragment(run_every=LOOKED_EVERY_S)
def tell_running(store: Path, text: str) -> None:
    """A box with this text, and how far it is."""
    st.info(f"{text} {sentence(store)}".rstrip())
