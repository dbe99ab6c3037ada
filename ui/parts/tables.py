"""Tables of an answer. Streamlit takes a frame through pandas, which costs four times what the rest
of a table does: handed over as Arrow it is sent as it is."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st


def show(rows: pl.DataFrame, **options: Any) -> None:
    """Draw `rows` without an index; `options` are those of `st.dataframe`."""
    st.dataframe(rows.to_arrow(), hide_index=True, **options)
