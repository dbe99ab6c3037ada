"""Puts a chart on the page. Building one costs Altair 100 ms, so the same one is built once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair
import polars as pl
import streamlit as st

AnyChart = altair.Chart | altair.LayerChart | altair.VConcatChart


def draw(chart: Callable[..., AnyChart], *frames: pl.DataFrame, alt: str, **options: Any) -> None:
    """Draw `chart(*frames, **options)` as wide as the page; `alt` says what it shows."""
    spec = _spec(chart, chart.__name__, frames, options)
    st.vega_lite_chart(spec, width="stretch", alt=alt)


@st.cache_data(max_entries=128, show_spinner=False)
def _spec(
    _chart: Callable[..., AnyChart],
    name: str,
    frames: tuple[pl.DataFrame, ...],
    options: dict[str, Any],
) -> dict[str, Any]:
    return _chart(*frames, **options).to_dict()
