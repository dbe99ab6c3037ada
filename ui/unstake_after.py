"""Steps 4 and 5 of the Unstake page: what became of a signed unstake, and of a late one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from data import ConfigError, TrackerError
from data.amounts import DECIMALS, format_short
from data.config import Network
from data.outcome import Expected, Outcome
from data.transaction import build_withdraw_manual
from ui import (
    odds,
    track_request,
    track_words,
    unstake_form,
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
        help="Of the unstake. It is a claim: the chain is asked what it really did.",
        placeholder="0x…",
    )
    if not form.tx:
        if form.wr_id is not None:
            _stands(view, form.wr_id)
            return
        st.caption("Paste the hash, and its request, its place and its window appear here.")
        return
    network = unstake_live.network_of(view)
    if network is None or network.simulated:
        _from_store(view, form.tx)
        return
    st.fragment(_followed, run_every=LOOKED_EVERY)(view, form, network)


def _followed(view: StoreView, form: Form, network: Network) -> None:
    """Asks the chain anew, as long as the page is open."""
    expected = None
    if form.holder is not None and form.amount_wei is not None:
        expected = Expected(form.holder, form.token, form.amount_wei)
    try:
        found = unstake_live.outcome(network, form.tx, expected)
    except ConfigError as error:
        st.error(words.fault(error))
        return
    except TrackerError as error:
        st.warning(f"The chain cannot be asked now: {words.fault(error)}. It is asked again soon.")
        _from_store(view, form.tx)
        return
    _told(found)
    if found.wr_id is not None:
        if form.wr_id != found.wr_id:
            unstake_form.put(request=str(found.wr_id))
        _stands(view, found.wr_id, found)
    elif len(found.requests) > 1:
        st.markdown("It made several requests. Which one do you mean?")
        for request in found.requests:
            label = f"Request {request.wr_id:,}: {format_short(request.payout_wei)} FTM"
            unstake_form.go(label, 4, tx="", request=str(request.wr_id))


def _told(found: Outcome) -> None:
    told = words.escaped(found.sentence)
    if found.kind == "success":
        st.success(told, icon=":material/check:")
    elif found.kind in ("not found", "pending"):
        st.info(told, icon=":material/hourglass_empty:")
    else:
        st.error(told, icon=":material/error:")
        if found.kind == "reverted":
            st.markdown("Nothing was burned: only the gas is gone. Look at the checks, sign again.")
            unstake_form.go("Back to the checks", 2, tx="", request="")


def _from_store(view: StoreView, tx: str) -> None:
    """What the store alone knows of a transaction."""
    made = view.ask("request_by_tx", tx=tx.lower())
    asked = made.filter(event="requested")["wr_id"].to_list() if made.height else []
    if not asked:
        st.info(f"The store knows no such unstake. {track_words.read_up_to(view.info)}")
        return
    for wr_id in asked:
        _stands(view, wr_id)


def _stands(view: StoreView, wr_id: int, found: Outcome | None = None) -> None:
    """Where the request stands: by the store, which has its history, until then by the chain."""
    history = view.ask("request_history", wr_id=wr_id)
    if history.height:
        track_request.show(view, wr_id, history)
        request = row(view, wr_id)
        if request is not None and request["status"] == "manual":
            _by_hand(view, wr_id)
        elif request is not None and request["status"] == "pending":
            unstake_form.go("It takes too long", 5, request=str(wr_id))
        return
    st.subheader(f"Request {wr_id:,}", anchor=False)
    st.markdown(f"It is on the chain. {track_words.read_up_to(view.info)}")
    if found is not None and found.request is not None:
        st.markdown(f"{format_short(found.request.payout_wei)} FTM will be paid, whole.")
        _window_of_new(view, found.request.payout_wei)
    st.markdown(
        "What happens next:\n"
        "1. The operator claims rewards, and pays the queue from its head.\n"
        "2. The FTM are sent to your address. You sign nothing more.\n"
        "3. This page follows it: keep its link, or the calendar file that comes with its place."
    )


def _window_of_new(view: StoreView, payout_wei: int) -> None:
    now = odds.of(view)
    if now is not None:
        window = now.present.new_window(payout_wei / _ONE)
        st.markdown(window_words.sentence(window))
        st.caption("As the store last knew the queue; its exact place follows with the next sync.")


def row(view: StoreView, wr_id: int) -> Row | None:
    """One request as the store has it."""
    history = view.ask("request_history", wr_id=wr_id)
    if not history.height:
        return None
    mine = view.ask("requests_by_address", address=history["staker"][0]).filter(wr_id=wr_id)
    return mine.row(-1, named=True) if mine.height else None


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
            intent=f"withdraw-{wr_id}-{unstake_form.intent()}",
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


def late(view: StoreView, form: Form) -> None:
    """Step 5: why it takes so long, and whom to tell what."""
    wr_id = form.wr_id
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
        return
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
    _support(view, request)


def _support(view: StoreView, request: Row) -> None:
    st.subheader("Ask the operator's support")
    st.markdown(
        f"[Open a request there]({track_words.SUPPORT}) and paste this. Only the operator can pay "
        "the queue; nobody can pay one request before those ahead of it."
    )
    facts = [
        f"Unstake request {request['wr_id']} on {view.info.network}, pool {view.info.pool}",
        f"Address: {request['staker']}" if "staker" in request else "",
        f"Transaction: {request['requested_tx']}",
        f"Requested: {words.moment(request['requested_at'])}",
        f"Payout: {words.ftm(request['payout_ftm'])}",
        f"Place in the queue: {words.count(request['place'])}",
        f"To be paid before it: {words.ftm(request['ahead_ftm'])}",
        f"Waited: {words.duration(request['waited_days'])}",
        f"As of block {words.count(view.info.synced_block)}, {words.moment(view.info.synced_at)}",
    ]
    st.code("\n".join(fact for fact in facts if fact), language=None, wrap_lines=True)
    if view.info.simulated:
        st.caption("This request is simulated: support knows nothing of it.")
