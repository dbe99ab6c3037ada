"""Track: where is mine, by address, transaction or request id."""

import streamlit as st

from data.pool.identifiers import Address, RequestId, Transaction, Unreadable, read_identifier
from pages.track import parts, watch
from ui.frame import shown
from ui.parts import links

store = shown.store()
links.refuse_unknown(["find", "watch"], "Track")
st.title("Track a request")
st.markdown("Where an unstake request stands: its place in the queue, and what became of it.")

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
