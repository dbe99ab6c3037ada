"""What the Track page is asked for, and what it finds."""

from __future__ import annotations

import streamlit as st

from answers.store_view import StoreView
from data.pool.identifiers import Address, RequestId, Transaction, Unreadable, read_identifier
from pages.track import parts, watch


def show(store: StoreView) -> None:
    """The field and what it finds, then the watch list; that first, where a link has it alone."""
    find, notices, above = parts.field(), st.container(), st.container()
    match read_identifier(find, store.source.name):
        case None if own := watch.own_account(store):
            parts.address(store, own)
        case None:
            parts.examples(store)
        case Address(staker):
            parts.address(store, staker)
        case Transaction(tx):
            parts.transaction(store, tx)
        case RequestId(wr_id):
            parts.request(store, wr_id)
        case Unreadable(why):
            parts.refused(why)
    with above if "watch" in st.query_params and not find else st.container():
        watch.show(store, notices)
