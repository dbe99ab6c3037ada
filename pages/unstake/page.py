"""Unstake: from an amount to a paid request, step by step."""

import streamlit as st

from pages.unstake import form as unstake_form
from pages.unstake import (
    inputs,
    step1_amount,
    step1_terms,
    step2_check,
    step3_confirm,
    step4_progress,
    step5_late,
)
from ui.browser import live_region
from ui.parts import links
from ui.shown import store_view

store = store_view.shown()
links.refuse_unknown(unstake_form.FIELDS, "Unstake")
st.title("Unstake")
st.markdown("From an amount to a paid request: what you get, when, and what to check first.")
notices = st.container()
form = unstake_form.read(notices)
top = st.container()
with top:
    inputs.stepper(form)

told = ""
match form.step:
    case 1:
        step1_amount.inputs(store, form)
        told = step1_terms.show(store, form)
    case 2:
        told = step2_check.checks(store, form)
    case 3:
        step3_confirm.confirm(store, form)
    case 4:
        step4_progress.progress(store, form)
    case 5:
        step5_late.late(store, form)

with top:
    live_region.say(told)
