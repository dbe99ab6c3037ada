"""Track: where is mine, by address, transaction or request id."""

import streamlit as st

from data.identifiers import Address, RequestId, Transaction, Unreadable, read_identifier
from ui import store_view, track_parts

store = store_view.shown()
st.title("Track a request")
st.markdown("Where an unstake request stands: its place in the queue, and what became of it.")

match read_identifier(track_parts.field(), store.source.name):
    case None:
        track_parts.examples(store)
    case Address(staker):
        track_parts.address(store, staker)
    case Transaction(tx):
        track_parts.transaction(store, tx)
    case RequestId(wr_id):
        track_parts.request(store, wr_id)
    case Unreadable(why):
        track_parts.refused(why)
