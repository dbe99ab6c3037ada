"""Step 3 of the Unstake page: what exactly is signed, the wallet, and the way without one."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from data import TrackerError
from data.amounts import DECIMALS, format_short, format_wei
from data.config import Network
from data.reading import Reading
from data.transaction import TOKEN_NAMES, build_unstake, describe
from data.verdict import Expected
from ui import (
    track_words,
    unstake_amount,
    unstake_check,
    unstake_form,
    unstake_inputs,
    unstake_live,
    unstake_new,
    unstake_wishes,
    wallet,
    words,
)
from ui.store_view import StoreView
from ui.unstake_form import Form

# With these the contract would refuse it, or give nothing for it.
_UNSIGNABLE = {"payout", "supply", "balance", "refusal"}
_STAKING = "https://www.ankr.com/staking/stake/fantom/"


def confirm(view: StoreView, form: Form) -> None:
    """Step 3: what is signed in every part, the wallet, and the way without one."""
    amount_wei, network = form.amount_wei, unstake_live.network_of(view)
    if amount_wei is None:
        unstake_check.no_amount()
        return
    if form.holder is None:
        st.info("Step 2 asks for the address that holds the tokens, and checks it.")
        unstake_form.go("Go to the checks", 2)
        return
    # A node that fell silent meanwhile does not keep the hash from the reader.
    told = wallet.outcome(form.intent)
    if isinstance(told, wallet.Signed):
        _go_on(form, told.transaction_hash)
    if network is None:
        unstake_check.asked(form, amount_wei)
        st.warning(f"Nothing can be signed here: {unstake_live.NO_NETWORK}. Status tells both.")
        return
    if network.simulated:
        unstake_check.asked(form, amount_wei)
        st.info("These data are simulated: there is nothing to sign. The steps are the same.")
        return
    found = unstake_amount.live(view, form, amount_wei)
    reading = found.reading
    unstake_check.asked(form, amount_wei)  # with what is signed, not while it is being read
    if reading is None:
        st.warning(
            f"The checks of step 2 cannot be made now: {words.fault(Exception(found.why_not))}. "
            "Sign nothing that was not checked."
        )
        unstake_check.look_again(3)
    else:
        found_out = unstake_check.remarks(view, reading)
        wrong = [each for each in found_out if each.kind == "problem"]
        unstake_check.show_remarks(wrong)
        if any(each.code in _UNSIGNABLE for each in wrong):
            unstake_form.go("Back to the checks", 2, primary=True)
        else:
            _sign(network, form, amount_wei, reading)
    _elsewhere(view, form, amount_wei)


def _sign(network: Network, form: Form, amount_wei: int, reading: Reading) -> None:
    assert form.holder is not None
    gas = reading.holder.gas if reading.holder else None
    call = build_unstake(network, form.token, amount_wei, form.holder, gas)
    told = describe(network, call)
    explorer = network.explorer.rstrip("/")
    link = f" ([on the explorer]({explorer}/address/{network.pool}))" if explorer else ""
    st.markdown(
        f"- **Network**: {wallet.title(network)}, chain {network.chain_id}\n"
        f"- **From**: `{form.holder}`\n"
        f"- **Contract**: the pool, `{network.pool}`{link}\n"
        f"- **Function**: `{told.function}`\n"
        + "".join(
            f"- **{name.capitalize()}**: `{value}`, that is {words.escaped(said)}\n"
            for name, value, said in told.arguments
        )
        + "- **Approval**: none is needed, and none is asked for\n"
        + _gives(reading)
    )
    unstake_amount.facts()
    wish = unstake_form.wish(form, reading.block)
    unstake_form.put(**wish)
    transaction = wallet.UnsignedTransaction(
        intent=wish["intent"],
        sender=form.holder,
        to=call["to"],
        data=call["data"],
        gas=gas,
        what=f"{format_short(amount_wei)} {TOKEN_NAMES[form.token]}",
    )
    label, known = "Unstake: sign in the wallet", unstake_wishes.followed()
    answer = wallet.panel(network, transaction, label, known=known)
    unstake_check.strayed(answer)
    if isinstance(answer.outcome, wallet.Signed):
        _go_on(form, answer.outcome.transaction_hash)
        _signed(answer.outcome.transaction_hash)
    said = answer.connection
    if said is not None and said.account != form.holder:
        unstake_form.go(f"Check it for {words.short(said.account)}", 2, {"address": said.account})
    lost = isinstance(answer.outcome, wallet.NotSigned) and answer.outcome.why == "unsettled"
    if lost:
        _look_for_it(network, form, amount_wei, reading)


def _gives(reading: Reading) -> str:
    """What it would give now: a burn before it moves the fee, and is not known yet."""
    if reading.payout_wei is None or reading.fee_wei is None:
        return ""
    return (
        f"- **You get**: {format_short(reading.payout_wei)} FTM after a fee of "
        f"{format_short(reading.fee_wei, up=True)} at block {reading.block:,}{_at_worst(reading)}\n"
    )


def _at_worst(reading: Reading) -> str:
    """What it gives at the highest fee, which others' unstakes before it can bring about."""
    rule, gross_wei = reading.fee_rule, reading.gross_wei
    if rule is None or gross_wei is None:
        return ". It is less if others unstake before you"
    most_fee_wei = min(-(-gross_wei * rule.max_ratio // 10**DECIMALS), gross_wei)
    return (
        f", and at least {format_short(gross_wei - most_fee_wei)}, at the highest fee of "
        f"{rule.max_ratio / 10**DECIMALS:.3%}, if others unstake before you"
    )


def _go_on(form: Form, tx: str) -> None:
    """On to step 4, once: who comes back here means it."""
    if tx != form.tx and tx not in unstake_wishes.followed():
        _follow(tx)


def _signed(tx: str) -> None:
    st.success("This was signed and sent. Signing anew makes another request.")
    with st.container(horizontal=True):
        unstake_form.go("Follow it", 4, {"tx": tx, "request": ""}, primary=True)
        unstake_form.go("Sign another one", 2, unstake_form.FORGOTTEN)


def _follow(tx: str) -> NoReturn:
    unstake_wishes.followed().append(tx)
    unstake_form.put(tx=tx, step="4", request="")
    st.rerun()


def _look_for_it(network: Network, form: Form, amount_wei: int, reading: Reading) -> None:
    """The wallet was asked and its answer got lost: the chain knows whether it was sent."""
    if not st.button("Look for it on the chain"):
        return
    assert form.holder is not None
    since = reading.block if form.since is None else min(form.since, reading.block)
    unstake_live.forget()
    try:
        made = unstake_live.made(network, Expected(form.holder, form.token, amount_wei), since)
    except TrackerError as error:
        st.error(words.fault(error))
        return
    unstake_new.follow(made)
    if made:
        st.caption(
            f"All of this amount and address from block {since:,} on. Is it none of these, look "
            "again in a minute."
        )
    else:
        st.info(
            f"The chain holds no such unstake from block {since:,} on. If you confirmed in the "
            "wallet, look again in a minute; if you declined, sign again."
        )


def _elsewhere(view: StoreView, form: Form, amount_wei: int) -> None:
    if track_words.unreal(view.info):
        return  # the dashboard knows the real chain alone
    with st.expander("Without a wallet here: on the official dashboard"):
        st.markdown(
            f"1. Open the [staking dashboard]({_STAKING}) and connect your wallet there.\n"
            f"2. Press the minus icon at {TOKEN_NAMES[form.token]}.\n"
            f"3. Write the amount, `{format_wei(amount_wei)}`, and press Unstake.\n"
            "4. Confirm in the wallet. Keep a little FTM for gas.\n"
            "5. Go to the dashboard: it shows “Unstaking in progress”.\n"
            "6. Copy the transaction's hash from the wallet and paste it here."
        )
        unstake_inputs.text("Transaction hash", "tx", width=640, placeholder="0x…")
        unstake_form.go("Follow this hash", 4)
