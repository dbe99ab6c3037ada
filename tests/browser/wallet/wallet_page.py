"""A page with the wallet's panel alone, and what Python makes of its answers, for the tests."""

from __future__ import annotations

import streamlit as st

from data.config import load_network
from ui.browser import wallet


def signing() -> None:
    st.title("Signing")
    st.session_state.runs = st.session_state.get("runs", 0) + 1
    link = st.query_params
    known = wallet.connection()
    transaction = None
    if known and "again" in link:
        transaction = wallet.UnsignedTransaction(
            sender=link.get("from", known.account),
            to="0x" + "c0ffee00" * 5,
            data="0xdeadbeef",
            value_wei=10**15,
            gas=100_000,
            what=f"wish {link['again']}",
            count=int(link["again"]),
            since=7,
        )
    report = wallet.panel(load_network("devnet"), transaction, "Sign 0.001 FTM")
    if connection := report.connection:
        st.text(f"account {connection.account}, chain {connection.chain_id}")
        st.text(f"wallet {connection.wallet}")
    else:
        st.text("no account")
    st.text(f"outcome {report.outcome}")
    st.text(f"strayed {report.strayed}")
    st.text(f"run {st.session_state.runs}")
    st.button("Run again")
    st.button("Another wish", on_click=lambda: st.query_params.update(again="1"))


def elsewhere() -> None:
    st.title("Elsewhere")


st.set_page_config(layout="wide")
st.navigation(
    [
        st.Page(signing, title="Signing", url_path="signing", default=True),
        st.Page(elsewhere, title="Elsewhere", url_path="elsewhere"),
    ],
    position="top",
).run()
