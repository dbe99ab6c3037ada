"""What charts on several pages have in common."""

from __future__ import annotations

from typing import Any

import altair as alt

# Of a y axis whose labels stand inside the panel: the panel then begins at the page's edge.
LABELS_INSIDE: dict[str, Any] = {
    "domain": False,
    "labelAlign": "left",
    "labelBaseline": "bottom",
    "labelPadding": -2,
    "labelOffset": -2,
    "minExtent": 0,
    "maxExtent": 0,
}
NO_TOOLTIP: Any = alt.value(None)


def dates_axis(column: str) -> alt.X:
    """An axis of days in UTC, from the first date to the last."""
    return alt.X(
        f"{column}:T",
        title=None,
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(
            format="%-d %b",
            tickCount=7,
            labelFlush=True,
            labelOverlap="greedy",
            labelPadding=4,
            grid=False,
        ),
    )


def layered(layers: list[alt.Chart], height: int) -> alt.LayerChart:
    """Layers of one panel without a frame."""
    chart: alt.LayerChart = alt.LayerChart(layer=layers, height=height).configure_view(stroke=None)
    return chart
