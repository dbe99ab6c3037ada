"""Four facts in tiles: four or two in a row."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def four_tiles() -> list[DeltaGenerator]:
    """Places for four metrics: four or two in a row, never three."""
    halves = st.grid(2, min_column_width=450)
    pairs = [halves.cell().grid(2, min_column_width=160) for _ in range(2)]
    return [pair.cell() for pair in pairs for _ in range(2)]


def fact_tiles(facts: Iterable[tuple[str, str, str]]) -> None:
    """Four facts: what each is, its value, and what stands beside it."""
    for tile, (label, value, beside) in zip(four_tiles(), facts, strict=True):
        tile.metric(
            label,
            value,
            beside,
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
