"""Pictures of an answer: its numbers as lines, bars or points along a time, a number or a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import altair as alt
import polars as pl
import polars.selectors as cs
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from answers import words
from pages.explore import chart_choice
from pages.explore.chart_choice import MOST_NAMES, NAMES, Choice, Columns, Kind, columns_of
from pages.explore.tables import why_not_drawn
from queries import Field
from ui.parts import drawing
from ui.parts.charts import NO_TOOLTIP
from ui.parts.colours import OF_SERIES

MOST_ROWS = 2_000  # so many points are drawn
_DRAWN_UNITS = chart_choice.DRAWN_UNITS


def chosen(
    question: object,
    fields: Sequence[Field],
    rows: pl.DataFrame,
    title: str,
    notices: DeltaGenerator,
) -> None:
    """The picture that was chosen, or the one that fits, and the inputs to choose by; none where
    nothing can be drawn. `question` tells all that the rows depend on."""
    if not rows.height:
        return
    columns = drawing.once((question, "columns"), columns_of, fields, rows)
    if columns.first is None:
        if columns.too_long and len(columns.along) > 1:
            st.caption(why_not_drawn(columns.too_long))
        chart_choice.refuse(notices)
    elif rows.height > MOST_ROWS:
        st.caption("Too many rows to draw: narrow what it asks for.")
    else:
        choice = chart_choice.inputs(columns, notices)
        drawing.once((question, choice), _draw, fields, rows, columns, choice, title)


def drawable(fields: Sequence[Field], rows: pl.DataFrame) -> list[str]:
    """The columns that are drawn against the first one when nothing is chosen, those in FTM before
    others; none where there are too many rows, or the first is neither a time nor a name."""
    if fitting(fields[0], rows) == "automatic":
        return []
    columns = [column for column in fields[1:] if column.unit in _DRAWN_UNITS]
    return [column.name for column in sorted(columns, key=lambda c: _DRAWN_UNITS.index(c.unit))]


def fitting(along: Field, rows: pl.DataFrame) -> Kind:
    """A line along a time, bars beside names; `automatic` where neither fits, because rows are too
    many or one, or are not told apart."""
    in_time = along.type == "TIMESTAMPTZ"
    if not in_time and along.type != "VARCHAR" and along.unit != "id":
        return "automatic"
    if not 2 <= rows.height <= (MOST_ROWS if in_time else MOST_NAMES):
        return "automatic"
    names = rows[along.name]
    if names.null_count() or names.n_unique() < rows.height:
        return "automatic"
    return "line" if in_time else "bars"


def _draw(
    fields: Sequence[Field], rows: pl.DataFrame, columns: Columns, choice: Choice, title: str
) -> None:
    """The chart of a choice, and what of the choice it cannot show."""
    points, look, remarks = _prepared(fields, rows, columns, choice)
    if points is not None:
        drawn = ", ".join(choice.drawn)
        drawing.draw(picture, points, **look, alt=f"{title}: {drawn}")
    if remarks:
        st.caption(" ".join(remarks))


def chart_of(
    fields: Sequence[Field], rows: pl.DataFrame, link: Mapping[str, str]
) -> alt.Chart | alt.LayerChart | None:
    """The chart that a link's parameters choose, or the one that fits; None where there is none."""
    columns = columns_of(fields, rows)
    choice = chart_choice.of_link(columns, link)
    if choice is None or rows.height > MOST_ROWS:
        return None
    points, look, _ = _prepared(fields, rows, columns, choice)
    return None if points is None else picture(points, **look)


def _prepared(
    fields: Sequence[Field], rows: pl.DataFrame, columns: Columns, choice: Choice
) -> tuple[pl.DataFrame | None, dict[str, Any], list[str]]:
    """The points of a choice, what `picture` takes beside them, and what is to be said; no points
    where nothing can be drawn."""
    along = next(field for field in fields if field.name == choice.along)
    by_name = choice.along in columns.too_long  # whole, as a name is
    if choice.kind == "automatic":
        by_name = by_name or along.unit == "id"
        fits = fitting(along, rows)
        if fits == "automatic":
            why = "No chart fits by itself: choose a line, bars or points under Chart."
            return None, {}, [why]
        choice = replace(choice, kind=fits)
    choice, remarks = together(columns, choice)
    if not choice.drawn:
        why = f"{words.escaped(choice.along)} runs along the axis: choose what is drawn."
        return None, {}, [why]
    points = points_of(rows, choice, by_name)
    if left := rows.height * len(choice.drawn) - points.height:
        remarks.append(f"{words.plural(left, 'point')} left out: where they stand is unknown.")
    if why_not := _why_not(points, choice):
        return None, {}, [*remarks, why_not]
    place = _place(choice.colour)
    if choice.kind == "bars" and points.select(place).is_duplicated().any():
        remarks.append("Bars of one place stand on each other: the whole bar is their sum.")
    look = {
        "kind": choice.kind,
        "along": _axis(along.name, columns.units[along.name]),
        "value": _value(choice, columns.units[choice.drawn[0]]),
        "colour": choice.colour,
    }
    return points, look, remarks


