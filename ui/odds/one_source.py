"""A short note where reward claims rest on one source alone: nothing but another source tells of a
claim that a node left out."""

from __future__ import annotations

from datetime import date

from ui.odds import window_words
from ui.shown.store_view import StoreView


def note(store: StoreView, since: date | None = None) -> str:
    """The note, "" where there is nothing to say: of the whole history, or from a day on."""
    if store.info.simulated:
        return ""
    claims = store.ask("evidence", since=since).filter(filter="sfc", known="single")
    if claims.is_empty():
        return ""
    share = claims["share"][0]
    part = "" if share == 1 else f" in {window_words.percent(share)} of the blocks"
    return f"Reward claims rest on one source{part}: see Status."
