"""What step 1 of the Unstake page asks: the token, the amount, and how much it can be at most."""

from __future__ import annotations

import streamlit as st

from data.live.reading import Reading
from data.pool.amounts import format_short, format_wei
from data.pool.burn import BOND, CERT
from data.pool.transaction import TOKEN_NAMES
from pages.unstake import form as unstake_form
from pages.unstake import holder as unstake_holder
from pages.unstake import inputs as unstake_inputs
from pages.unstake import node, step1_terms, step2_check, wishes
from pages.unstake.form import Form
from ui.browser import wallet
from ui.parts import words
from ui.shown.store_view import StoreView

_MAX = "Max: all that an address holds"


def inputs(view: StoreView, form: Form) -> None:
    """Token and amount; below the amount what an address holds of the token, when asked for."""
    unstake_inputs.token_input(form)
    unstake_inputs.text(
        "Amount",
        "amount",
        width=480,
        help="In the token, with a decimal point or comma and up to 18 decimals.",
        placeholder="12.5",
        live=True,
    )
    # No popover: the keyboard reaches what is in one only after the whole page.
    most = st.expander(_MAX, key="unstake max", on_change="rerun", width=480)
    if most.open:
        with most:
            _most(view, form)


def _most(view: StoreView, form: Form) -> None:
    network = node.network_of(view)
    if network is None or network.simulated:
        why_not = node.live(network, form.token, 0, None, None).why_not
        st.markdown(f"What an address holds cannot be told: {words.fault(why_not)}.")
        return
    answer = wallet.panel(network, key="wallet max", known=wishes.followed())
    step2_check.strayed(answer)
    unstake_holder.offer(answer.connection, form)
    if not unstake_holder.field(form):
        return
    # Without an amount the pool is read alone, with its holder.
    found = step1_terms.live(view, form, form.amount_wei or 0)
    if found.reading is None:
        why_not = words.fault(found.why_not)
        st.warning(f"What it holds cannot be told: {why_not}.")
        _ask_again()
    else:
        _held(form, found.reading)


def _held(form: Form, reading: Reading) -> None:
    holder = reading.holder
    most_wei = holder.most_wei if holder else None
    name = TOKEN_NAMES[form.token]
    if holder is None or most_wei is None:
        reason = reading.unknown.get("holder.most_wei", "the node did not say")
        st.warning(f"The {name} balance is unknown: {words.fault(reason)}.")
        _ask_again()
        return
    st.markdown(f"Holds **{format_short(most_wei)} {name}** at block {reading.block:,}.")
    other_wei = holder.cert_wei if form.token == BOND else holder.bond_wei
    if most_wei == 0:
        if other_wei:
            other = TOKEN_NAMES[CERT if form.token == BOND else BOND]
            st.markdown(f"It holds {format_short(other_wei)} {other}: choose that token.")
    else:
        most = format_wei(most_wei)
        unstake_form.go(f"Use max: {most}", 1, {"amount": most})


def _ask_again() -> None:
    # The wallet's panel beside it may have a "Look again" of its own.
    st.button("Ask the node again", on_click=node.forget)
