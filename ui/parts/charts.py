"""What charts on several pages have in common.

Altair takes 50 to 400 ms to make a chart. So a chart that many see with other rows is made of its
form alone, once, and of rows that it names: `Picture`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl
import polars.selectors as cs

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
MOST_FORMS = 64  # of one chart are kept
_ISO = "%Y-%m-%dT%H:%M:%S%.f+00:00"


@dataclass(frozen=True)
class Picture:
    """A Vega-Lite `spec` without rows, and the `rows` that it names. The spec is kept and shared:
    nobody changes it."""

    spec: Mapping[str, Any]
    rows: Mapping[str, pl.DataFrame]

    def sent(self) -> dict[str, Any]:
        """The spec with its rows as frames, in types that a browser reads as they are."""
        return {**self.spec, "datasets": {name: _plain(rows) for name, rows in self.rows.items()}}

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON has it, to be changed at will."""
        data = {name: _plain(rows).to_dicts() for name, rows in self.rows.items()}
        return {**copy.deepcopy(dict(self.spec)), "datasets": data}


def of_rows(name: str) -> alt.Chart:
    """A chart of the rows that a picture has under this name. Each channel names its type."""
    return alt.Chart(alt.NamedData(name))


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Moments as ISO texts in UTC, which no browser takes for its own zone's. What is no number is
    null."""
    return rows.with_columns(
        cs.datetime(time_zone="*").dt.convert_time_zone("UTC").dt.strftime(_ISO),
        cs.decimal().cast(pl.Float64),
        pl.when(cs.float().is_finite()).then(cs.float()),
    )


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
