"""A refused payout of the Unstake page: anyone may fetch it, here through the wallet."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from answers import ending_words, words
from answers.ending import Ending
from data import TrackerError
from data.config import Network
from data.live.outcome import Outcome
from data.live.set_aside import SetAside
from data.pool.amounts import format_short, format_wei
from data.pool.transaction import build_withdraw_manual, describe
from pages.unstake import node, shared
from ui.browser import wallet

KEY = "wallet by hand"


def show(network: Network | None, ending: Ending, wr_id: int) -> None:
    """What a node says of the payout now, the wallet to fetch it, and what became of that."""
    if network is None or network.simulated:
        return
    st.subheader("Fetch it with a wallet", anchor=False)
    connection = wallet.connection(KEY)
    caller = connection.account if connection is not None else None
    unsigned = _unsigned(network, wr_id, caller) if caller is not None else None
    if unsigned is not None:
        signed = wallet.last_report(network, unsigned, KEY).outcome
        if isinstance(signed, wallet.Signed) and _is_done(network, wr_id, signed.transaction_hash):
            return
    try:
        payout = node.set_aside(network, wr_id, caller)
    except TrackerError as error:
        shared.no_node(
            "A node has to be asked first, and cannot be now. It is asked again soon.",
            ending_words.no_node(ending, str(error)),
        )
        _panel(network, unsigned, may_sign=False)
        return
    if payout.waits is False:
        st.info(
            "The pool keeps it no more: it was fetched. The next sync tells when, and this page "
            "then shows it as paid."
        )
        return
    _sign(network, payout, unsigned)


def _unsigned(network: Network, wr_id: int, caller: str) -> wallet.UnsignedTransaction:
    """The call that fetches it, so far without its gas: a new wish after a try that failed."""
    call = build_withdraw_manual(network, wr_id, caller)
    return wallet.UnsignedTransaction(
        sender=call["from"],
        to=call["to"],
        data=call["data"],
        what=f"the payout of request {wr_id:,}",
        count=_tries(network, wr_id),
        by_anybody=True,
    )


def _tries(network: Network, wr_id: int) -> int:
    failed: dict[tuple[int, int], int] = st.session_state.setdefault("fetches that failed", {})
    return failed.get((network.chain_id, wr_id), 0)


def _try_again(network: Network, wr_id: int) -> None:
    tries = _tries(network, wr_id) + 1
    st.session_state["fetches that failed"][network.chain_id, wr_id] = tries


def _is_done(network: Network, wr_id: int, tx: str) -> bool:
    """Says what the chain knows of the transaction that the wallet sent; whether it fetched."""
    try:
        outcome = node.outcome(network, tx, None)
    except TrackerError as error:
        shared.no_node(
            f"It was sent as `{tx}`, and what became of it cannot be asked now. It is asked again "
            "soon.",
            str(error),
        )
        return False
    sentence = words.escaped(outcome.sentence)
    if outcome.kind == "fetched" and outcome.fetches == wr_id:
        st.success(f"{sentence} The next sync shows it as paid.", icon=":material/check:")
        return True
    if outcome.kind in ("pending", "not found"):
        st.info(f"It was sent as `{tx}`. {sentence}", icon=":material/hourglass_empty:")
    else:
        st.error(sentence, icon=":material/error:")
    if _is_over(outcome, wr_id):
        st.button("Try again", on_click=_try_again, args=(network, wr_id))
    return False


def _is_over(outcome: Outcome, wr_id: int) -> bool:
    """Whether nothing can come of it any more. One that is not found may yet be mined: a second
    one is then refused by the contract, and costs its gas."""
    return outcome.kind != "pending" or outcome.fetches != wr_id


def _sign(network: Network, payout: SetAside, unsigned: wallet.UnsignedTransaction | None) -> None:
    if payout.waits is None:
        st.warning(f"Whether it still waits is unknown: {_why(payout, 'waits')}.")
    may_sign = False
    if unsigned is not None:
        unsigned = replace(unsigned, gas=payout.gas)
        function = describe(network, unsigned.for_wallet(network.chain_id)).function
        wei = payout.payout_wei
        amount = "its payout" if wei is None else f"{format_wei(wei)} FTM"
        st.markdown(
            f"- **Contract**: the pool, `{network.pool}`\n"
            f"- **Function**: `{function}`\n"
            f"- **Request**: `{payout.wr_id}`; it sends {amount} to the address that made it, "
            "whoever signs\n"
            f"- **From**: `{unsigned.sender}`, which pays the gas\n"
        )
        at = words.UNKNOWN if payout.block is None else f"{payout.block:,}"
        st.caption(f"Read at block {at} from {words.escaped(words.node(payout.host))}.")
        may_sign = _is_ready(payout)
    _panel(network, unsigned, may_sign=may_sign)


def _panel(
    network: Network, unsigned: wallet.UnsignedTransaction | None, *, may_sign: bool
) -> None:
    """The wallet's, which tells what became of the wish even where it may not be signed now."""
    wallet.panel(network, unsigned, "Fetch it: sign in the wallet", KEY, may_sign=may_sign)


def _is_ready(payout: SetAside) -> bool:
    """Whether nothing speaks against signing; says what does."""
    if payout.refusal is not None:
        why = (
            f": {words.escaped(payout.refusal)}" if payout.refusal else ", without giving a reason"
        )
        st.error(
            f"The contract would refuse this now{why}. The receiving address has to accept the "
            "FTM first: change that, and look here again."
        )
        return False
    if payout.gas is None or payout.gas_price_wei is None or payout.native_wei is None:
        lacking = next(n for n in ("gas", "gas_price_wei", "native_wei") if n in payout.unknown)
        st.warning(f"What gas it takes is unknown: {_why(payout, lacking)}.")
        return True
    missing_wei = payout.gas * payout.gas_price_wei - payout.native_wei
    cost = f"Gas takes about {format_short(payout.gas * payout.gas_price_wei, up=True)} FTM"
    if missing_wei > 0:
        st.error(
            f"{cost}, and {format_wei(missing_wei)} FTM are missing: send that much, and a little "
            "more, to the address that signs, or use another."
        )
        return False
    st.caption(f"{cost}.")
    return True


def _why(payout: SetAside, field: str) -> str:
    return words.fault(payout.unknown.get(field, "the node did not say"))
