"""Step 4 of the Unstake page: what became of a signed unstake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from data import ConfigError, TrackerError
from data.amounts import DECIMALS, format_short
from data.config import Network
from data.outcome import Expected, Outcome, parse_hash
from data.receipts import Requested
from data.transaction import build_withdraw_manual
from ui import (
    odds,
    track_request,
    track_words,
    unstake_form,
    unstake_late,
    unstake_live,
    wallet,
    window_words,
    words,
)
from ui.store_view import StoreView
from ui.unstake_form import Form

Row = Mapping[str, Any]

LOOKED_EVERY = "15s"
_ONE = 10**DECIMALS


def progress(view: StoreView, form: Form) -> None:
    """Step 4: the receipt against what was asked, and where the request stands now."""
    unstake_form.text(
        "Transaction hash",
        "tx",
        width=640,
        help="Of the unstake. It is a claim: the chain is asked what it really did.",
        placeholder="0x…",
    )
    if not form.tx:
        if form.wr_id is not None:
            _stands(view, form.wr_id)
            return
        st.caption("Paste the hash, and its request, its place and its window appear here.")
        return
    try:
        parse_hash(form.tx)
    except ConfigError as error:
        st.error(words.fault(error))
        return
    network = unstake_live.network_of(view)
    if network is None or network.simulated:
        _from_store(view, form.tx)
        return
    st.fragment(_followed, run_every=LOOKED_EVERY)(view, form, network)


def _followed(view: StoreView, form: Form, network: Network) -> None:
    """Asks the chain anew, as long as the page is open."""
    if unstake_form.left(form):
        st.rerun()
    expected = None
    if form.holder is not None and form.amount_wei is not None:
        expected = Expected(form.holder, form.token, form.amount_wei)
    try:
        found = unstake_live.outcome(network, form.tx, expected)
    except TrackerError as error:
        st.warning(f"The chain cannot be asked now: {words.fault(error)}. It is asked again soon.")
        _from_store(view, form.tx)
        return
    _told(found)
    if found.wr_id is not None:
        _stands(view, found.wr_id, found)
    elif found.requests:
        _which({one.wr_id: f"{format_short(one.payout_wei)} FTM" for one in found.requests})


def _which(payouts: Mapping[int, str]) -> None:
    if len(payouts) > 1:
        st.markdown("It made several requests. Which one do you mean?")
    for wr_id, payout in payouts.items():
        unstake_form.go(f"Request {wr_id:,}: {payout}", 4, {"tx": "", "request": str(wr_id)})


def _told(found: Outcome) -> None:
    told = words.escaped(found.sentence)
    if found.kind == "success":
        st.success(told, icon=":material/check:")
    elif found.kind in ("not found", "pending"):
        st.info(told, icon=":material/hourglass_empty:")
    else:
        st.error(told, icon=":material/error:")
        if found.kind == "reverted":
            anew = dict.fromkeys(("tx", "request", "intent", "since"), "")
            unstake_form.go("Back to the checks", 2, anew)


def _from_store(view: StoreView, tx: str) -> None:
    """What the store alone knows of a transaction."""
    payouts = unstake_late.made_by(view, tx)
    if len(payouts) > 1:
        _which(payouts)
    elif payouts:
        _stands(view, next(iter(payouts)))
    else:
        st.info(f"The store knows no such unstake. {track_words.read_up_to(view.info)}")


def _stands(view: StoreView, wr_id: int, found: Outcome | None = None) -> None:
    """Where the request stands: by the store, which has its history, until then by the chain."""
    history = view.ask("request_history", wr_id=wr_id)
    if history.height:
        track_request.show(view, wr_id, history)
        request = unstake_late.row(view, wr_id)
        if request is not None and request["status"] == "manual":
            _by_hand(view, wr_id)
        elif request is not None and request["status"] == "pending":
            unstake_form.go("It takes too long", 5, {"request": str(wr_id)})
        return
    if found is None or found.request is None:
        st.info(f"The store does not know request {wr_id:,}. {track_words.read_up_to(view.info)}")
        return
    st.subheader(f"Request {wr_id:,}", anchor=False)
    st.markdown(f"It is on the chain. {track_words.read_up_to(view.info)}")
    st.markdown(f"{format_short(found.request.payout_wei)} FTM will be paid, whole.")
    if not _place_of_new(view, found.request):
        return
    _window_of_new(view, found.request.payout_wei)
    st.markdown(
        "What happens next:\n"
        "1. The operator claims rewards, and pays the queue from its head.\n"
        "2. The FTM are sent to your address. You sign nothing more.\n"
        "3. This page follows it: keep its link, or the calendar file that comes with its place."
    )


def _place_of_new(view: StoreView, request: Requested) -> bool:
    """Its place as a node tells it now; whether it can still be waiting."""
    network = unstake_live.network_of(view)
    reading = unstake_live.live(network, request.token, 0, None, None).reading
    if reading is None or reading.first_wr_id is None:
        return True
    place = request.wr_id - reading.first_wr_id + 1
    if place < 1:
        st.markdown("It has **left the queue** since: the next sync tells whether it was paid.")
        return False
    st.markdown(f"It stands at **place {place:,}** of the queue at block {reading.block:,}.")
    return True


def _window_of_new(view: StoreView, payout_wei: int) -> None:
    now = odds.of(view)
    if now is not None:
        window = now.present.new_window(payout_wei / _ONE)
        st.markdown(window_words.sentence(window))
        st.caption("As the store last knew the queue; its exact place follows with the next sync.")


def _by_hand(view: StoreView, wr_id: int) -> None:
    """Anyone may fetch a refused payout for its staker: here through the wallet."""
    network = unstake_live.network_of(view)
    if network is None or network.simulated:
        return
    said = wallet.connection("wallet by hand")
    transaction = None
    if said is not None:
        call = build_withdraw_manual(network, wr_id, said.account)
        transaction = wallet.UnsignedTransaction(
            intent=f"withdraw-{network.chain_id}-{wr_id}",
            sender=said.account,
            to=call["to"],
            data=call["data"],
        )
    answer = wallet.panel(network, transaction, "Fetch it: sign in the wallet", "wallet by hand")
    if isinstance(answer.outcome, wallet.Signed):
        st.success(
            f"Sent as `{answer.outcome.transaction_hash}`. This page shows it as paid after the "
            "next sync."
        )
