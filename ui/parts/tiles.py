"""Four facts in tiles: four or two in a row."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def four_tiles(key: str = "tiles") -> DeltaGenerator:
    """A place for four metrics, one after the other: four or two in a row, never three, as
    `ui/browser/look.css` lays out what has a key that begins with `tiles`, another for each place
    on a page. One container: with a grid of cells, a page would be sent three times as much."""
    return st.container(key=key)


def fact_tiles(facts: Iterable[tuple[str, str, str]], key: str = "tiles") -> None:
    """Four facts: what each is, its value, and what stands beside it."""
    tiles = four_tiles(key)
    for label, value, beside in facts:
        tiles.metric(
            label,
            value,
            beside,
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
