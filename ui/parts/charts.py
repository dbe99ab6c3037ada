"""What charts on several pages have in common.

Altair takes 50 to 400 ms to make a chart. So a chart that many see with other rows is made of its
form alone, once, and of rows that it names: `Picture`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
_ALL = "rows"
_ISO = "%Y-%m-%dT%H:%M:%S%.f+00:00"
# A few rows of texts, numbers, moments and None: Python has them ready before a frame is made.
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Picture:
    """A Vega-Lite `spec` without rows, and the `rows` that it names. The spec is kept and shared:
    nobody changes it. Where there are `Rows`, each of its layers names its own."""

    spec: Mapping[str, Any]
    rows: Mapping[str, pl.DataFrame | Rows]

    def sent(self) -> dict[str, Any]:
        """The spec with its rows as frames, in types that a browser reads as they are. All `Rows`
        are one frame, as each costs: a layer takes its own of it."""
        frames, few = {}, {}
        for name, rows in self.rows.items():
            if isinstance(rows, pl.DataFrame):
                frames[name] = _plain(rows)
            else:
                few[name] = _rows_as_dicts(rows)
        if not few:
            return {**self.spec, "datasets": frames}
        layers = [
            layer if layer["data"]["name"] not in few else _of_part(layer)
            for layer in self.spec["layer"]
        ]
        return {**self.spec, "layer": layers, "datasets": frames | {_ALL: _as_one(few)}}

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON has it, to be changed at will, with each of its rows by their name."""
        data = {
            name: _plain(rows).to_dicts()
            if isinstance(rows, pl.DataFrame)
            else _rows_as_dicts(rows)
            for name, rows in self.rows.items()
        }
        return {**copy.deepcopy(dict(self.spec)), "datasets": data}


def of_rows(name: str) -> alt.Chart:
    """A chart of the rows that a picture has under this name. Each channel names its type."""
    return alt.Chart(alt.NamedData(name))


def _rows_as_dicts(rows: Rows) -> list[dict[str, Any]]:
    """Rows with moments as ISO texts in UTC."""
    return [
        {
            name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def _as_one(few: Mapping[str, list[dict[str, Any]]]) -> pl.DataFrame:
    """Rows of several names in one frame, each with its `part`."""
    rows = [{"part": name, **row} for name, some in few.items() for row in some]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    known = {name: values for name, values in columns.items() if any(v is not None for v in values)}
    # Streamlit's page takes rows to have been appended where there are more of them than before,
    # and the last column of the first ones is the same: it then keeps these as they were.
    return pl.DataFrame(known | {"of": [len(rows)] * len(rows)})


def _of_part(layer: Mapping[str, Any]) -> dict[str, Any]:
    own = {"filter": {"field": "part", "equal": layer["data"]["name"]}}
    return {**layer, "data": {"name": _ALL}, "transform": [own, *layer.get("transform", [])]}


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
