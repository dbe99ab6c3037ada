"""A table of very many rows: its beginning is shown, as every visitor is sent what is shown."""

from __future__ import annotations

import polars as pl
import streamlit as st

from answers import words

MOST_SHOWN = 1_000


def first_rows(rows: pl.DataFrame, one: str) -> pl.DataFrame:
    """The first rows, each `one` of something, and a line that says so where there are more."""
    if rows.height > MOST_SHOWN:
        st.caption(
            f"The first {MOST_SHOWN:,} of {words.plural(rows.height, one)}. The files below hold "
            "all of them."
        )
    return rows.head(MOST_SHOWN)
