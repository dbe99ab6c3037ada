"""Unstake: from an amount to a paid request, step by step."""

import streamlit as st

from pages.unstake import guide
from pages.unstake.form import FIELDS
from ui import part
from ui.frame import shown
from ui.parts import links

store = shown.store()
links.refuse_unknown(FIELDS, "Unstake")
st.title("Unstake")
st.markdown("See what you would receive and when, then unstake step by step.")
part.draw(guide.show, store)
