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
    if forecast := scored.forecast_of(scores, request["wr_id"]):
        st.markdown(sentence(forecast, rejected=request["refused_at"] is not None))


def sentence(forecast: dict[str, Any], *, rejected: bool = False) -> str:
    """What a row of `Scores.forecasts` says, and how it came, of a request that its receiver
    rejected when its turn came or did not."""
    came = _came(forecast, "Its turn came" if rejected else "It was paid")
    return f"When it was made, from what was known then: {_dates(forecast)}.{came}"


def _dates(forecast: dict[str, Any]) -> str:
    if forecast["kind"] == "covered":
        return "the money for it was already in the pool"
    if forecast["kind"] == "stalled":
        return "no estimate, as money had paused for longer than 99 % of past pauses"
    chances = [
        (f"{percent} %", forecast[f"days_{percent}"])
        for percent in (90, 50)
        if forecast[f"days_{percent}"] is not None
    ]
    if len(chances) < 2:
        share = window_words.percent(forecast[f"within_{_FARTHEST_DAYS}_days"])
        chances.append((share, float(_FARTHEST_DAYS)))
    (first, days), *more = chances
    text = f"{first} chance by {_day(forecast, days)}"
    return text + "".join(f", {chance} by {_day(forecast, days)}" for chance, days in more)


def _came(forecast: dict[str, Any], event: str) -> str:
    """When the queue passed it, among the simulations; "" while it waited at the last scoring."""
    later, at = forecast["later_share"], forecast["released_at"]
    if later is None or forecast["kind"] == "covered":
        return ""
    place = f"earlier than {window_words.percent(later)}"
    if later < 0.5:
        place = f"later than {window_words.percent(1 - later)}"
    wait_days = words.days_between(forecast["requested_at"], at)
    late = forecast["days_90"] is not None and wait_days > forecast["days_90"]
    past = " and past the 90 % date" if late and forecast["kind"] != "stalled" else ""
    return f" {event} on {words.day(at)}, {place} of the simulations{past}."


def _day(forecast: dict[str, Any], days: float) -> str:
    made: datetime = forecast["requested_at"]
    return words.day(made + timedelta(days=days))
