"""What happened to a request that waits since it was made: its places, what was paid to those
before it, and how the estimates of it moved that were logged here."""

from __future__ import annotations

import polars as pl
import streamlit as st

from answers import logged, sentences, words
from answers.store_view import Row, StoreView, SupersededError
from data import StoreError
from ui.parts import tables

_MOST_ROWS = 60


def show(store: StoreView, wr_id: int) -> None:
    """Of the request `wr_id`, which waits."""
    st.subheader("Since it was made")
    progress = store.ask_row("request_progress", wr_id=wr_id)
    if progress is not None:
        st.markdown(moved_up(progress))
    _estimates(store, wr_id)


def moved_up(progress: Row) -> str:
    """How far the queue came towards it, in a sentence or two."""
    then, now = progress["place_then"], progress["place"]
    if now is None or now >= then:
        return f"It is still at place {words.count(now)}: nobody before it was paid since."
    places = words.plural(then - now, "place")
    paid = ""
    if progress["paid"]:
        last = ""
        if progress["last_paid_at"] is not None:
            last = f", the last on {words.day(progress['last_paid_at'])}"
        paid = (
            f" {words.plural(progress['paid'], 'request')} before it {_were(progress['paid'])} "
            f"paid {words.ftm(progress['paid_ftm'], 'down')}{last}."
        )
    rejected = ""
    if progress["refused"]:
        rejected = (
            f" {words.plural(progress['refused'], 'more request')} left the queue because the "
            f"receiver rejected the money ({words.ftm(progress['refused_ftm'], 'down')})."
        )
    return f"It moved up {places}, from {then:,} to {now:,}.{paid}{rejected}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _estimates(store: StoreView, wr_id: int) -> None:
    """The first and the newest estimate that was logged, and those between in a table."""
    try:
        rows = logged.estimates(store, wr_id)
    except SupersededError:
        raise
    except StoreError as error:
        st.caption(f"Earlier estimates of it cannot be read: {words.fault(str(error))}.")
        return
    if rows.is_empty():
        st.caption(logged.nothing_logged(store))
        return
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    if first["forecast_at"] == store.info.synced_at:
        st.caption("The estimate above is the first that was logged of it here.")
        return
    dates, began, ended = sentences.estimate, first["forecast_at"], last["forecast_at"]
    text = f"Our first estimate here, on {words.day(began)}: {dates(first)}."
    if rows.height > 1:
        text += f" The newest logged, on {words.day(ended)}: {dates(last)}."
    st.markdown(f"{text}{moved(first, last)}")
    days = rows.unique(pl.col("forecast_at").dt.date(), keep="last", maintain_order=True)
    if days.height > 1:
        with st.expander("How the estimate moved"):
            _table(days.reverse().head(_MOST_ROWS))


def moved(first: Row, last: Row) -> str:
    """By how much the date of a 50 % chance moved, where both estimates have one."""
    if None in (first["half_by"], last["half_by"]):
        return ""
    days = (last["half_by"] - first["half_by"]).days
    if not days:
        return ""
    way = "later" if days > 0 else "earlier"
    return f" The 50 % date moved {words.plural(abs(days), 'day')} {way}."


def _table(rows: pl.DataFrame) -> None:
    date = st.column_config.DateColumn
    tables.show(
        rows.select("forecast_at", "most_by", "half_by"),
        height="content" if rows.height < 12 else "auto",
        placeholder="later than forecast",
        alt="Estimates of this request as they were logged, the newest first",
        column_config={
            "forecast_at": date("As of", format="D MMM YYYY", width=105),
            "most_by": date("90 % by", format="D MMM YYYY", width=120),
            "half_by": date("50 % by", format="D MMM YYYY", width=120),
        },
    )
