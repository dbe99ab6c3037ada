"""Bars from one quantile to another, some of which lie beyond what is forecast.

A quantile beyond is None, never the end of the axis: its bar goes on to the right edge and ends
there in an arrow, and it has no tick. A row that lies beyond as a whole is an arrow alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import altair as alt

from ui.parts.charts import Rows, of_rows
from ui.parts.colours import AMBER

_BARS = (("low", "high"), ("q25", "q75"))


def parts(rows: Rows) -> dict[str, Rows]:
    """What is drawn of `rows`, by the part's name; a part without rows is left out. They have low,
    q25, q50, q75 and high, None beyond; `edge`, the axis's right end, where nothing is forecast any
    more; and `said`, which is read out for each mark."""
    drawn: dict[str, Rows] = {}
    for begin, end in _BARS:
        begun = [row for row in rows if row[begin] is not None]
        drawn[begin] = [row for row in begun if row[end] is not None]
        drawn[f"{begin} open"] = [row for row in begun if row[end] is None]
    drawn["arrow"] = [row for row in rows if row["high"] is None]
    drawn["q50"] = [row for row in rows if row["q50"] is not None]
    return {name: part for name, part in drawn.items() if part}


def layers(
    drawn: Collection[str],
    kind: str,
    *,
    heights: tuple[int, int, int],
    channels: dict[str, Any],
) -> list[alt.Chart]:
    """A layer for each of the `drawn` parts: thin from `low` to `high`, thick from `q25` to `q75`,
    a tick at `q50`, of these `heights` in pixels. The columns are of this `kind`, Q or T. Another
    layer has the x axis. `channels` are what all marks share; of them `with_names` gives y its
    domain.
    """
    thin, thick, tick = heights
    channels = channels | {"description": alt.Description("said:N")}
    marks = []
    looks = ((thin, 0.45), (thick, 0.8))
    for (begin, end), (height, opacity) in zip(_BARS, looks, strict=True):
        for name, until in ((begin, end), (f"{begin} open", "edge")):
            if name in drawn:
                bars = of_rows(name).mark_bar(height=height, opacity=opacity)
                x, x2 = alt.X(f"{begin}:{kind}"), alt.X2(until)
                marks.append(bars.encode(x=x, x2=x2, **channels))
    if "arrow" in drawn:
        arrow = of_rows("arrow").mark_point(
            shape="triangle-right", filled=True, size=tick**2, opacity=1, xOffset=-tick / 2.4
        )
        marks.append(arrow.encode(x=alt.value("width"), **channels))
    if "q50" in drawn:
        plain = {name: channel for name, channel in channels.items() if name != "color"}
        middle = of_rows("q50").mark_tick(thickness=3, height=tick, color=AMBER)
        marks.append(middle.encode(x=alt.X(f"q50:{kind}"), **plain))
    return marks


def with_names(form: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """A layered spec in which each layer's y has these names as its domain: a row may be in few."""
    named = []
    for layer in form["layer"]:
        encoding = layer["encoding"]
        if "y" in encoding:
            y = {**encoding["y"], "scale": {"domain": list(names)}}
            encoding = {**encoding, "y": y}
        named.append({**layer, "encoding": encoding})
    return {**form, "layer": named}
