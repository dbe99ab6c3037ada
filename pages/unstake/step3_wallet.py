"""The wallet on step 3 of the Unstake page: it signs once, and what it was asked is followed up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import streamlit as st

from data import TrackerError
from data.config import Network
from data.live.by_log import Made
from data.live.reading import Reading
from data.live.verdict import Expected
from data.pool.amounts import format_short
from data.pool.transaction import TOKEN_NAMES
from pages.unstake import form as unstake_form
from pages.unstake import node, step2_check, step4_not_synced, wishes
from pages.unstake.form import Form
from ui.browser import wallet
from ui.parts import words


def sign(
    network: Network,
    form: Form,
    call: Mapping[str, str],
    reading: Reading | None,
    *,
    may_sign: bool,
) -> None:
    """The wallet's panel for this `call`, and what it says came of it. Without a `reading` the
    wallet can only tell what became of what it was asked before."""
    assert form.amount_wei is not None
    wish = {"intent": form.intent}
    if reading is not None:
        wish = unstake_form.wish(form, reading.block)
        unstake_form.put(**wish)
    transaction = wallet.UnsignedTransaction(
        intent=wish["intent"],
        sender=call["from"],
        to=call["to"],
        data=call["data"],
        gas=int(call["gas"], 16) if "gas" in call else None,
        what=f"{format_short(form.amount_wei)} {TOKEN_NAMES[form.token]}",
    )
    told = wallet.outcome(transaction.intent)
    if may_sign and told is None:
        step2_check.beside(form)
        _made_before(network, form, reading)
    answer = wallet.panel(
        network,
        transaction,
        "Unstake: sign in the wallet",
        known=wishes.followed(),
        may_sign=may_sign,
    )
    step2_check.strayed(answer)
    if isinstance(answer.outcome, wallet.Signed):
        go_on(network, form, answer.outcome.transaction_hash)
        _signed(answer.outcome.transaction_hash)
    said = answer.connection
    if said is not None and said.account != form.holder:
        unstake_form.go(f"Check it for {words.short(said.account)}", 2, {"address": said.account})
    if isinstance(answer.outcome, wallet.NotSigned) and answer.outcome.why == "unsettled":
        _look_for_it(network, form, reading)


def go_on(network: Network, form: Form, tx: str) -> None:
    """On to step 4, once: who comes back here means it."""
    if not form.tx and tx not in wishes.followed():
        _follow(network.name, form, tx)


def _signed(tx: str) -> None:
    st.success("This was signed and sent. Signing anew makes another request.")
    with st.container(horizontal=True):
        unstake_form.go("Follow it", 4, {"tx": tx, "request": ""}, primary=True)
        unstake_form.go("Sign another one", 2, unstake_form.FORGOTTEN)


def _follow(network: str, form: Form, tx: str) -> NoReturn:
    wishes.followed().append(tx)
    wishes.signed()[tx] = (network, Expected(form.holder, form.token, form.amount_wei))
    unstake_form.put(tx=tx, step="4", request="")
    st.rerun()


def _made_before(network: Network, form: Form, reading: Reading | None) -> None:
    """The same unstake was signed in this session, or made since this link was: elsewhere too."""
    wanted = (network.name, Expected(form.holder, form.token, form.amount_wei))
    mine = [tx for tx, one in wishes.signed().items() if one == wanted]
    made: tuple[Made, ...] = ()
    if form.since is not None and reading is not None and form.since < reading.block:
        try:
            made = _made(network, form, form.since)
        except TrackerError as error:
            st.caption(
                "Whether the same unstake was made from this address since block "
                f"{form.since:,} cannot be told: {words.fault(str(error))}."
            )
    mine = [tx for tx in mine if tx not in {one.tx_hash for one in made}]
    if mine or made:
        st.warning("**The same unstake was signed before.** Signing makes another request.")
    step4_not_synced.follow(made)
    for tx in mine:
        unstake_form.go(f"Follow {words.short(tx)}", 4, {"tx": tx, "request": ""})


def _made(network: Network, form: Form, since: int) -> tuple[Made, ...]:
    return node.made(network, Expected(form.holder, form.token, form.amount_wei), since)


def _look_for_it(network: Network, form: Form, reading: Reading | None) -> None:
    """The wallet was asked and its answer got lost: the chain knows whether it was sent."""
    newest = None if reading is None else reading.block
    known = [block for block in (form.since, newest) if block is not None]
    if not known or not st.button("Look for it on the chain"):
        return
    since = min(known)
    node.forget()
    try:
        made = _made(network, form, since)
    except TrackerError as error:
        st.error(words.fault(str(error)))
        return
    step4_not_synced.follow(made)
    if made:
        st.caption(
            f"All of this amount and address from block {since:,} on. Is it none of these, look "
            "again in a minute."
        )
    else:
        st.info(
            f"The chain holds no such unstake from block {since:,} on. If you confirmed in the "
            "wallet, look again in a minute. If you did not, say so above, and sign again."
        )
