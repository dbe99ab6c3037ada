"""When who waits is paid, on the Queue page: a new unstake, the head, and everyone in line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from ui import odds, shown_forecasts, window_card, window_words, words
from ui.odds import Odds

_AMOUNTS = (100.0, 1_000.0, 10_000.0)


def new_unstake(now: Odds | None, network: str) -> None:
    """What someone who unstakes now can expect, for amounts small and large."""
    st.subheader("If you unstake now")
    if now is None:
        window_card.unscored(network)
        return
    windows = {amount: now.present.new_window(amount) for amount in _AMOUNTS}
    known = {amount: window for amount, window in windows.items() if window is not None}
    told = [window_words.sentence(window) for window in windows.values()]
    if len(set(told)) == 1:
        st.markdown(told[0])
    else:
        st.markdown(
            "\n".join(
                f"- **{amount:,.0f} FTM**: {sentence}"
                for amount, sentence in zip(windows, told, strict=True)
            )
        )
    drawn = {amount: each for amount, each in known.items() if window_words.has_dates(each)}
    if drawn:
        parts = [
            pl.DataFrame({"name": [f"{amount:,.0f} FTM"], **window_card.dates(each)})
            for amount, each in drawn.items()
        ]
        window_card.draw(pl.concat(parts), now.at, now.at, "The same as a picture")
    window_card.behind(now)


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
        odds.windows_of(now, pending), on="wr_id", how="left", maintain_order="left"
    )


def note(now: Odds | None, pending: pl.DataFrame) -> None:
    """What an empty date means."""
    if now is None or pending.is_empty():
        return
    further = ""
    if pending.height > odds.MOST_WINDOWS:
        further = (
            f" Dates are worked out for the first {odds.MOST_WINDOWS:,}; Track has the others."
        )
    st.caption(
        f"No date: less likely than that within {odds.FAN_DAYS} days of "
        f"{words.day(now.at)}.{further}"
    )
