"""Status: can the figures be trusted, what do they rest on, and how is the store opened."""

import streamlit as st

from ui import frame, status_parts, store_view, sync_now

store = store_view.shown()
st.title("Status")

checks = store.ask("checks_summary")
st.markdown(status_parts.answer(store.info, checks))
status_parts.last_sync(store, frame.age(store.info, store.now))

sync_now.offer(store.source)

failures = store.ask("failed_checks").filter(status="failed")
if failures.height:
    st.subheader("What failed")
    status_parts.failures_table(failures)

st.subheader("Checks")
status_parts.checks_table(checks)
st.caption("Made at every sync. Unknown is not passed: the message says why it could not be made.")

st.subheader("Blocks read")
status_parts.coverage_table(store.ask("coverage"))
st.caption("A file does not say where its history begins or ends: that is unknown.")

st.subheader("Contents")
status_parts.contents_table(store.ask("store_contents"))

st.subheader("The file")
status_parts.how_to_open(store.source.path)

st.subheader("Versions")
status_parts.versions()
