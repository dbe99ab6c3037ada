"""The parts of the Explore page: a query's answer as chart, table and files, and a table's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import queries
from pages.explore.sql_box import exact
from queries import Field, Query
from ui.parts import colours, downloads, drawing, links, shell, words
from ui.parts.charts import NO_TOOLTIP
from ui.shown.store_view import StoreView

# So many rows are read and drawn, so many bars are drawn, so many rows are written to a file.
MOST_ROWS, _MOST_BARS, _FILE_ROWS = 2_000, 60, 300_000
_DRAWN_UNITS = ("FTM", "count", "days", "share")
_WRITES = "This command writes them, in the folder of this program:"


def answer(
    store: StoreView, query: Query, params: Mapping[str, Any], notices: DeltaGenerator
) -> None:
    """The query's answer: as a picture where one fits, as a table and as files."""
    try:
        rows, count = store.ask_first(query.name, MOST_ROWS, **params)
    except queries.QueryError as error:
        st.error(words.escaped(str(error)), title="This query gave no answer")
        return
    if not rows.height:
        st.info(_why_empty(query, params))
        return
    question = (store.version, query.name, sorted(params.items()))
    if count > MOST_ROWS:
        st.caption("Too many rows to draw: narrow what it asks for.")
    elif columns := drawable(query, rows):
        column = links.choose("Drawn", columns, "draw", columns[0], notices)
        drawing.once((question, column), _chart, query, rows, column)
    drawing.once(question, _table, query, rows)
    if _row_count(count):
        downloads.offer_query(store, query.name, **params)
    else:
        shell.show(shell.csv(store.source.path, query.name, params), _WRITES)


def _chart(query: Query, rows: pl.DataFrame, column: str) -> None:
    first = query.columns[0]
    chart = over_time if first.type == "TIMESTAMPTZ" else by_name
    options = {"first": first.name, "column": column, "unit": query.unit(column)}
    drawing.draw(chart, rows, **options, alt=f"{query.title}: {column}")


def _table(query: Query, rows: pl.DataFrame) -> None:
    columns = {field.name: _column(field) for field in query.columns}
    st.dataframe(exact(rows), hide_index=True, alt=query.title, column_config=columns)


def _why_empty(query: Query, params: Mapping[str, Any]) -> str:
    missing = [
        field.name
        for field in query.params
        if field.note.endswith("default none") and field.name not in params
    ]
    if missing:
        return f"Give the {' and the '.join(missing)} to ask for."
    return "No row answers this" + (": widen what it asks for." if params else " on this store.")


def _row_count(count: int) -> bool:
    """Write how many rows there are; returns whether a download may hold them."""
    shown = "" if count <= MOST_ROWS else f", the first {MOST_ROWS:,} shown"
    fits = count <= _FILE_ROWS
    too_many = "" if fits else ". Too many for a download"
    st.caption(f"{words.plural(count, 'row')}{shown}{too_many}")
    return fits


def _column(field: Field) -> Any:
    about = f"{field.note} ({field.unit})"
    if field.type == "TIMESTAMPTZ":
        form = "YYYY-MM-DD HH:mm:ss"
        return st.column_config.DatetimeColumn(field.name, help=about, format=form, timezone="UTC")
    if field.type == "DOUBLE":
        form = "%,.6f" if field.unit == "FTM" else "%,.4f"
        return st.column_config.NumberColumn(field.name, help=about, format=form)
    if field.type in ("BIGINT", "INTEGER"):
        return st.column_config.NumberColumn(field.name, help=about, format="%d")
    return st.column_config.Column(field.name, help=about)


def drawable(query: Query, rows: pl.DataFrame) -> list[str]:
    """The columns that can be drawn against the first one, those in FTM before others; none where
    there are too many rows, or the first column is neither a time nor a name."""
    first = query.columns[0]
    in_time = first.type == "TIMESTAMPTZ"
    if not in_time and first.type != "VARCHAR" and first.unit != "id":
        return []
    if not 2 <= rows.height <= (MOST_ROWS if in_time else _MOST_BARS):
        return []
    if rows[first.name].n_unique() < rows.height:
        return []
    columns = [column for column in query.columns[1:] if column.unit in _DRAWN_UNITS]
    return [column.name for column in sorted(columns, key=lambda c: _DRAWN_UNITS.index(c.unit))]


