"""The newest payments on the Queue page: the operator pays in runs, when money has come in."""

from __future__ import annotations

import polars as pl
import streamlit as st

from answers import words
from answers.store_view import StoreView
from ui.parts import drawing

MOST = 10


def recent(store: StoreView) -> int:
    """The newest runs with their day, requests and money, and how long each came after the last;
    returns how many runs there were in all."""
    st.subheader("Recent payments")
    runs, count = store.ask_first("operator_runs", MOST)
    if not count:
        st.markdown("Nobody was paid yet.")
        return 0
    drawing.once(store.version, _table, runs)
    of_all = f" of {count:,}" if count > runs.height else ""
    st.caption(
        f"The last {runs.height:,}{of_all} {'run' if count == 1 else 'runs'} of the operator, the "
        "newest first: it pays one request after another until the money is gone. What was claimed "
        "by hand is not in it."
    )
    return count


def _table(runs: pl.DataFrame) -> None:
    paid_ftm, form = words.rounded_up(runs["paid_ftm"])
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    paid = number("FTM paid", format=form, width=85) if form else text("FTM paid", width=85)
    st.dataframe(
        runs.select(
            "started_at",
            "payouts",
            paid_ftm.alias("paid_ftm"),
            "days_since_previous",
        ),
        hide_index=True,
        height="content",
        alt="The newest payments of the operator: day, requests, FTM",
        column_config={
            "started_at": st.column_config.DatetimeColumn(
                "Began, UTC", format="D MMM YYYY, HH:mm", timezone="UTC", width=130
            ),
            "payouts": number("Requests", format="%,d", width=70),
            "paid_ftm": paid,
            "days_since_previous": number(
                "After, days", format="%.1f", width=80, help="Since the end of the run before."
            ),
        },
    )
