"""Whose tokens are to be unstaked: an account of the wallet, or an address that is written."""

from __future__ import annotations

import streamlit as st

from answers import words
from data.pool.identifiers import Unreadable, read_address
from pages.unstake import inputs
from pages.unstake.form import Form, step_button, write_link
from ui.browser import wallet


def offer(connection: wallet.Connection | None, form: Form) -> None:
    """The wallet's account for the address: filled in once where there is none, else a button."""
    if connection is None or connection.account == form.holder:
        return
    # Who clears it, or goes back, means it.
    offered = st.session_state.get("unstake offered")
    st.session_state["unstake offered"] = connection.account
    if not form.address and offered != connection.account:
        write_link(address=connection.account)
        st.rerun()
    step_button(
        f"Use {words.short(connection.account)}", form.step, {"address": connection.account}
    )


def field(form: Form) -> bool:
    """The address's input, and what is wrong with it; whether it is one."""
    inputs.text(
        "Address that holds the tokens",
        "address",
        width=480,
        help="The account that unstakes, and to which the FTM are sent.",
        placeholder="0x…",
    )
    if not form.address:
        st.caption(
            "Connect a wallet or enter an address. We keep it only in this page's link; the node "
            "is asked for its balance."
        )
        return False
    found = read_address(form.address)
    if isinstance(found, Unreadable):
        st.error(f"This is no address: want 0x and 40 hex digits. {found.why}")
    return isinstance(found, str)