def together(columns: Columns, choice: Choice) -> tuple[Choice, list[str]]:
    """The choice without what does not go with its first column, and why, as Markdown."""
    drawn = [name for name in choice.drawn if name != choice.along]
    remarks = []
    if drawn:
        unit = columns.units[drawn[0]]
        if others := [name for name in drawn if columns.units[name] != unit]:
            named = ", ".join(f"{words.escaped(name)} ({columns.units[name]})" for name in others)
            first = f"{words.escaped(drawn[0])} ({unit})"
            remarks.append(f"Left out: {named}. A chart has one unit, here that of {first}.")
            drawn = [name for name in drawn if name not in others]
    if choice.colour is not None and len(drawn) > 1:
        remarks.append(f"Colours tell the columns apart, and not {words.escaped(choice.colour)}.")
        choice = replace(choice, colour=None)
    return replace(choice, drawn=tuple(drawn)), remarks


def points_of(rows: pl.DataFrame, choice: Choice, by_name: bool) -> pl.DataFrame:
    """`x`, `value`, `series` and `said`, a row a point, under names of our own: what SQL calls a
    column, Vega may take for a path. `said` is x in words. Points without a place are left out;
    an unknown or infinite value is null."""
    column = rows[choice.along]
    x: pl.Series
    if by_name or rows.select(NAMES & cs.by_name(choice.along)).width:
        x = labels = column.cast(pl.String)
    elif column.dtype.is_numeric():
        number = column.cast(pl.Float64)
        x = pl.select(pl.when(number.is_finite()).then(number)).to_series()
        labels = column.cast(pl.String)
    else:
        x = _in_utc(column)
        # In words: a time in a tooltip or an aria-label may be told in the reader's own zone.
        labels = x.dt.strftime("%-d %b %Y" if column.dtype == pl.Date else "%-d %b %Y, %H:%M")
    series = rows[choice.colour].cast(pl.String) if choice.colour else None
    parts = []
    for name in choice.drawn:
        value = rows[name].cast(pl.Float64)
        group = pl.lit(name) if series is None else series.fill_null("unknown")
        known = pl.when(value.is_finite()).then(value)
        parts.append(pl.select(x=x, value=known, series=group, said=labels))
    return pl.concat(parts).filter(pl.col("x").is_not_null())


def _in_utc(times: pl.Series) -> pl.Series:
    """Days and times without a zone are UTC, as all times of a store are."""
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone is not None:
        return times.dt.convert_time_zone("UTC")
    return times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _why_not(points: pl.DataFrame, choice: Choice) -> str | None:
    """Why these points are not drawn so, as Markdown; None where they are."""
    along = words.escaped(choice.along)
    if points["value"].null_count() == points.height:
        return "Nothing to draw: no value is known."
    if points.height > MOST_ROWS:
        return (
            f"{points.height:,} points are too many to draw, {MOST_ROWS:,} is the most: draw fewer "
            "columns, or ask for fewer rows."
        )
    if points["x"].dtype == pl.String and points["x"].n_unique() > MOST_NAMES:
        return f"{along} has {points['x'].n_unique():,} names, and {MOST_NAMES} fit on an axis."
    if choice.kind == "line" and points.select("x", "series").is_duplicated().any():
        return (
            f"A line goes through one value at each place, and {along} has several: choose points "
            "or bars, or a colour that tells them apart."
        )
    return None


def picture(
    points: pl.DataFrame, *, kind: Kind, along: str, value: str, colour: str | None
) -> alt.Chart | alt.LayerChart:
    """The points of `points_of` as this kind of chart. `along` and `value` are titles of the axes,
    `colour` says what the series are, None if columns: their bars stand beside each other."""
    names = points["series"].unique(maintain_order=True).to_list()
    look: dict[str, Any] = {"color": alt.value(OF_SERIES[0])}
    height = 260 if len(names) == 1 else 300  # with a legend
    tooltips = [
        alt.Tooltip("said:N", title=along),
        alt.Tooltip("value:Q", title=value, format=_FORM),
    ]
    if len(names) > 1:
        scale = alt.Scale(domain=names, range=list(OF_SERIES[: len(names)]))
        legend = alt.Legend(title=None, orient="top", labelLimit=140, columns=2)  # on a phone too
        look["color"] = alt.Color("series:N", scale=scale, legend=legend)
        tooltips.insert(1, alt.Tooltip("series:N", title=colour or "column"))
    x, y = _along(points, along), alt.Y("value:Q", title=value)
    if kind == "line":
        titles = dict.fromkeys(names, value) if len(names) == 1 else {name: name for name in names}
        return _line(points, titles, look, x, y, along).properties(height=height)
    look |= {"tooltip": tooltips, "description": alt.Description("read:N")}
    read = pl.format("{}, {}: {}", "said", "series", pl.col("value").round(6))
    base = alt.Chart(points.with_columns(read=read).drop_nulls("value"))
    chart: alt.Chart
    if kind == "points":
        chart = base.mark_point(filled=True, size=36, opacity=0.8).encode(x=x, y=y, **look)
        return chart.properties(height=height)
    beside = names if colour is None else names[:1]
    if points["x"].dtype == pl.String:
        across = alt.X("value:Q", title=value, axis=alt.Axis(labelFlush=True))
        down = alt.Y("x:N", sort=None, title=None, axis=alt.Axis(labelLimit=140))
        if len(beside) > 1:
            look["yOffset"] = alt.YOffset("series:N", sort=names)
        chart = base.mark_bar().encode(x=across, y=down, **look)
        return chart.properties(height={"step": 20 if len(beside) == 1 else 12})
    width = _width(points["x"]) / len(beside)
    shifts = [width * place for place in range(len(beside))]
    begin = pl.col("x") + pl.col("series").replace_strict(beside, shifts, default=width * 0)
    bars = base.data.with_columns(x=begin, **_on_each_other(_place(colour)))
    chart = alt.Chart(bars.with_columns(until=pl.col("x") + width)).mark_bar()
    y = alt.Y("top:Q", title=value)
    return chart.encode(x=x, x2="until", y=y, y2="bottom", **look).properties(height=height)


