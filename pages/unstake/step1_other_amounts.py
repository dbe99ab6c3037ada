"""What another amount would change, and what splitting one would: on the same terms, to the wei."""

from __future__ import annotations

import math

import polars as pl
import streamlit as st

from data.pool.amounts import DECIMALS, format_brief, format_short
from data.pool.burn import Token
from forecast import ReleaseWindow
from forecast.present import Present
from pages.unstake import node, step1_chart
from pages.unstake.node import Live
from ui.odds import scored, window_words
from ui.odds.scored import Odds
from ui.parts import drawing, words
from ui.shown.store_view import StoreView

_ONE = 10**DECIMALS
_TWENTIETHS_OF_AMOUNT = (2, 5, 10, 20, 40, 80, 200)
_PARTS = (1, 2, 4, 10)


def show(
    view: StoreView, token: Token, found: Live, amount_wei: int, present: Present, now: Odds
) -> None:
    """Other amounts beside the user's own, and the same amount in parts."""
    st.subheader("What another amount would change")
    spans = []
    for twentieths in _TWENTIETHS_OF_AMOUNT:
        other_wei = amount_wei * twentieths // 20
        other = node.of_other_amount(view, found, token, other_wei)
        if other is None or other.payout_wei == 0:
            continue
        window = present.new_window(other.payout_wei / _ONE)
        if window is not None and window_words.has_odds(window):
            spans.append(_span(now, other.payout_wei, window, mine=twentieths == 20))
    if spans and all(span["low"] == scored.FAN_DAYS for span in spans):
        st.markdown(
            f"From {spans[0]['name']} to {spans[-1]['name']}: more than 95 % of the futures take "
            f"longer than {scored.FAN_DAYS} days."
        )
    elif spans:
        drawing.draw(
            step1_chart.amounts,
            pl.DataFrame(spans, infer_schema_length=None),
            horizon_days=scored.FAN_DAYS,
            alt="; ".join(f"{span['paid']}: even odds {span['half']}" for span in spans),
        )
        st.caption(
            "Days until it is paid, by what you would receive: thick half of the futures, thin "
            f"nine in ten, amber even odds, up to {scored.FAN_DAYS} days. Your "
            "amount is the coloured one. What waits before you counts for each."
        )
    _split(view, token, found, amount_wei, present, now)


def _span(now: Odds, payout_wei: int, window: ReleaseWindow, *, mine: bool) -> dict[str, object]:
    marks = {"low": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "high": 0.95}
    days = {name: min(window.quantile(p), float(scored.FAN_DAYS)) for name, p in marks.items()}
    half = window.quantile(0.5)
    told = words.day(now.day(half)) if math.isfinite(half) else f"after {scored.FAN_DAYS} days"
    reached = math.isfinite(half)
    return {
        "name": f"{format_brief(payout_wei)} FTM",
        "paid": f"{format_short(payout_wei)} FTM",
        "mine": mine,
        "half": told,
        "reached": reached,
        **days,
    }


def _split(
    view: StoreView, token: Token, found: Live, amount_wei: int, present: Present, now: Odds
) -> None:
    """The same amount as several requests one after another: what each way gives, and when."""
    rows = []
    for parts in _PARTS:
        burned, paid_wei, first_wei = 0, 0, 0
        for part in range(parts):
            one = amount_wei // parts + (amount_wei % parts if part == 0 else 0)
            got = node.of_other_amount(view, found, token, one, burned)
            if got is None:
                return
            burned += got.gross_wei
            paid_wei += got.payout_wei
            first_wei = first_wei or got.payout_wei
        first = present.new_window(first_wei / _ONE)
        last = present.new_window(paid_wei / _ONE)
        if first is None or last is None or not window_words.has_odds(first):
            return
        rows.append((parts, format_short(paid_wei), *(_half(now, each) for each in (first, last))))
    with st.expander("Splitting it into several requests"):
        st.dataframe(
            pl.DataFrame(rows, schema=["parts", "paid", "first", "last"], orient="row"),
            hide_index=True,
            height="content",
            alt="What the amount gives in one, two, four and ten requests, and when",
            column_config={
                "parts": st.column_config.NumberColumn("Requests"),
                "paid": st.column_config.TextColumn("FTM in all"),
                "first": st.column_config.TextColumn("Even odds for the first"),
                "last": st.column_config.TextColumn("Even odds for the last"),
            },
        )
        st.caption(
            "If they are made one right after another, with nobody in between: the first is paid "
            "earlier, as it needs less money, and the last when one request for all would be. Each "
            "is a transaction with gas of its own, and the fee of each rises with the ones before "
            "it. Others may come in between, and then the rest waits for them too."
        )


def _half(now: Odds, window: ReleaseWindow) -> str:
    days = window.quantile(0.5)
    return words.day(now.day(days)) if math.isfinite(days) else f"after {scored.FAN_DAYS} days"
