"""A short note where reward claims rest on one source alone: then nobody could tell of a claim that
it left out, neither another host nor the money, which adds up where all of them are there."""

from __future__ import annotations

from datetime import date

from answers import window_words
from answers.store_view import StoreView


def note(store: StoreView, since: date | None = None) -> str:
    """The note, "" where there is nothing to say: of the whole history, or from a day on."""
    if store.info.simulated or money_adds_up(store):
        return ""
    claims = store.ask("evidence", since=since).filter(filter="sfc", known="single")
    if claims.is_empty():
        return ""
    share = claims["share"][0]
    part = "" if share == 1 else f" in {window_words.percent(share)} of the blocks"
    return f"Reward claims rest on one source{part}: see Status."


def money_adds_up(store: StoreView) -> bool:
    """Whether what pool and stubs hold is what came less what went, at the last sync."""
    return store.ask("checks_summary").filter(name="money", status="passed").height > 0
