"""Status: can the figures be trusted, what do they rest on, and how is the store opened."""

import streamlit as st

from answers import one_source, words
from data.config import is_public
from pages.status import evidence, parts
from ui.frame import shown, sync_now
from ui.parts import drawing, links

store = shown.store()
links.refuse_unknown([], "Status")
st.title("Status")

checks, hosts = store.ask("checks_summary"), store.hosts()
st.markdown(parts.answer(store.info, checks, hosts))
parts.last_sync(store.info, words.age(store.info, store.now))

sync_now.offer(store.source, store.ending)

failures = store.ask("failed_checks").filter(status="failed")
if failures.height:
    st.subheader("What failed")
    parts.failures_table(failures, hosts)

if not store.info.simulated:
    st.subheader("How sure it is")
    known = store.ask("evidence")
    st.markdown(evidence.sentence(known, one_source.money_adds_up(store)))
    evidence.to_do(known, store.source, store.info.network)
    money = store.ask("money_parts")
    if money.height:
        with st.expander("The money, part by part"):
            drawing.once(store.version, evidence.money_table, money)
    differed, times = store.ask_first("contradictions", 50)
    if times:
        st.markdown(evidence.differed(times))
    if times and not is_public():  # it names hosts
        drawing.once(store.version, evidence.contradictions_table, differed)

st.subheader("Checks")
drawing.once(store.version, parts.checks_table, checks, hosts)
st.caption(
    "Run after every sync. “Unknown” means the check could not be made: its message says why."
)

st.subheader("Blocks read")
drawing.once(store.version, parts.coverage_table, store.ask("coverage"))
st.caption(
    "What is missing before and after the blocks of a file is unknown: it does not say where its "
    "history begins or ends."
)

st.subheader("Contents")
drawing.once(store.version, parts.contents_table, store.ask("store_contents"))

parts.how_to_open(store.source.path)

st.subheader("The archive")
st.markdown(
    "Every log as one file that needs no node: whoever read the same blocks from whatever nodes "
    "gets the same SHA-256. The README says how to compare it, and how to read it years later."
)
parts.offer_archive(store)

st.subheader("Versions")
drawing.once("of this process", parts.versions)
