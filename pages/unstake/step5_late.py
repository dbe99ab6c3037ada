"""Step 5 of the Unstake page: why a request takes so long, and whom to tell what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from answers import logged, sentences, words
from answers.store_view import Row, StoreView
from data import StoreError
from data.pool.identifiers import (
    TAKES,
    Address,
    RequestId,
    Transaction,
    Unreadable,
    read_identifier,
)
from forecast.baselines import OFFICIAL_DAYS
from pages.unstake import shared
from pages.unstake.form import step_button
from pages.unstake.now import Now
from ui.odds import window_card
from ui.request import support

# When it was first forecast here, and the moment by which it then had a 90 % chance.
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
        if form.tx_hash:
            st.info(f"The store knows no such unstake. {sentences.read_up_to(view)}")
            step_button("What became of it, step 4", 4)
        _which(view)
        return
    request = shared.request_row(view, wr_id)
    if request is None and view.ask("request_history", wr_id=wr_id).height:
        st.warning(sentences.missing(wr_id))
        return
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
            f"It is within the official {OFFICIAL_DAYS} days: it has waited "
            f"{words.duration(request['waited_days'])}, and they end in {left}."
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
        support.show(view, request)
    else:
        with st.expander("Contact support anyway"):
            support.show(view, request)


def _which(view: StoreView) -> None:
    """Asks which request is meant, by its id, its transaction or the address that made it."""
    text = st.text_input(
        "Request id, address or transaction hash",
        key="unstake late",
        placeholder="2210 or 0x…",
        autocomplete="off",
        width=640,
    )
    match read_identifier(text, view.source.name):
        case None:
            st.caption("Enter what you have: this step then tells whether it is late, and why.")
        case Unreadable(why):
            st.warning(f"{why} This field takes {TAKES}.")
        case RequestId(wr_id):
            _choose(view, {wr_id: "go on"} if shared.request_row(view, wr_id) else {})
        case Transaction(tx):
            _choose(view, shared.requests_made_by(view, tx))
        case Address(staker):
            waiting = view.ask("requests_by_address", address=staker).filter(status="pending")
            payouts = zip(waiting["wr_id"], waiting["payout_wei"], strict=True)
            _choose(view, {wr_id: words.payout(wei) for wr_id, wei in payouts})


def _choose(view: StoreView, payouts: Mapping[int, str]) -> None:
    if not payouts:
        st.info(f"The store knows no such request that waits. {sentences.read_up_to(view)}")
    for wr_id, payout in payouts.items():
        step_button(f"Request {wr_id:,}: {payout}", 5, {"request": str(wr_id)}, primary=True)


def _first_forecast(view: StoreView, wr_id: int) -> FirstForecast | None:
    try:
        return logged.first_forecast(view, wr_id)
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
        st.caption("We have no earlier estimate of this request to compare with.")
        return
    at, by = first
    verdict = "That day has passed: it is late." if is_past else ""
    st.markdown(
        f"Our first estimate, on {words.moment(at)}: 90 % chance by {words.day(by)}. {verdict}"
    )
