"""A refused payout on step 4 of the Unstake page: anyone may fetch it, here through the wallet."""

from __future__ import annotations

import streamlit as st

from data import TrackerError
from data.config import Network
from data.live.outcome import Outcome
from data.live.set_aside import SetAside
from data.pool.amounts import format_short, format_wei
from data.pool.transaction import build_withdraw_manual, describe
from pages.unstake import node
from ui.browser import wallet
from ui.parts import words
from ui.shown.store_view import StoreView

KEY = "wallet by hand"


def show(view: StoreView, wr_id: int) -> None:
    """What a node says of the payout now, the wallet to fetch it, and what became of that."""
    network = node.network_of(view)
    if network is None or network.simulated:
        return
    st.subheader("Fetch it with a wallet", anchor=False)
    signed = wallet.outcome(_intent(network, wr_id), KEY)
    if isinstance(signed, wallet.Signed) and _is_done(network, wr_id, signed.transaction_hash):
        return
    said = wallet.connection(KEY)
    caller = said.account if said is not None else None
    try:
        now = node.set_aside(network, wr_id, caller)
    except TrackerError as error:
        st.warning(
            f"A node has to be asked first, and cannot be now: {words.fault(str(error))}. "
            "It is asked again soon."
        )
        _panel(network, wr_id, caller, None, may_sign=False)
        return
    if now.waits is False:
        st.info(
            "The pool keeps it no more: it was fetched. The next sync tells when, and this page "
            "then shows it as paid."
        )
        return
    _sign(network, now, caller)


def _intent(network: Network, wr_id: int) -> str:
    """The name of one wish to fetch it: a new one after a try that failed."""
    return f"withdraw-{network.chain_id}-{wr_id}-{_tries(network, wr_id)}"


def _tries(network: Network, wr_id: int) -> int:
    failed: dict[tuple[int, int], int] = st.session_state.setdefault("fetches that failed", {})
    return failed.get((network.chain_id, wr_id), 0)


def _try_again(network: Network, wr_id: int) -> None:
    tries = _tries(network, wr_id) + 1
    st.session_state["fetches that failed"][network.chain_id, wr_id] = tries


def _is_done(network: Network, wr_id: int, tx: str) -> bool:
    """Says what the chain knows of the transaction that the wallet sent; whether it fetched."""
    try:
        found = node.outcome(network, tx, None)
    except TrackerError as error:
        st.warning(
            f"It was sent as `{tx}`, and what became of it cannot be asked now: "
            f"{words.fault(str(error))}. It is asked again soon."
        )
        return False
    told = words.escaped(found.sentence)
    if found.kind == "fetched" and found.fetches == wr_id:
        st.success(f"{told} The next sync shows it as paid.", icon=":material/check:")
        return True
    if found.kind in ("pending", "not found"):
        st.info(f"It was sent as `{tx}`. {told}", icon=":material/hourglass_empty:")
    else:
        st.error(told, icon=":material/error:")
    if _is_over(found, wr_id):
        st.button("Try again", on_click=_try_again, args=(network, wr_id))
    return False


def _is_over(found: Outcome, wr_id: int) -> bool:
    """Whether nothing can come of it any more. One that is not found may yet be mined: a second
    one is then refused by the contract, and costs its gas."""
    return found.kind != "pending" or found.fetches != wr_id


def _sign(network: Network, now: SetAside, caller: str | None) -> None:
    if now.waits is None:
        st.warning(f"Whether it still waits is unknown: {_why(now, 'waits')}.")
    may_sign = False
    if caller is not None:
        call = build_withdraw_manual(network, now.wr_id, caller, now.gas)
        payout = "its payout" if now.payout_wei is None else f"{format_wei(now.payout_wei)} FTM"
        st.markdown(
            f"- **Contract**: the pool, `{network.pool}`\n"
            f"- **Function**: `{describe(network, call).function}`\n"
            f"- **Request**: `{now.wr_id}`; it sends {payout} to the address that asked, whoever "
            "signs\n"
            f"- **From**: `{caller}`, which pays the gas\n"
        )
        at = words.UNKNOWN if now.block is None else f"{now.block:,}"
        st.caption(f"Read at block {at} from {words.escaped(now.host)}.")
        may_sign = _is_ready(now)
    _panel(network, now.wr_id, caller, now.gas, may_sign=may_sign)


def _panel(
    network: Network, wr_id: int, caller: str | None, gas: int | None, *, may_sign: bool
) -> None:
    """The wallet's, which tells what became of the wish even where it may not be signed now."""
    transaction = None
    if caller is not None:
        call = build_withdraw_manual(network, wr_id, caller)
        transaction = wallet.UnsignedTransaction(
            intent=_intent(network, wr_id),
            sender=call["from"],
            to=call["to"],
            data=call["data"],
            gas=gas,
            what=f"the payout of request {wr_id:,}",
        )
    label = "Fetch it: sign in the wallet"
    wallet.panel(network, transaction, label, KEY, may_sign=may_sign)


def _is_ready(now: SetAside) -> bool:
    """Whether nothing speaks against signing; says what does."""
    if now.refusal is not None:
        why = f": {words.escaped(now.refusal)}" if now.refusal else ", without giving a reason"
        st.error(
            f"The contract would refuse this now{why}. The address that asked has to accept the "
            "FTM first: mend that, and look here again."
        )
        return False
    if now.gas is None or now.gas_price_wei is None or now.native_wei is None:
        lacking = next(n for n in ("gas", "gas_price_wei", "native_wei") if n in now.unknown)
        st.warning(f"What gas it takes is unknown: {_why(now, lacking)}.")
        return True
    missing_wei = now.gas * now.gas_price_wei - now.native_wei
    cost = f"Gas takes about {format_short(now.gas * now.gas_price_wei, up=True)} FTM"
    if missing_wei > 0:
        st.error(
            f"{cost}, and {format_wei(missing_wei)} FTM are missing: send that much, and a little "
            "more, to the address that signs, or use another."
        )
        return False
    st.caption(f"{cost}.")
    return True


def _why(now: SetAside, field: str) -> str:
    return words.fault(now.unknown.get(field, "the node did not say"))
