"""Track: where is mine, by address, transaction or request id."""

import streamlit as st

from pages.track import found
from ui import part
from ui.frame import shown
from ui.parts import links

store = shown.store()
links.refuse_unknown(["find", "watch"], "Track")
st.title("Track a request")
st.markdown("Where an unstake request stands: its place in the queue, and what became of it.")

part.draw(found.show, store)
