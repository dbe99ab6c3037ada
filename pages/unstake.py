"""Unstake: from an amount to a paid request, step by step."""

import streamlit as st

from ui import (
    live_region,
    store_view,
    unstake_after,
    unstake_amount,
    unstake_ask,
    unstake_check,
    unstake_form,
    unstake_inputs,
    unstake_late,
    unstake_sign,
)

store = store_view.shown()
st.title("Unstake")
st.markdown("From an amount to a paid request: what you get, when, and what to check first.")
notices = st.container()
form = unstake_form.read(notices)
top = st.container()
with top:
    unstake_inputs.stepper(form)

told = ""
match form.step:
    case 1:
        unstake_ask.inputs(store, form)
        told = unstake_amount.show(store, form)
    case 2:
        told = unstake_check.checks(store, form)
    case 3:
        unstake_sign.confirm(store, form)
    case 4:
        unstake_after.progress(store, form)
    case 5:
        unstake_late.late(store, form)

with top:
    live_region.say(told)
