"""When who waits is paid, on the Queue page: a new unstake, the head, and everyone in line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from answers import logged, scored, window_words, words
from answers.scored import Odds
from answers.store_view import StoreView, SupersededError
from data import StoreError
from data.config import settings
from pages.queue import parts
from ui.odds import window_card
from ui.parts import drawing, long_tables

_AMOUNTS = (100.0, 1_000.0, 10_000.0)
_MOVED_FTM, _MOST_ROWS = 1_000.0, 60
_NO_DATE = {
    "covered": "its money is in the pool already, and the operator's next run pays it",
    "beyond_horizon": f"it is after {{last}}, and only {scored.FAN_DAYS} days are forecast",
    "stalled": "there is no estimate for now, as nothing has come in for too long",
    "insufficient_history": "the history is too short",
}


def other_amounts(now: Odds) -> None:
    """What someone who unstakes now can expect, for amounts small and large."""
    st.subheader("How the wait depends on the amount")
    drawing.once((now.key, now.now), _of_amounts, now)
    store = now.store
    rests_on = (store.version, logged.log_size(store.source.path), settings().forecast_log)
    with st.expander("How the estimate moved"):
        try:
            drawing.once(rests_on, _how_it_moved, now)
        except SupersededError:
            raise
        except StoreError as error:
            st.caption(f"Earlier estimates cannot be read: {words.fault(str(error))}.")


def _how_it_moved(now: Odds) -> None:
    """How long a new unstake would have waited by the estimates of the last weeks. Raises
    StoreError."""
    rows = logged.new_estimates(now.store, _MOVED_FTM)
    if rows.is_empty():
        st.caption(logged.nothing_logged(now.store))
        return
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    text = f"A new unstake of {_MOVED_FTM:,.0f} FTM: {_wait(last)}."
    if rows.height > 1:
        text += f" Before, {_wait(first)}."
    st.markdown(text)
    days = st.column_config.NumberColumn
    st.dataframe(
        rows.reverse().head(_MOST_ROWS),
        hide_index=True,
        height="content" if rows.height < 12 else "auto",
        placeholder="later than forecast",
        alt="Estimates of a new unstake as they were logged, the newest first",
        column_config={
            "forecast_at": st.column_config.DateColumn("As of", format="D MMM YYYY", width=105),
            "half_days": days("50 % within, days", format="%.0f", width=120),
            "most_days": days("90 % within, days", format="%.0f", width=120),
        },
    )


def _wait(row: Mapping[str, Any]) -> str:
    """`on 1 Mar 2025 50 % chance within 52 days` of a logged estimate."""
    days = row["half_days"]
    within = "later than was forecast" if days is None else f"within {math.ceil(days)} days"
    return f"on {words.day(row['forecast_at'])} the 50 % chance was {within}"


def _of_amounts(now: Odds) -> None:
    """The windows of some amounts."""
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


def of_head(now: Odds | None, head: Mapping[str, Any]) -> None:
    """When the request that blocks the rest is expected to be paid."""
    if now is not None:
        window = now.present.window(0.0, head["payout_ftm"])
        sentence = window_card.sentence(now, window, head["requested_at"])
        st.markdown(f"When the first in line is paid: {sentence}")


def waiting(now: Odds | None, pending: pl.DataFrame, store: StoreView) -> None:
    """Who waits, the first of them, with the days of 90 % and 50 % chance where there are odds."""
    pending = long_tables.first_rows(pending, "request")
    if now is None or pending.is_empty():
        parts.pending_table(pending, store)
        return
    windows = scored.windows_of(now, pending)
    dated = pending.join(windows, on="wr_id", how="left", maintain_order="left")
    ends_on = now.store.ending.ahead
    if ends_on is None or not (dated["before"] != "").any():
        dated = dated.drop("before")
    parts.pending_table(dated, store, ends_on)
    if note := _note(now, pending, windows):
        st.caption(note)


def _note(now: Odds, pending: pl.DataFrame, windows: pl.DataFrame) -> str:
    """What an empty date means."""
    further = ""
    if pending.height > scored.MOST_WINDOWS:
        further = f" Only the first {scored.MOST_WINDOWS:,} have dates; Track has the others."
    undated = windows.filter(pl.col("most_by").is_null())["kind"]
    last = words.day(now.day(scored.FAN_DAYS))
    reasons = [_NO_DATE[kind].format(last=last) for kind in _NO_DATE if (undated == kind).any()]
    reasons += ["what stands before it is unknown"] * bool(undated.null_count())
    why = f"An empty cell means: {', or '.join(reasons)}." if reasons else ""
    return f"{why}{further}".strip()
