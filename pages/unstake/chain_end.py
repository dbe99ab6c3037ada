"""What is known of a request, of FTM and of the tokens once the chain ends: facts, no advice."""

from __future__ import annotations

import streamlit as st

from answers import words
from answers.ending import Ending

_UPGRADE = "https://my.soniclabs.com/upgrade"


def show(ending: Ending) -> None:
    """Nothing where no end is reported, or the chain went on after it."""
    if ending.day is None or ending.went_on:
        return
    ends = "ended" if ending.is_final else "ends"
    st.subheader(f"If the chain {ends} on {words.day(ending.day)}", anchor=False)
    st.markdown(
        "- A request that is still queued when the chain stops **may never be paid**: nothing pays "
        "it on a chain that stands still, and what becomes of it then is not known.\n"
        "- FTM, once paid, can be upgraded 1:1 and one way to S at "
        f"[my.soniclabs.com/upgrade]({_UPGRADE}).\n"
        "- A token that is not unstaked keeps its claim only as far as its operator says. The "
        "operator's documents of May 2026 list unstaking as open."
    )
