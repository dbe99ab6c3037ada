"""Step 5 of the Unstake page: why a request takes so long, and whom to tell what."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from data import StoreError
from forecast.baselines import OFFICIAL_DAYS
from pages.unstake import shared
from pages.unstake.form import step_button
from pages.unstake.now import Now
from ui.odds import official, shown_forecasts, window_card
from ui.parts import links, words
from ui.request import sentences
from ui.shown.store_view import Row, StoreView

# When it was first forecast here, and the moment by which it then had nine in ten odds.
FirstForecast = tuple[datetime, datetime]


def show(now: Now) -> None:
    """Why it takes so long, and whom to tell what."""
    view, form = now.view, now.form
    wr_id = form.wr_id
    if wr_id is None and form.tx_hash:
        payouts = shared.requests_made_by(view, form.tx_hash)
        if len(payouts) > 1:
            st.markdown("It made several requests. Which one do you mean?")
            for each, payout in payouts.items():
                step_button(f"Request {each:,}: {payout}", 5, {"request": str(each)})
            return
        wr_id = next(iter(payouts), None)
    if wr_id is None:
        st.info("Step 4 finds your request by its transaction. Track finds it by your address.")
        step_button("Go to step 4", 4)
        query = {"network": view.source.name}
        st.page_link(links.page("track"), label="Go to Track", query_params=query)
        return
    request = shared.request_row(view, wr_id)
    if request is None:
        st.info(f"The store does not know request {wr_id:,}. {sentences.read_up_to(view)}")
        return
    st.subheader(f"Request {wr_id:,}", anchor=False)
    st.markdown(sentences.answer(request))
    if request["status"] != "pending":
        step_button("See what became of it", 4, {"request": str(wr_id), "tx": ""})
        return
    first = _first_forecast(view, wr_id)
    is_late = _is_late(view, request, first)
    if note := sentences.late(view.info, request):
        st.warning(note)
    elif not is_late:
        left = words.duration(sentences.official_left(view.info, request))
        st.info(
            f"It is not late: it has waited {words.duration(request['waited_days'])}, and the "
            f"official {OFFICIAL_DAYS} days last another {left}."
        )
    head = view.ask_row("blocking_head")
    st.markdown(sentences.blocked_by(request, head))
    if now.odds is not None:
        window = now.odds.present.window(request["ahead_ftm"], request["payout_ftm"])
        st.markdown(window_card.sentence(now.odds, window, request["requested_at"]))
        window_card.late(now.odds)
    _show_first_forecast(first, is_past=_is_past(view, first))
    if is_late:
        st.subheader("Ask the operator's support")
        _support(view, request)
    else:
        with st.expander("Ask the operator's support all the same"):
            _support(view, request)


def _first_forecast(view: StoreView, wr_id: int) -> FirstForecast | None:
    try:
        return shown_forecasts.first_forecast(view, wr_id)
    except StoreError:
        return None


def _is_late(view: StoreView, request: Row, first: FirstForecast | None) -> bool:
    """By the official days, by our own first odds, or for all that is known."""
    left = sentences.official_left(view.info, request)
    return left is None or left < 0 or _is_past(view, first)


def _is_past(view: StoreView, first: FirstForecast | None) -> bool:
    at = view.info.synced_at
    return first is not None and at is not None and at > first[1]


def _show_first_forecast(first: FirstForecast | None, *, is_past: bool) -> None:
    """What this tracker said of it first, which today's window must not hide."""
    if first is None:
        st.caption("No forecast of it with a date was logged here, so there is none to be late by.")
        return
    at, by = first
    verdict = "That has passed: it is late by our own odds." if is_past else ""
    st.markdown(
        f"First forecast here on {words.moment(at)}: nine in ten odds by {words.day(by)}. {verdict}"
    )


def _support(view: StoreView, request: Row) -> None:
    if kind := sentences.unreal(view.info):
        st.caption(
            f"{kind}: this is no request on the real chain, and support knows nothing of it."
        )
    st.markdown(
        f"[Open a request there]({sentences.SUPPORT}) and paste this. Only the operator can pay "
        "the queue; nobody can pay one request before those ahead of it."
    )
    facts = [
        f"Unstake request {request['wr_id']} on {view.info.network}, pool {view.info.pool}",
        f"Address: {request['staker']}",
        f"Transaction: {request['requested_tx']}",
        f"Requested: {words.moment(request['requested_at'])}",
        f"Payout: {words.payout(request['payout_wei'])}",
        f"Place in the queue: {words.count(request['place'])}",
        f"To be paid before it: {words.ftm(request['ahead_ftm'], 'up')}",
        f"Waited: {words.duration(request['waited_days'])}",
        f"Official {OFFICIAL_DAYS} days: to {words.moment(official.end(request['requested_at']))}",
        f"As of block {words.count(view.info.synced_block)}, {words.moment(view.info.synced_at)}",
    ]
    st.code("\n".join(facts), language=None, wrap_lines=True)