def over_time(rows: pl.DataFrame, *, first: str, column: str, unit: str) -> alt.LayerChart:
    """`column` of each row as a step from its time `first` until the next row's."""
    days = (rows[first].max() - rows[first].min()).days  # type: ignore[operator, union-attr]
    # In words: a time in a tooltip or an aria-label may be told in the reader's own zone.
    at = pl.col(first).dt.convert_time_zone("UTC")
    told = rows.select(
        first, column, UTC=at.dt.strftime("%-d %b %Y, %H:%M"), until=pl.col(first).shift(-1)
    )
    base = alt.Chart(told)
    line = base.mark_line(
        interpolate="step-after", color=colours.BLUE, strokeWidth=1.5, aria=False
    ).encode(
        x=alt.X(
            f"{first}:T",
            title=None,
            scale=alt.Scale(type="utc"),
            axis=alt.Axis(format="%b %Y" if days > 100 else "%-d %b", labelOverlap="greedy"),
        ),
        y=alt.Y(f"{column}:Q", title=f"{column} ({unit})"),
        tooltip=NO_TOOLTIP,
    )
    # A line has one tooltip for all its points: each step has an unseen column of its own.
    columns = base.mark_bar(opacity=0, aria=False).encode(
        x=f"{first}:T",
        x2="until:T",
        y=alt.value(0),
        y2=alt.value("height"),
        tooltip=["UTC:N", alt.Tooltip(f"{column}:Q", format=",.6~f")],
    )
    return alt.LayerChart(layer=[line, columns], height=260)


def by_name(rows: pl.DataFrame, *, first: str, column: str, unit: str) -> alt.Chart:
    """`column` of each row as a bar beside the row's name, `first`, in the answer's order."""
    chart: alt.Chart = (
        alt.Chart(rows.select(pl.col(first).cast(pl.String), column), height={"step": 20})
        .mark_bar(color=colours.BLUE)
        .encode(
            x=alt.X(f"{column}:Q", title=f"{column} ({unit})"),
            y=alt.Y(f"{first}:N", sort=None, title=None, axis=alt.Axis(labelLimit=140)),
            tooltip=[f"{first}:N", alt.Tooltip(f"{column}:Q", format=",.6~f")],
        )
    )
    return chart


def behind(store: StoreView, query: Query, params: Mapping[str, Any]) -> None:
    """What the columns hold, the SQL, and the same from a shell."""
    drawing.once(query.name, _definition, query)
    shell.show(shell.query(store.source.path, query.name, params))


def _definition(query: Query) -> None:
    with st.expander("Columns"):
        st.dataframe(
            pl.DataFrame(
                [(field.name, field.type, field.unit, field.note) for field in query.columns],
                schema=["column", "type", "unit", "holds"],
                orient="row",
            ),
            hide_index=True,
            height="content",
            alt=f"Columns of {query.title}",
        )
    with st.expander("SQL"):
        st.code(query.sql, language="sql", height=400)


def store_table(store: StoreView, name: str) -> None:
    """What a table holds, its first rows, and all of it as files."""
    described = store.ask("dictionary", table_name=name)
    if holds := described["holds"][0]:
        st.markdown(f"{holds}.")
    drawing.once((store.version, name), _first_rows, store, name)
    if _row_count(store.table_rows(name)):
        downloads.offer_table(store, name)
    else:
        statement = f"COPY {name} TO '{name}.parquet'"
        shell.show(shell.sql(store.source.path, statement), _WRITES)
    st.subheader("Columns")
    st.dataframe(
        described.slice(1).select("column_name", "type", "holds"),
        hide_index=True,
        height="content",
        alt=f"Columns of {name}",
    )


def _first_rows(store: StoreView, name: str) -> None:
    rows = store.table(name, MOST_ROWS)
    st.dataframe(exact(rows), hide_index=True, alt=f"The first rows of {name}")
