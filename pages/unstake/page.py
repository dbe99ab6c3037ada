"""Unstake: from an amount to a paid request, step by step."""

import streamlit as st

from pages.unstake import (
    inputs,
    step1_amount,
    step2_check,
    step3_confirm,
    step4_progress,
    step5_late,
)
from pages.unstake.form import FIELDS, read_form
from pages.unstake.now import read_now
from ui.browser import live_region
from ui.frame import shown
from ui.parts import links

store = shown.store()
links.refuse_unknown(FIELDS, "Unstake")
st.title("Unstake")
st.markdown("See what you would receive and when, then unstake step by step.")
notices = st.container()
form = read_form(notices)
now = read_now(store, form)
top = st.container()
with top:
    inputs.stepper(form)

sentence = ""
match form.step:
    case 1:
        sentence = step1_amount.show(now)
    case 2:
        sentence = step2_check.show(now)
    case 3:
        step3_confirm.show(now)
    case 4:
        step4_progress.show(now)
    case 5:
        step5_late.show(now)

with top:
    live_region.say(sentence)
