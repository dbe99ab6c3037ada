"""Step 3 of the Unstake page: what exactly is signed, the wallet that signs it once, and the way
without one."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import streamlit as st

from answers import sentences, words
from data.config import Network
from data.live.by_log import Made
from data.live.reading import Reading
from data.pool.amounts import ONE, format_fee, format_percent, format_short, format_wei
from data.pool.burn import MOST_FEE_RATIO, payout_at
from data.pool.transaction import TOKEN_NAMES, build_unstake, describe
from pages.unstake import inputs, node, search, shared
from pages.unstake.form import Form, another, step_button, write_link
from pages.unstake.now import Now, present
from pages.unstake.remarks import UNSIGNABLE
from ui.browser import wallet
from ui.odds import window_card

_STAKING = "https://www.ankr.com/staking/stake/fantom/"


def show(now: Now) -> None:
    """What is signed in every part, the wallet, and the way without one."""
    form, network = now.form, now.network
    amount_wei = form.amount_wei
    if amount_wei is None:
        shared.no_amount(form)
        return
    if network is None:
        shared.show_order(form, amount_wei)
        st.warning(f"Nothing can be signed here: {node.NO_NETWORK}. Status tells both.")
        return
    if network.simulated:
        shared.show_order(form, amount_wei)
        st.info(
            "These data are simulated: there is nothing to sign. On a real network this step shows "
            "what is signed in every part, and a wallet in this browser signs it."
        )
        step_button("Continue", 4, primary=True)
        return
    if form.holder is None:
        st.info("Step 2 asks for the address that holds the tokens, and checks it.")
        step_button("Go to the checks", 2)
        return
    transaction = unsigned(network, form, form.holder, amount_wei)
    # A node that fell silent meanwhile does not keep the hash from the reader.
    report = wallet.last_report(network, transaction)
    outcome = report.outcome
    if isinstance(outcome, wallet.Signed):
        _go_on(network, form, outcome)
    reading = now.live.reading
    shared.show_order(form, amount_wei)  # with what is signed, not while it is being read
    may_sign = False
    if reading is None:
        shared.no_node(
            "The checks of step 2 cannot be made: live data is not available now. "
            "Sign nothing that was not checked.",
            now.live.why_not,
        )
        shared.look_again(3)
    else:
        problems = [each for each in shared.remarks(now, reading) if each.kind == "problem"]
        if not isinstance(outcome, wallet.Signed):  # what it took is no longer there to be checked
            shared.show_remarks(problems)
        may_sign = not any(each.code in UNSIGNABLE for each in problems)
        if may_sign:
            gas = reading.holder.gas if reading.holder else None
            transaction = replace(transaction, gas=gas)
            if not isinstance(outcome, wallet.Signed):
                shared.keep_as_offered(reading)
            _deal(now, transaction, reading)
            if now.odds is not None:
                window_card.late(now.odds)
            shared.facts()
            _call(network, transaction)
        elif not isinstance(outcome, wallet.Signed):
            step_button("Back to the checks", 2, primary=True)
    # What the wallet was asked before is followed up, whatever speaks against signing now.
    _sign(now, network, transaction, reading, report, may_sign=may_sign)
    _elsewhere(now, amount_wei)


def unsigned(
    network: Network, form: Form, holder: str, amount_wei: int
) -> wallet.UnsignedTransaction:
    """What is to be signed, so far without its gas."""
    call = build_unstake(network, form.token, amount_wei, holder)
    return wallet.UnsignedTransaction(
        sender=call["from"],
        to=call["to"],
        data=call["data"],
        what=f"{format_short(amount_wei)} {TOKEN_NAMES[form.token]}",
        count=form.again,
        since=form.since,
    )


def _deal(now: Now, transaction: wallet.UnsignedTransaction, reading: Reading) -> None:
    """What is given, what comes of it and when, and what it costs."""
    given = f"{format_wei(reading.amount_wei)} {TOKEN_NAMES[reading.token]}"
    st.markdown(
        f"- **You give**: {given}. No token approval is needed: refuse any request for one.\n"
        + _payout(reading)
        + _when(now, reading)
        + _place(reading)
        + _network_fee(now.network, transaction, reading)
    )


def _network_fee(
    network: Network | None, transaction: wallet.UnsignedTransaction, reading: Reading
) -> str:
    symbol = network.native_symbol if network else "FTM"
    limit = "its price is not known"
    if transaction.gas is not None and reading.gas_price_wei is not None:
        most_wei = transaction.gas * reading.gas_price_wei
        limit = f"at most about {format_short(most_wei, up=True)} {symbol}"
    return f"- **Network fee**: {limit}. You send no {symbol}.\n"


def _call(network: Network, transaction: wallet.UnsignedTransaction) -> None:
    """What is signed, in every part, read from the bytes that are."""
    call = transaction.for_wallet(network.chain_id)
    description = describe(network, call)
    explorer = network.explorer.rstrip("/")
    link = f" ([on the explorer]({explorer}/address/{network.pool}))" if explorer else ""
    gas = transaction.gas
    limit = "what the wallet estimates" if gas is None else f"at most {gas:,}"
    with st.expander("What exactly is signed"):
        st.markdown(
            f"- **Network**: {wallet.title(network)}, chain {network.chain_id}\n"
            f"- **From**: `{call['from']}`\n"
            f"- **Contract**: the pool, `{network.pool}`{link}\n"
            f"- **Function**: `{description.function}`\n"
            + "".join(
                f"- **{name.capitalize()}**: `{value}`, that is {words.escaped(meaning)}\n"
                for name, value, meaning in description.arguments
            )
            + f"- **Value**: 0 {network.native_symbol}; **gas**: {limit}\n"
        )


def _payout(reading: Reading) -> str:
    """What it would give now: a burn before it moves the fee, and is not known yet."""
    if reading.payout_wei is None or reading.fee_wei is None:
        return ""
    fee, _ = format_fee(reading.fee_wei, reading.payout_wei + reading.fee_wei)
    return (
        f"- **You get**: about {format_short(reading.payout_wei)} FTM after a fee of {fee} FTM at "
        f"block {reading.block:,}{_at_worst(reading)}\n"
    )


def _at_worst(reading: Reading) -> str:
    """What it gives at the highest fee: by today's rule, which others' unstakes before it can
    bring about, and by any rule that the operator may set before it."""
    rule, gross_wei = reading.fee_rule, reading.gross_wei
    if rule is None or gross_wei is None:
        return ". It is less if others unstake before you"
    by_rule = (
        ". If others unstake before you it can fall to "
        f"{format_short(payout_at(gross_wei, rule.max_ratio))} FTM, at the highest fee of today's "
        f"rule, {format_percent(rule.max_ratio, ONE)}"
    )
    if rule.max_ratio >= MOST_FEE_RATIO:
        return by_rule
    return (
        f"{by_rule}. The operator can set another rule at any time, of up to "
        f"{format_percent(MOST_FEE_RATIO, ONE)}: then it is about "
        f"{format_short(payout_at(gross_wei, MOST_FEE_RATIO))} FTM"
    )


def _place(reading: Reading) -> str:
    """Its place in the queue as that is now."""
    if reading.first_wr_id is None or reading.last_wr_id is None:
        return ""
    place = reading.last_wr_id - reading.first_wr_id + 1
    ahead = words.UNKNOWN
    if reading.pending_wei is not None:
        ahead = words.ahead(reading.pending_wei)
    return f"- **Your place**: {place:,} in the queue; to be paid before it: {ahead}.\n"


def _when(now: Now, reading: Reading) -> str:
    """When it is paid, once more before what cannot be taken back."""
    if now.odds is None or reading.payout_wei is None:
        return ""
    window = present(reading, now.odds).new_window(reading.payout_wei / ONE)
    return f"- **When**: {window_card.sentence(now.odds, window, now.odds.now)}\n"


def _elsewhere(now: Now, amount_wei: int) -> None:
    if sentences.unreal(now.view.info):
        return  # the dashboard knows the real chain alone
    with st.expander("Without a wallet here: on the official dashboard"):
        st.markdown(
            f"1. Open the [staking dashboard]({_STAKING}) and connect your wallet there.\n"
            f"2. Press the minus icon at {TOKEN_NAMES[now.form.token]}.\n"
            f"3. Enter the amount, `{format_wei(amount_wei)}`, and press Unstake.\n"
            "4. Confirm in the wallet. Keep a little FTM for gas.\n"
            "5. Go to the dashboard: it shows “Unstaking in progress”.\n"
            "6. Copy the transaction's hash from the wallet and paste it here."
        )
        inputs.text("Transaction hash", "tx", width=640, placeholder="0x…")
        step_button("Follow this hash", 4)


def _sign(
    now: Now,
    network: Network,
    transaction: wallet.UnsignedTransaction,
    reading: Reading | None,
    report: wallet.Report,
    *,
    may_sign: bool,
) -> None:
    """The wallet's panel for this `transaction`, and what it says came of that; `report` is what it
    said before this run. Without a `reading` the wallet can only tell what became of what it was
    asked before."""
    form, outcome = now.form, report.outcome
    newest = None if reading is None else reading.block
    since = _earliest(form.since, newest, None if outcome is None else outcome.since)
    if since is not None:
        write_link(since=str(since))
    if may_sign and not isinstance(outcome, wallet.Signed) and not _is_unsettled(outcome):
        shared.beside(form)
        _made_before(now, network, since, reading, report.signed)
    report = wallet.panel(
        network,
        replace(transaction, since=since),
        "Unstake: sign in the wallet",
        known=list(shared.followed()),
        may_sign=may_sign,
    )
    shared.strayed(report)
    outcome = report.outcome
    if isinstance(outcome, wallet.Signed):
        _go_on(network, form, outcome)
        _signed(form, outcome.transaction_hash)
    connection = report.connection
    if connection is not None and connection.account != form.holder:
        account = connection.account
        step_button(f"Check it for {words.short(account)}", 2, {"address": account})
    if _is_unsettled(outcome):
        _look_for_it(now, network, since, newest)


def _is_unsettled(outcome: wallet.Signed | wallet.NotSigned | None) -> bool:
    return isinstance(outcome, wallet.NotSigned) and outcome.why == "unsettled"


def _earliest(*blocks: int | None) -> int | None:
    """A link or a browser that names too late a block hides nothing."""
    return min((block for block in blocks if block is not None), default=None)


def _go_on(network: Network, form: Form, signed: wallet.Signed) -> None:
    """On to step 4, once: who comes back here means it. So does who opens the page on what was
    signed before that."""
    tx = signed.transaction_hash
    if not form.tx and tx not in shared.followed() and not signed.earlier:
        _follow(network.name, form, tx, _earliest(form.since, signed.since))


def _signed(form: Form, tx: str) -> None:
    st.success("This was signed and sent. Signing anew makes another request.")
    with st.container(horizontal=True):
        step_button("Follow it", 4, {"tx": tx, "request": ""}, primary=True)
        step_button("Sign another one", 2, another(form))


def _follow(network: str, form: Form, tx: str, since: int | None) -> NoReturn:
    shared.followed()[tx] = (network, form.expected)
    write_link(tx=tx, step="4", request="", since="" if since is None else str(since))
    st.rerun()


def _made_before(
    now: Now,
    network: Network,
    since: int | None,
    reading: Reading | None,
    signed: tuple[str, ...],
) -> None:
    """The same unstake was signed in this tab, or made since this link was: elsewhere too."""
    expected = now.form.expected
    # The session knows its own before the browser has reported.
    own = [tx for tx, one in shared.followed().items() if one == (network.name, expected)]
    made: tuple[Made, ...] = ()
    if since is not None and reading is not None and since < reading.block:
        made, why_not = search.find(now.view, network, expected, since, reading.block)
        if why_not:
            shared.not_found_out(
                "Whether the same unstake was made from this address a short while ago cannot be "
                "told now. Look at your wallet's activity before you sign.",
                why_not,
            )
    known = {one.tx_hash for one in made}
    signed = tuple(tx for tx in dict.fromkeys((*own, *signed)) if tx not in known)
    if signed or made:
        st.warning("**The same unstake was signed before.** Signing makes another request.")
    shared.follow_buttons(made)
    for tx in signed:
        step_button(f"Follow {words.short(tx)}", 4, {"tx": tx, "request": ""})


def _look_for_it(now: Now, network: Network, since: int | None, newest: int | None) -> None:
    """The wallet was asked and its answer got lost: the chain knows whether it was sent."""
    if since is None or not st.button("Look for it on the chain"):
        return
    node.forget()
    made, why_not = search.find(now.view, network, now.form.expected, since, newest)
    if why_not:
        st.error(words.fault(why_not))
    shared.follow_buttons(made)
    if made and not why_not:
        st.caption(
            f"All of this amount and address from block {since:,} on. If it is none of these, look "
            "again in a minute."
        )
    elif not why_not:
        st.info(
            f"The chain holds no such unstake from block {since:,} on. If you confirmed in the "
            "wallet, look again in a minute. If you did not, say so above, and sign again."
        )
