"""A plain chart of one column of any answer: over time as steps, or by name as bars."""

from __future__ import annotations

import altair as alt
import polars as pl

from queries import Query
from ui.parts import colours

MOST_ROWS, MOST_BARS = 2_000, 60
_DRAWN_UNITS = ("FTM", "count", "days", "share")


def drawable(query: Query, answer: pl.DataFrame) -> list[str]:
    """The columns of `answer` that can be drawn against its first one, those in FTM before
    others; none if it has too many rows, or a first column that is neither a time nor a name."""
    first = query.columns[0]
    most = MOST_ROWS if first.type == "TIMESTAMPTZ" else MOST_BARS
    named = first.type == "VARCHAR" or first.unit == "id"
    if not 2 <= answer.height <= most or not (named or first.type == "TIMESTAMPTZ"):
        return []
    if answer[first.name].n_unique() < answer.height:
        return []
    drawn = [column for column in query.columns[1:] if column.unit in _DRAWN_UNITS]
    return [column.name for column in sorted(drawn, key=lambda c: _DRAWN_UNITS.index(c.unit))]


def over_time(answer: pl.DataFrame, *, first: str, column: str, unit: str) -> alt.Chart:
    """`column` of each row from its time `first` until the next row's."""
    days = (answer[first].max() - answer[first].min()).days  # type: ignore[operator, union-attr]
    chart: alt.Chart = (
        alt.Chart(answer.select(first, column), height=260)
        .mark_line(interpolate="step-after", color=colours.BLUE, strokeWidth=1.5)
        .encode(
            x=alt.X(
                f"{first}:T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%b %Y" if days > 100 else "%-d %b", labelOverlap="greedy"),
            ),
            y=alt.Y(f"{column}:Q", title=f"{column} ({unit})"),
            tooltip=[
                alt.Tooltip(f"{first}:T", format="%-d %b %Y, %H:%M", formatType="utc", title="UTC"),
                alt.Tooltip(f"{column}:Q", format=",.6~f"),
            ],
        )
    )
    return chart


def by_name(answer: pl.DataFrame, *, first: str, column: str, unit: str) -> alt.Chart:
    """`column` of each row as a bar beside the row's name, `first`, in the answer's order."""
    rows = answer.select(pl.col(first).cast(pl.String), column)
    chart: alt.Chart = (
        alt.Chart(rows, height={"step": 20})
        .mark_bar(color=colours.BLUE)
        .encode(
            x=alt.X(f"{column}:Q", title=f"{column} ({unit})"),
            y=alt.Y(f"{first}:N", sort=None, title=None, axis=alt.Axis(labelLimit=140)),
            tooltip=[f"{first}:N", alt.Tooltip(f"{column}:Q", format=",.6~f")],
        )
    )
    return chart
