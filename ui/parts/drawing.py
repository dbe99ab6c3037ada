"""Puts on the page what did not change: it is built once, and then sent as it was.

Altair takes 100 ms for a chart, and Streamlit some 5 ms to make a message of its data or a table's.
Streamlit keeps the messages that a cached function sent, and sends them again in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

import altair
import polars as pl
import streamlit as st

from ui.parts.charts import Picture

AnyChart = altair.Chart | altair.LayerChart | altair.VConcatChart | Picture
P = ParamSpec("P")
R = TypeVar("R")


# Whether a part is being built that is kept whole. What is kept inside of it would lose its place.
_in_part: ContextVar[bool] = ContextVar("in_part", default=False)


def once(key: object, part: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """Draw `part(*args, **options)`, built once for each `key`; returns what it returned then.

    `key` is a value whose repr tells all that the part shows: the store's version, and what was
    chosen. The part has no input and no button, and nothing in it depends on the time of day.
    """
    if _in_part.get():
        return part(*args, **options)
    name = f"{part.__module__}.{part.__qualname__}"
    value: R = _part(repr((name, key)), lambda: part(*args, **options))
    return value


@st.cache_resource(max_entries=256, show_spinner=False)
def _part(key: str, _build: Callable[[], Any]) -> Any:
    token = _in_part.set(True)
    try:
        return _build()
    finally:
        _in_part.reset(token)


def draw(chart: Callable[..., AnyChart], *frames: pl.DataFrame, alt: str, **options: Any) -> None:
    """Draw `chart(*frames, **options)` as wide as the page; `alt` says what it shows.

    Built anew only where frames or options differ. Charts of large frames stand in a part that is
    built `once`: here each row would be looked at.
    """

    def show() -> None:
        drawn = chart(*frames, **options)
        spec = drawn.sent() if isinstance(drawn, Picture) else drawn.to_dict()
        st.vega_lite_chart(spec, width="stretch", alt=alt)

    if _in_part.get():
        show()
        return
    rows = [(frame.schema, frame.hash_rows(seed=0).to_list()) for frame in frames]
    once((chart.__module__, chart.__qualname__, rows, options, alt), show)


def show(picture: Picture, alt: str) -> None:
    """Draw a picture of a few rows, which takes no longer than to look for it."""
    st.vega_lite_chart(picture.sent(), width="stretch", alt=alt)
