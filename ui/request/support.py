"""What the operator's support is to be told of a request that waits."""

from __future__ import annotations

import streamlit as st

from answers import official, sentences, words
from answers.store_view import Row, StoreView
from forecast.baselines import OFFICIAL_DAYS


def show(view: StoreView, request: Row) -> None:
    """Where to ask, and the facts to paste there."""
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
        f"Made: {words.moment(request['requested_at'])}",
        f"Payout: {words.payout(request['payout_wei'])}",
        f"Place in the queue: {words.count(request['place'])}",
        f"To be paid before it: {words.ftm(request['ahead_ftm'], 'up')}",
        f"Waited: {words.duration(request['waited_days'])}",
        f"Official {OFFICIAL_DAYS} days: to {words.moment(official.end(request['requested_at']))}",
        f"As of block {words.count(view.info.synced_block)}, {words.moment(view.info.synced_at)}",
    ]
    st.code("\n".join(facts), language=None, wrap_lines=True)
