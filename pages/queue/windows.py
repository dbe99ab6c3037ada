"""When who waits is paid, on the Queue page: a new unstake, the head, and everyone in line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from ui.odds import scored, shown_forecasts, window_card, window_words
from ui.odds.scored import Odds
from ui.shown.sources import Source

_AMOUNTS = (100.0, 1_000.0, 10_000.0)
_NO_DATE = {
    "covered": "its money is in the pool already, and the operator's next run pays it",
    "beyond_horizon": f"it is less likely than that within {scored.FAN_DAYS} days",
    "stalled": "estimates are suspended, as the money has stopped",
    "insufficient_history": "the history is too short",
}


def new_unstake(now: Odds | None, source: Source) -> None:
    """What someone who unstakes now can expect, for amounts small and large."""
    st.subheader("If you unstake now")
    if now is None:
        window_card.unscored(source)
        return
    windows = {f"{amount:,.0f} FTM": now.present.new_window(amount) for amount in _AMOUNTS}
    sentences = {name: window_words.sentence(window) for name, window in windows.items()}
    if len(set(sentences.values())) == 1:
        st.markdown(next(iter(sentences.values())))
    else:
        st.markdown("\n".join(f"- **{name}**: {text}" for name, text in sentences.items()))
    drawn = {name: window for name, window in windows.items() if window_words.has_dates(window)}
    if drawn:
        window_card.picture(drawn, now.at)
    window_card.behind(now, has_odds=bool(drawn))


def of_head(now: Odds | None, head: Mapping[str, Any]) -> None:
    """When the request that blocks the rest is expected to be paid."""
    if now is not None:
        window = now.present.window(0.0, head["payout_ftm"])
        if window is not None:
            shown_forecasts.log(now, head["wr_id"], 0.0, head["payout_ftm"], window)
        st.markdown(f"Its expected release: {window_words.sentence(window)}")


def dated(now: Odds | None, pending: pl.DataFrame) -> pl.DataFrame:
    """`pending` with the days of even odds and of nine in ten, where there are odds."""
    if now is None or pending.is_empty():
        return pending
    return pending.join(
        scored.windows_of(now, pending), on="wr_id", how="left", maintain_order="left"
    )


def note(now: Odds | None, pending: pl.DataFrame) -> None:
    """What an empty date means."""
    if now is None or pending.is_empty():
        return
    further = ""
    if pending.height > scored.MOST_WINDOWS:
        further = (
            f" Dates are worked out for the first {scored.MOST_WINDOWS:,}; Track has the others."
        )
    undated = scored.windows_of(now, pending).filter(pl.col("most_by").is_null())["kind"]
    told = [_NO_DATE[kind] for kind in _NO_DATE if (undated == kind).any()]
    told += ["what stands before it is unknown"] * bool(undated.null_count())
    why = f"No date: {', or '.join(told)}." if told else ""
    if why or further:
        st.caption(f"{why}{further}".strip())
