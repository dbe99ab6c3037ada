"""Pictures of an answer: one of its columns against its first, which is a time or a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import altair as alt
import polars as pl
from streamlit.delta_generator import DeltaGenerator

from queries import Field
from ui.parts import colours, drawing, links
from ui.parts.charts import NO_TOOLTIP

# So many rows are drawn in time, and so many as bars.
MOST_ROWS, _MOST_BARS = 2_000, 60
_DRAWN_UNITS = ("FTM", "count", "days", "share", "number")


def chosen(
    question: object,
    fields: Sequence[Field],
    rows: pl.DataFrame,
    title: str,
    notices: DeltaGenerator,
) -> None:
    """The picture of a chosen column, and where there are several the choice; none where none
    fits. `question` tells all that the rows depend on."""
    if columns := drawable(fields, rows):
        column = links.choose("Drawn", columns, "draw", columns[0], notices)
        drawing.once((question, column), _draw, fields, rows, column, title)


def drawable(fields: Sequence[Field], rows: pl.DataFrame) -> list[str]:
    """The columns that can be drawn against the first one, those in FTM before others; none where
    there are too many rows, or the first column is neither a time nor a name."""
    first = fields[0]
    in_time = first.type == "TIMESTAMPTZ"
    if not in_time and first.type != "VARCHAR" and first.unit != "id":
        return []
    if not 2 <= rows.height <= (MOST_ROWS if in_time else _MOST_BARS):
        return []
    names = rows[first.name]
    if names.null_count() or names.n_unique() < rows.height:
        return []
    columns = [column for column in fields[1:] if column.unit in _DRAWN_UNITS]
    return [column.name for column in sorted(columns, key=lambda c: _DRAWN_UNITS.index(c.unit))]


def _draw(fields: Sequence[Field], rows: pl.DataFrame, column: str, title: str) -> None:
    chart, options = _kind(fields, column)
    drawing.draw(chart, rows, **options, alt=f"{title}: {column}")


def chart_of(fields: Sequence[Field], rows: pl.DataFrame, column: str) -> drawing.AnyChart:
    """The picture of one of the `drawable` columns."""
    chart, options = _kind(fields, column)
    return chart(rows, **options)


def _kind(
    fields: Sequence[Field], column: str
) -> tuple[Callable[..., drawing.AnyChart], dict[str, str]]:
    """What draws a column, and its options."""
    first = fields[0]
    unit = next(field.unit for field in fields if field.name == column)
    chart = over_time if first.type == "TIMESTAMPTZ" else by_name
    return chart, {"first": first.name, "column": column, "unit": unit}


def over_time(rows: pl.DataFrame, *, first: str, column: str, unit: str) -> alt.LayerChart:
    """`column` of each row as a step from its time `first` until the next row's."""
    points = _points(rows, first, column).sort("first")
    at = _in_utc(points["first"])
    # In words: a time in a tooltip or an aria-label may be told in the reader's own zone.
    said = at.dt.strftime("%-d %b %Y" if rows[first].dtype == pl.Date else "%-d %b %Y, %H:%M")
    told = points.select("value", first=at, UTC=said, until=at.shift(-1))
    days = (at[-1] - at[0]).days
    base = alt.Chart(told)
    line = base.mark_line(
        interpolate="step-after", color=colours.BLUE, strokeWidth=1.5, aria=False
    ).encode(
        x=alt.X(
            "first:T",
            title=None,
            scale=alt.Scale(type="utc"),
            axis=alt.Axis(format="%b %Y" if days > 100 else "%-d %b", labelOverlap="greedy"),
        ),
        y=alt.Y("value:Q", title=_axis(column, unit)),
        tooltip=NO_TOOLTIP,
    )
    # A line has one tooltip for all its points: each step has an unseen column of its own.
    columns = base.mark_bar(opacity=0, aria=False).encode(
        x="first:T",
        x2="until:T",
        y=alt.value(0),
        y2=alt.value("height"),
        tooltip=["UTC:N", _told(column)],
    )
    return alt.LayerChart(layer=[line, columns], height=260)


def by_name(rows: pl.DataFrame, *, first: str, column: str, unit: str) -> alt.Chart:
    """`column` of each row as a bar beside the row's name, `first`, in the answer's order."""
    named = _points(rows, first, column).with_columns(pl.col("first").cast(pl.String))
    chart: alt.Chart = (
        alt.Chart(named, height={"step": 20})
        .mark_bar(color=colours.BLUE)
        .encode(
            x=alt.X("value:Q", title=_axis(column, unit), axis=alt.Axis(labelFlush=True)),
            y=alt.Y("first:N", sort=None, title=None, axis=alt.Axis(labelLimit=140)),
            tooltip=[alt.Tooltip("first:N", title=first), _told(column)],
        )
    )
    return chart


def _points(rows: pl.DataFrame, first: str, column: str) -> pl.DataFrame:
    """Both columns under names of our own: what SQL calls a column, Vega may take for a path."""
    value = pl.col(column).cast(pl.Float64)
    return rows.select(
        first=pl.col(first), value=pl.when(value.is_finite()).then(value).otherwise(None)
    )


def _in_utc(times: pl.Series) -> pl.Series:
    """Days and times without a zone are UTC, as all times of a store are."""
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone is not None:
        return times.dt.convert_time_zone("UTC")
    return times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _axis(column: str, unit: str) -> str:
    return column if unit == "number" else f"{column} ({unit})"


def _told(column: str) -> alt.Tooltip:
    return alt.Tooltip("value:Q", title=column, format=",.6~f")
