"""When the scores of the odds are renewed while a page is open: what moved by that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from answers import scored, words
from answers.store_view import StoreView
from scoring.companion import Scores

_KEPT = "scores that were shown"


@dataclass(frozen=True)
class Remembered:
    """What is remembered of scores: a session holds no frame."""

    made_at: datetime
    source: str
    held: str


def tell(store: StoreView) -> None:
    """Say what moved since this session last showed odds of this store, if scores are others."""
    scores = scored.scores_of(store)
    if scores is None:
        return
    kept: dict[str, Remembered] = st.session_state.setdefault(_KEPT, {})
    now, before = remembered(scores), kept.get(store.source.name)
    kept[store.source.name] = now
    if before is not None and before != now:
        st.toast(sentence(before, now), icon=":material/update:", duration="long")


def sentence(before: Remembered, now: Remembered) -> str:
    """`The odds were checked anew: ...`, from what was said of both scores."""
    moved = "They are made of the same money as before."
    if before.source != now.source:
        moved = (
            f"They are now made of the {now.source}, before of the {before.source}: dates have "
            "moved."
        )
    return f"The odds were checked anew: {now.held}; before, {before.held}. {moved}"


def remembered(scores: Scores) -> Remembered:
    """What scores say, to be remembered."""
    return Remembered(scores.about.made_at, scores.about.source, _held(scores))


def _held(scores: Scores) -> str:
    held = scored.held(scores)
    if held is None:
        return "no past request is old enough to judge"
    provisional = ", provisionally" if scores.about.provisional else ""
    share, requests = words.share(held["value"]), words.plural(held["n"], "past request")
    return f"the 90 % range held for {share} of {requests}{provisional}"
