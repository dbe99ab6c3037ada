"""Steps 2 and 3 of the Unstake page: what stands in the way, and what exactly is signed."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from data import ConfigError, TrackerError
from data.amounts import format_wei
from data.config import Network, parse_address
from data.lost_hash import find_unstakes
from data.outcome import Expected
from data.reading import Reading
from data.transaction import TOKEN_NAMES, build_unstake, describe
from data.unstake_checks import Remark, check_unstake
from ui import unstake_amount, unstake_form, unstake_live, wallet, words
from ui.store_view import StoreView
from ui.unstake_form import Form

_ICONS = {
    "ok": ":material/check:",
    "problem": ":material/error:",
    "note": ":material/info:",
    "unknown": ":material/help:",
}
_STAKING = "https://www.ankr.com/staking/stake/fantom/"


def checks(view: StoreView, form: Form) -> None:
    """Step 2: the address, and everything that should be known of it before signing."""
    amount_wei, network = form.amount_wei, unstake_live.network_of(view)
    if amount_wei is None:
        _no_amount()
        return
    _asked(form, amount_wei)
    if network is not None and not network.simulated:
        said = wallet.panel(network).connection
        if said is not None and said.account != form.holder:
            if not form.address:
                unstake_form.put(address=said.account)
                st.rerun()
            unstake_form.go(f"Use {words.short(said.account)}", 2, address=said.account)
    unstake_form.text(
        "Address that holds the tokens",
        "address",
        help="The account that unstakes, and to which the FTM are sent.",
        placeholder="0x…",
    )
    if not form.address:
        st.caption("Connect a wallet or write an address. It is only read, and not kept.")
        return
    try:
        parse_address(form.address)
    except ConfigError as error:
        st.error(words.fault(error))
        return
    found = unstake_amount.live(view, form, amount_wei)
    reading = found.reading
    if reading is None:
        st.warning(
            f"Nothing of this address can be checked: {words.fault(Exception(found.why_not))}. "
            "Step 1 still tells what the store knows."
        )
        unstake_form.go("Look again", 2)
        return
    problems = show_remarks(_remarks(view, reading))
    holder = reading.holder
    if holder is not None and holder.most_wei:
        unstake_form.go(
            f"Use max: {format_wei(holder.most_wei)}", 2, amount=format_wei(holder.most_wei)
        )
    if problems:
        st.markdown("Mend what is marked before you sign.")
    unstake_form.go(
        "Continue to sign", 3, primary=not problems, since=str(reading.block), tx="", request=""
    )


def _remarks(view: StoreView, reading: Reading) -> list[Remark]:
    seen = st.session_state.get("unstake seen")
    same = isinstance(seen, Reading) and (seen.network, seen.token, seen.amount_wei) == (
        reading.network,
        reading.token,
        reading.amount_wei,
    )
    earlier = seen if same else None
    if earlier is None:
        st.session_state["unstake seen"] = reading
    terms = unstake_live.terms(view)
    rebuilt = terms.fee(reading.gross_wei) if terms and reading.gross_wei is not None else None
    return check_unstake(reading, earlier, rebuilt, datetime.now(UTC))


def show_remarks(remarks: list[Remark]) -> int:
    """Each as a line, problems in red; returns how many of those there are."""
    for remark in remarks:
        told = f"{words.escaped(remark.sentence)} {words.escaped(remark.remedy)}".rstrip()
        if remark.kind == "problem":
            st.error(told, icon=_ICONS["problem"])
        elif remark.kind == "unknown":
            st.warning(told, icon=_ICONS["unknown"])
        else:
            st.markdown(f"{_ICONS[remark.kind]} {told}")
    return sum(remark.kind == "problem" for remark in remarks)


def confirm(view: StoreView, form: Form) -> None:
    """Step 3: what is signed in every part, the wallet, and the way without one."""
    amount_wei, network = form.amount_wei, unstake_live.network_of(view)
    if amount_wei is None:
        _no_amount()
        return
    if form.holder is None:
        st.info("Step 2 asks for the address that holds the tokens, and checks it.")
        unstake_form.go("Go to the checks", 2)
        return
    _asked(form, amount_wei)
    if network is None or network.simulated:
        st.info("These data are simulated: there is nothing to sign. The steps are the same.")
        return
    found = unstake_amount.live(view, form, amount_wei)
    reading = found.reading
    if reading is None:
        st.warning(
            f"The checks of step 2 cannot be made now: {words.fault(Exception(found.why_not))}. "
            "Sign nothing that was not checked."
        )
        unstake_form.go("Look again", 3)
    else:
        show_remarks([each for each in _remarks(view, reading) if each.kind == "problem"])
        _sign(network, form, amount_wei, reading)
    _elsewhere(form)


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
    )
    unstake_amount.facts()
    transaction = wallet.UnsignedTransaction(
        intent=unstake_form.intent(),
        sender=form.holder,
        to=call["to"],
        data=call["data"],
        gas=gas,
    )
    answer = wallet.panel(network, transaction, "Unstake: sign in the wallet")
    if isinstance(answer.outcome, wallet.Signed):
        unstake_form.put(tx=answer.outcome.transaction_hash, step="4")
        st.rerun()
    lost = isinstance(answer.outcome, wallet.NotSigned) and answer.outcome.why == "unsettled"
    if lost:
        _look_for_it(network, form, amount_wei, reading)


def _look_for_it(network: Network, form: Form, amount_wei: int, reading: Reading) -> None:
    """The wallet was asked and its answer got lost: the chain knows whether it was sent."""
    if not st.button("Look for it on the chain"):
        return
    assert form.holder is not None
    expected = Expected(form.holder, form.token, amount_wei)
    try:
        made = find_unstakes(unstake_live.node(network), expected, form.since or reading.block)
    except TrackerError as error:
        st.error(words.fault(error))
        return
    if made:
        unstake_form.put(tx=made[-1][0], step="4")
        st.rerun()
    st.info(
        "The chain holds no such unstake yet. If you confirmed in the wallet, look again in a "
        "minute; if you declined, sign again."
    )


def _elsewhere(form: Form) -> None:
    with st.expander("Without a wallet here: on the official dashboard"):
        st.markdown(
            f"1. Open the [staking dashboard]({_STAKING}) and connect your wallet there.\n"
            f"2. Press the minus icon at {TOKEN_NAMES[form.token]}.\n"
            f"3. Write the amount, {words.escaped(form.amount)}, and press Unstake.\n"
            "4. Confirm in the wallet. Keep a little FTM for gas.\n"
            "5. Go to the dashboard: it shows “Unstaking in progress”.\n"
            "6. Copy the transaction's hash from the wallet and paste it here."
        )
        unstake_form.text("Transaction hash", "tx", placeholder="0x…")
        unstake_form.go("Follow it", 4)


def _asked(form: Form, amount_wei: int) -> None:
    st.markdown(f"Unstake **{format_wei(amount_wei)} {TOKEN_NAMES[form.token]}**.")


def _no_amount() -> None:
    st.info("Step 1 asks for the amount.")
    unstake_form.go("Go to the amount", 1)