def _place(colour: str | None) -> list[str]:
    """What tells bars apart that do not stand on each other."""
    return ["x", "series"] if colour is None else ["x"]


def _on_each_other(place: list[str]) -> dict[str, pl.Expr]:
    """Where bars of one place begin and end: those above 0 go up from it, the others down."""
    value = pl.col("value")
    reached = [part.cum_sum().over(place) for part in (value.clip(0, None), value.clip(None, 0))]
    top = pl.when(value >= 0).then(reached[0]).otherwise(reached[1])
    return {"top": top, "bottom": top - value}


_FORM = ",.6~f"


def _line(
    points: pl.DataFrame,
    titles: dict[str, str],
    look: dict[str, Any],
    x: alt.X,
    y: alt.Y,
    along: str,
) -> alt.LayerChart:
    """In time a step from each moment to the next, else straight from point to point. `titles` are
    those of the series in a tooltip."""
    named = points["x"].dtype == pl.String
    in_time = isinstance(points["x"].dtype, pl.Datetime)
    ordered = points if named else points.sort("x", maintain_order=True)
    # A line has one tooltip for all its points: each place has an unseen column of its own.
    places = ordered.group_by("x", "said", maintain_order=True).agg(
        pl.col("value").filter(pl.col("series") == name).first().alias(f"v{number}")
        for number, name in enumerate(titles)
    )
    values = [
        alt.Tooltip(f"v{number}:Q", title=title, format=_FORM)
        for number, title in enumerate(titles.values())
    ]
    line = (
        alt.Chart(ordered)
        .mark_line(
            interpolate="step-after" if in_time else "linear",
            strokeWidth=1.5,
            strokeCap="round",  # of a point between two gaps a dot is seen
            aria=False,
        )
        .encode(x=x, y=y, tooltip=NO_TOOLTIP, **look)
    )
    until = {} if named else {"x2": "until"}
    if not named:
        places = places.with_columns(until=pl.col("x").shift(-1))
    unseen = (
        alt.Chart(places)
        .mark_bar(opacity=0, aria=False)
        .encode(
            x=x,
            **until,
            y=alt.value(0),
            y2=alt.value("height"),
            tooltip=[alt.Tooltip("said:N", title=along), *values],
        )
    )
    return alt.LayerChart(layer=[line, unseen])


def _along(points: pl.DataFrame, title: str) -> alt.X:
    """The axis of these x: in UTC, from the least number on, or names in the answer's order."""
    x = points["x"]
    if x.dtype == pl.String:
        return alt.X("x:N", sort=None, title=title, axis=alt.Axis(labelLimit=140))
    if x.dtype == pl.Float64:
        return alt.X("x:Q", title=title, scale=alt.Scale(zero=False, nice=False))
    length = pl.col("x").max() - pl.col("x").min()
    days = points.select(length.dt.total_seconds()).item() / 86_400
    form = "%b %Y" if days > 100 else "%-d %b" if days > 2 else "%-d %b, %H:%M"
    axis = alt.Axis(format=form, labelOverlap="greedy")
    return alt.X("x:T", title=title, scale=alt.Scale(type="utc"), axis=axis)


def _width(x: pl.Series) -> Any:
    """Of the bars along these times or numbers: from one to the next, and never too thin to see."""
    places = x.unique().sort()
    if len(places) < 2:
        return timedelta(days=1) if isinstance(x.dtype, pl.Datetime) else 1.0
    least = (places[-1] - places[0]) / 500
    return max(places.diff().min(), least)


def _axis(column: str, unit: str) -> str:
    return column if unit in ("number", "text", "id") else f"{column} ({unit})"


def _value(choice: Choice, unit: str) -> str:
    """The title of what is drawn."""
    if len(choice.drawn) == 1:
        return _axis(choice.drawn[0], unit)
    return unit if unit != "number" else "value"
