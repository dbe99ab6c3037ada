"""Step 3 of the Unstake page: what exactly is signed, the wallet, and the way without one."""

from __future__ import annotations

import streamlit as st

from data.config import Network
from data.live.reading import Reading
from data.pool.amounts import DECIMALS, format_short, format_wei
from data.pool.transaction import TOKEN_NAMES, build_unstake, describe
from pages.unstake import form as unstake_form
from pages.unstake import inputs, node, step1_terms, step2_check, step3_wallet
from pages.unstake.form import Form
from pages.unstake.node import Live
from ui.browser import wallet
from ui.odds import scored, window_card, window_words
from ui.parts import words
from ui.request import sentences
from ui.shown.store_view import StoreView

# With these the contract would refuse it, or give nothing for it.
_UNSIGNABLE = {"payout", "supply", "balance", "refusal"}
_STAKING = "https://www.ankr.com/staking/stake/fantom/"


def confirm(view: StoreView, form: Form) -> None:
    """Step 3: what is signed in every part, the wallet, and the way without one."""
    amount_wei, network = form.amount_wei, node.network_of(view)
    if amount_wei is None:
        step2_check.no_amount()
        return
    # A node that fell silent meanwhile does not keep the hash from the reader.
    told = wallet.outcome(form.intent)
    if isinstance(told, wallet.Signed) and network is not None:
        step3_wallet.go_on(network, form, told.transaction_hash)
    if network is None:
        step2_check.asked(form, amount_wei)
        st.warning(f"Nothing can be signed here: {node.NO_NETWORK}. Status tells both.")
        return
    if network.simulated:
        step2_check.asked(form, amount_wei)
        st.info(
            "These data are simulated: there is nothing to sign. On a real network this step shows "
            "what is signed in every part, and a wallet in this browser signs it."
        )
        unstake_form.go("Continue", 4, primary=True)
        return
    if form.holder is None:
        st.info("Step 2 asks for the address that holds the tokens, and checks it.")
        unstake_form.go("Go to the checks", 2)
        return
    found = step1_terms.live(view, form, amount_wei)
    reading = found.reading
    step2_check.asked(form, amount_wei)  # with what is signed, not while it is being read
    gas = reading.holder.gas if reading is not None and reading.holder else None
    call = build_unstake(network, form.token, amount_wei, form.holder, gas)
    may_sign = False
    if reading is None:
        st.warning(
            f"The checks of step 2 cannot be made now: {words.fault(found.why_not)}. "
            "Sign nothing that was not checked."
        )
        step2_check.look_again(3)
    else:
        found_out = step2_check.remarks(view, reading)
        wrong = [each for each in found_out if each.kind == "problem"]
        if not isinstance(told, wallet.Signed):  # what it took is no longer there to be checked
            step2_check.show_remarks(wrong)
        may_sign = not any(each.code in _UNSIGNABLE for each in wrong)
        if may_sign:
            _what(network, call, reading)
            _when(view, found, reading.payout_wei)
            step1_terms.facts()
        elif not isinstance(told, wallet.Signed):
            unstake_form.go("Back to the checks", 2, primary=True)
    # What the wallet was asked before is followed up, whatever speaks against signing now.
    if may_sign or form.intent:
        step3_wallet.sign(network, form, call, reading, may_sign=may_sign)
    _elsewhere(view, form, amount_wei)


def _what(network: Network, call: dict[str, str], reading: Reading) -> None:
    """What is signed, in every part, read from the bytes that are."""
    told = describe(network, call)
    explorer = network.explorer.rstrip("/")
    link = f" ([on the explorer]({explorer}/address/{network.pool}))" if explorer else ""
    gas = reading.holder.gas if reading.holder else None
    limit = "what the wallet estimates" if gas is None else f"at most {gas:,}"
    st.markdown(
        f"- **Network**: {wallet.title(network)}, chain {network.chain_id}\n"
        f"- **From**: `{call['from']}`\n"
        f"- **Contract**: the pool, `{network.pool}`{link}\n"
        f"- **Function**: `{told.function}`\n"
        + "".join(
            f"- **{name.capitalize()}**: `{value}`, that is {words.escaped(said)}\n"
            for name, value, said in told.arguments
        )
        + f"- **Value**: 0 {network.native_symbol}; **gas**: {limit}\n"
        "- **Approval**: none is needed, and none is asked for\n"
        + _gives(reading)
        + _stands(reading)
    )


def _stands(reading: Reading) -> str:
    """Its place as the queue is."""
    if reading.first_wr_id is None or reading.last_wr_id is None:
        return ""
    place = reading.last_wr_id - reading.first_wr_id + 1
    ahead = words.UNKNOWN
    if reading.pending_wei is not None:
        ahead = f"{format_short(reading.pending_wei)} FTM"
    return f"- **Your place**: {place:,} in the queue; to be paid before it: {ahead}\n"


def _when(view: StoreView, found: Live, payout_wei: int | None) -> None:
    """When it is paid, once more before what cannot be taken back."""
    now = scored.odds_of(view)
    if now is not None and payout_wei is not None:
        window = step1_terms.present(found, now).new_window(payout_wei / 10**DECIMALS)
        st.markdown(window_words.sentence(window))
        window_card.late(now)


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


def _elsewhere(view: StoreView, form: Form, amount_wei: int) -> None:
    if sentences.unreal(view.info):
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
        inputs.text("Transaction hash", "tx", width=640, placeholder="0x…")
        unstake_form.go("Follow this hash", 4)
