"""Bars from one quantile to another, some of which lie beyond what is forecast.

A quantile beyond is null, never the end of the axis: its bar goes on to the right edge and ends
there in an arrow, and it has no tick. A row that lies beyond as a whole is an arrow alone.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from ui.parts.colours import AMBER


def ranges(
    rows: pl.DataFrame, kind: str, *, heights: tuple[int, int, int], channels: dict[str, Any]
) -> list[alt.Chart]:
    """Layers of `rows`: thin from `low` to `high`, thick from `q25` to `q75`, a tick at `q50`, of
    these `heights` in pixels. The columns are of this `kind`, Q or T. Another layer has the x axis;
    `edge` is its right end, where nothing is forecast any more. The y channel names its domain: a
    row may be in few layers.

    `channels` are what all marks share; `said` of a row is read out for each of its marks.
    """
    thin, thick, tick = heights
    channels = channels | {"description": alt.Description("said:N")}
    drawn = []
    for begin, end, height, opacity in (("low", "high", thin, 0.45), ("q25", "q75", thick, 0.8)):
        begun = rows.filter(pl.col(begin).is_not_null())
        for part, until in (
            (begun.filter(pl.col(end).is_not_null()), end),
            (begun.filter(pl.col(end).is_null()), "edge"),
        ):
            if part.height:
                bars = alt.Chart(part).mark_bar(height=height, opacity=opacity)
                drawn.append(bars.encode(x=f"{begin}:{kind}", x2=until, **channels))
    open_end = rows.filter(pl.col("high").is_null())
    if open_end.height:
        arrow = alt.Chart(open_end).mark_point(
            shape="triangle-right", filled=True, size=tick**2, opacity=1, xOffset=-tick / 2.4
        )
        drawn.append(arrow.encode(x=alt.value("width"), **channels))
    inside = rows.filter(pl.col("q50").is_not_null())
    if inside.height:
        plain = {name: channel for name, channel in channels.items() if name != "color"}
        middle = alt.Chart(inside).mark_tick(thickness=3, height=tick, color=AMBER)
        drawn.append(middle.encode(x=f"q50:{kind}", **plain))
    return drawn
