"""What the metrics in the file of the scores are, beside its buttons."""

from __future__ import annotations

import streamlit as st

from answers.score_metrics import COLUMNS, MEANINGS


def explain() -> None:
    """Each in a line, to be opened, with the file's other columns."""
    lines = (f"- `{name}`: {meaning}" for name, meaning in (MEANINGS | COLUMNS).items())
    with st.expander("What the file's metrics are"):
        st.markdown("\n".join(lines))
