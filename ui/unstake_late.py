"""Step 5 of the Unstake page: why a request takes so long, and whom to tell what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from data import StoreError
from ui import odds, shown_forecasts, track_words, unstake_form, window_card, window_words, words
from ui.store_view import StoreView
from ui.unstake_form import Form

Row = Mapping[str, Any]


def late(view: StoreView, form: Form) -> None:
    """Step 5: why it takes so long, and whom to tell what."""
    wr_id = form.wr_id
    if wr_id is None and form.tx_hash:
        wr_id = next(iter(made_by(view, form.tx_hash)), None)
    if wr_id is None:
        st.info("Step 4 finds your request by its transaction. Track finds it by your address.")
        unstake_form.go("Go to step 4", 4)
        return
    request = row(view, wr_id)
    if request is None:
        st.info(f"The store does not know request {wr_id:,}. {track_words.read_up_to(view.info)}")
        return
    st.subheader(f"Request {wr_id:,}", anchor=False)
    st.markdown(track_words.answer(request))
    if request["status"] != "pending":
        unstake_form.go("See what became of it", 4, {"request": str(wr_id), "tx": ""})
        return
    if note := track_words.late(view.info, request):
        st.warning(note)
    head = view.ask_row("blocking_head")
    st.markdown(track_words.blocked_by(request, head))
    waited = request["waited_days"]
    if waited is not None and waited <= window_words.OFFICIAL_DAYS:
        left = words.duration(window_words.OFFICIAL_DAYS - waited)
        st.markdown(
            f"It has waited {words.duration(waited)}: the official "
            f"{window_words.OFFICIAL_DAYS} days are not over for {left}."
        )
    now = odds.of(view)
    if now is not None:
        window = now.present.window(request["ahead_ftm"], request["payout_ftm"])
        st.markdown(window_words.sentence(window))
        window_card.late(now)
    _as_first_said(view, wr_id)
    _support(view, request)


def _as_first_said(view: StoreView, wr_id: int) -> None:
    """What this tracker said of it first, which today's window must not hide."""
    try:
        said = shown_forecasts.first_said(view, wr_id)
    except StoreError:
        said = None
    if said is None or view.info.synced_at is None:
        st.caption("No forecast of it with a date was logged here, so there is none to be late by.")
        return
    at, by = said
    verdict = "That has passed: it is late by our own odds." if view.info.synced_at > by else ""
    st.markdown(
        f"First forecast here on {words.moment(at)}: nine in ten odds by {words.day(by)}. {verdict}"
    )


def _support(view: StoreView, request: Row) -> None:
    st.subheader("Ask the operator's support")
    if kind := track_words.unreal(view.info):
        st.caption(
            f"{kind}: this is no request on the real chain, and support knows nothing of it."
        )
    st.markdown(
        f"[Open a request there]({track_words.SUPPORT}) and paste this. Only the operator can pay "
        "the queue; nobody can pay one request before those ahead of it."
    )
    facts = [
        f"Unstake request {request['wr_id']} on {view.info.network}, pool {view.info.pool}",
        f"Address: {request['staker']}",
        f"Transaction: {request['requested_tx']}",
        f"Requested: {words.moment(request['requested_at'])}",
        f"Payout: {words.ftm(request['payout_ftm'])}",
        f"Place in the queue: {words.count(request['place'])}",
        f"To be paid before it: {words.ftm(request['ahead_ftm'])}",
        f"Waited: {words.duration(request['waited_days'])}",
        f"As of block {words.count(view.info.synced_block)}, {words.moment(view.info.synced_at)}",
    ]
    st.code("\n".join(facts), language=None, wrap_lines=True)


def row(view: StoreView, wr_id: int) -> Row | None:
    """One request as the store has it."""
    history = view.ask("request_history", wr_id=wr_id)
    if not history.height:
        return None
    staker = history["staker"][0]
    mine = view.ask("requests_by_address", address=staker).filter(wr_id=wr_id)
    return mine.row(-1, named=True) | {"staker": staker} if mine.height else None


def made_by(view: StoreView, tx: str) -> dict[int, str]:
    """The payout of each request that a transaction made, as far as the store knows."""
    made = view.ask("request_by_tx", tx=tx.lower()).filter(event="requested")
    return {row["wr_id"]: words.ftm(row["payout_ftm"]) for row in made.iter_rows(named=True)}
