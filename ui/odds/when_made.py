"""What these odds would have said of a request when it was made, beside what came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from answers import scored, window_words, words
from answers.store_view import Row, StoreView

_FARTHEST_DAYS = 90


def show(store: StoreView, request: Row) -> None:
    """The sentence, for a request that the backtest has forecast; nothing for others."""
    scores = scored.scores_of(store)
    if scores is None:
        return
    if told := scored.forecast_of(scores, request["wr_id"]):
        st.markdown(sentence(told, rejected=request["refused_at"] is not None))


def sentence(told: dict[str, Any], *, rejected: bool = False) -> str:
    """What a row of `Scores.forecasts` says, and how it came, of a request that its receiver
    rejected when its turn came or did not."""
    came = _came(told, "Its turn came" if rejected else "It was paid")
    return f"When it was made, from what was known then: {_said(told)}.{came}"


def _said(told: dict[str, Any]) -> str:
    if told["kind"] == "covered":
        return "the money for it was already in the pool"
    if told["kind"] == "stalled":
        return "no estimate, as money had paused for longer than 99 % of past pauses"
    chances = [
        (f"{percent} %", told[f"days_{percent}"])
        for percent in (90, 50)
        if told[f"days_{percent}"] is not None
    ]
    if len(chances) < 2:
        share = window_words.percent(told[f"within_{_FARTHEST_DAYS}_days"])
        chances.append((share, float(_FARTHEST_DAYS)))
    (first, days), *more = chances
    text = f"{first} chance by {_day(told, days)}"
    return text + "".join(f", {chance} by {_day(told, days)}" for chance, days in more)


def _came(told: dict[str, Any], event: str) -> str:
    """When the queue passed it, among the simulations; "" while it waited at the last scoring."""
    later, at = told["later_share"], told["released_at"]
    if later is None or told["kind"] == "covered":
        return ""
    place = f"earlier than {window_words.percent(later)}"
    if later < 0.5:
        place = f"later than {window_words.percent(1 - later)}"
    wait_days = words.days_between(told["requested_at"], at)
    late = told["days_90"] is not None and wait_days > told["days_90"]
    past = " and past the 90 % date" if late and told["kind"] != "stalled" else ""
    return f" {event} on {words.day(at)}, {place} of the simulations{past}."


def _day(told: dict[str, Any], days: float) -> str:
    made: datetime = told["requested_at"]
    return words.day(made + timedelta(days=days))
