"""When who waits is paid, on the Queue page: a new unstake, the head, and everyone in line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from pages.queue import parts
from ui.odds import scored, shown_forecasts, window_card, window_words
from ui.odds.scored import Odds
from ui.parts import drawing, words
from ui.shown.sources import Source

_AMOUNTS = (100.0, 1_000.0, 10_000.0)
_NO_DATE = {
    "covered": "its money is in the pool already, and the operator's next run pays it",
    "beyond_horizon": (
        f"it is after {{last}}, as it is less likely than that within {scored.FAN_DAYS} days"
    ),
    "stalled": "estimates are suspended, as the money has stopped",
    "insufficient_history": "the history is too short",
}


def new_unstake(now: Odds | None, source: Source) -> None:
    """What someone who unstakes now can expect, for amounts small and large."""
    st.subheader("If you unstake now")
    if now is None:
        window_card.unscored(source)
    else:
        has_dates = drawing.once((now.key, now.now), _of_new, now)
        window_card.behind(now, has_odds=has_dates)


def _of_new(now: Odds) -> bool:
    """The windows of some amounts; returns whether one of them has dates."""
    windows = {f"{amount:,.0f} FTM": now.present.new_window(amount) for amount in _AMOUNTS}
    sentences = {
        name: window_card.sentence(now, window, now.now) for name, window in windows.items()
    }
    if len(set(sentences.values())) == 1:
        st.markdown(next(iter(sentences.values())))
    else:
        st.markdown("\n".join(f"- **{name}**: {text}" for name, text in sentences.items()))
    drawn = {name: window for name, window in windows.items() if window_words.has_dates(window)}
    if drawn:
        window_card.picture(drawn, now.now)
    return bool(drawn)


def of_head(now: Odds | None, head: Mapping[str, Any]) -> None:
    """When the request that blocks the rest is expected to be paid."""
    if now is not None:
        window = now.present.window(0.0, head["payout_ftm"])
        if window is not None:
            shown_forecasts.log(now, head["wr_id"], 0.0, head["payout_ftm"], window)
        sentence = window_card.sentence(now, window, head["requested_at"])
        st.markdown(f"Its expected release: {sentence}")


def waiting(now: Odds | None, pending: pl.DataFrame, explorer: str, network: str) -> None:
    """Everyone who waits, with the days of even odds and of nine in ten where there are odds."""
    if now is None or pending.is_empty():
        parts.pending_table(pending, explorer, network)
        return
    windows = scored.windows_of(now, pending)
    dated = pending.join(windows, on="wr_id", how="left", maintain_order="left")
    ends_on = now.store.ending.ahead
    if ends_on is None or not (dated["before"] != "").any():
        dated = dated.drop("before")
    parts.pending_table(dated, explorer, network, ends_on)
    if note := _note(now, pending, windows):
        st.caption(note)


def _note(now: Odds, pending: pl.DataFrame, windows: pl.DataFrame) -> str:
    """What an empty date means."""
    further = ""
    if pending.height > scored.MOST_WINDOWS:
        further = (
            f" Dates are worked out for the first {scored.MOST_WINDOWS:,}; Track has the others."
        )
    undated = windows.filter(pl.col("most_by").is_null())["kind"]
    last = words.day(now.day(scored.FAN_DAYS))
    reasons = [_NO_DATE[kind].format(last=last) for kind in _NO_DATE if (undated == kind).any()]
    reasons += ["what stands before it is unknown"] * bool(undated.null_count())
    why = f"No date: {', or '.join(reasons)}." if reasons else ""
    return f"{why}{further}".strip()
