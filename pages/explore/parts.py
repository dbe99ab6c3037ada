"""The parts of the Explore page: a query with its inputs and answer, and a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import queries
from pages.explore import charts
from pages.explore.sql_box import exact
from queries import Field, Query
from ui.parts import downloads, drawing, links, open_inputs, shell, words
from ui.shown.store_view import StoreView

# More are not read, but downloaded.
SHOWN_ROWS = charts.MOST_ROWS
_FILE_ROWS = 300_000
USUAL = "queue_depth"


def parameters() -> tuple[str, ...]:
    """What a link may hold: each way of asking has its own, and each query.

    Once there are inputs, the URL may still hold those of the query before.
    """
    if "query" in st.session_state:
        return ("ask", "query", "draw", "table", "sql", *queries.param_names())
    asked = st.query_params.get("query", USUAL)
    if asked not in queries.names():
        asked = USUAL
    own = tuple(field.name for field in queries.load(asked).params)
    return ("ask", "query", "draw", "table", "sql", *own)


def params(query: Query, notices: DeltaGenerator) -> dict[str, Any]:
    """An input for each of the query's parameters; those left empty are left out."""
    if not query.params:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        given = {field.name: open_inputs.param(field, notices) for field in query.params}
    return {name: value for name, value in given.items() if value is not None}


def answer(
    view: StoreView, query: Query, given: Mapping[str, Any], notices: DeltaGenerator
) -> None:
    """The query's answer: as a picture where one fits, as a table and as files."""
    try:
        found, count = view.ask_first(query.name, charts.MOST_ROWS, **given)
    except queries.QueryError as error:
        st.error(words.escaped(str(error)), title="This query gave no answer")
        return
    if not found.height:
        st.info(_nothing(query, given))
        return
    if count > found.height:
        st.caption("Too many rows to draw: narrow what it asks for.")
    columns = [] if count > found.height else charts.drawable(query, found)
    if columns:
        column = links.choose("Drawn", columns, "draw", columns[0], notices)
        first = query.columns[0]
        chart = charts.over_time if first.type == "TIMESTAMPTZ" else charts.by_name
        drawn = {"first": first.name, "column": column, "unit": query.unit(column)}
        drawing.draw(chart, found, **drawn, alt=f"{query.title}: {column}")
    st.dataframe(
        exact(found.head(SHOWN_ROWS)),
        hide_index=True,
        alt=query.title,
        column_config={field.name: _column(field) for field in query.columns},
    )
    if _told(count):
        downloads.offer_query(view, query.name, **given)
    else:
        st.code(shell.csv(view.source.path, query.name, given), language="bash")


def _told(count: int) -> bool:
    """Say how many rows there are; whether that many can be downloaded from here."""
    shown = "" if count <= SHOWN_ROWS else f", the first {SHOWN_ROWS:,} shown"
    fits = count <= _FILE_ROWS
    shell_writes = "" if fits else ". Too many for a download: this command writes them"
    st.caption(f"{words.plural(count, 'row')}{shown}{shell_writes}")
    return fits


def _column(field: Field) -> Any:
    told = f"{field.note} ({field.unit})"
    if field.type == "TIMESTAMPTZ":
        form = "YYYY-MM-DD HH:mm:ss"
        return st.column_config.DatetimeColumn(field.name, help=told, format=form, timezone="UTC")
    if field.type == "DOUBLE":
        form = "%,.6f" if field.unit == "FTM" else "%,.4f"
        return st.column_config.NumberColumn(field.name, help=told, format=form)
    if field.type in ("BIGINT", "INTEGER"):
        return st.column_config.NumberColumn(field.name, help=told, format="%d")
    return st.column_config.Column(field.name, help=told)


def _nothing(query: Query, given: Mapping[str, Any]) -> str:
    missing = [
        field.name
        for field in query.params
        if field.note.endswith("default none") and field.name not in given
    ]
    if missing:
        return f"Give the {' and the '.join(missing)} to ask for."
    return "No row answers this" + (": widen what it asks for." if given else " on this store.")


def behind(view: StoreView, query: Query, given: Mapping[str, Any]) -> None:
    """What the columns hold, the SQL, and the same from a shell."""
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
    st.caption("The same from a shell, in the folder of this program:")
    st.code(shell.query(view.source.path, query.name, given), language="bash")


def store_table(view: StoreView, name: str) -> None:
    """What a table holds, its first rows, and all of it as files."""
    described = view.ask("dictionary", table_name=name)
    if told := described["holds"][0]:
        st.markdown(f"{told}.")
    rows = view.table(name, SHOWN_ROWS)
    st.dataframe(exact(rows), hide_index=True, alt=f"The first rows of {name}")
    if _told(view.table_rows(name)):
        downloads.offer_table(view, name)
    else:
        statement = f"COPY {name} TO '{name}.parquet'"
        st.code(shell.sql(view.source.path, statement), language="bash")
    st.subheader("Columns")
    st.dataframe(
        described.slice(1).select("column_name", "type", "holds"),
        hide_index=True,
        height="content",
        alt=f"Columns of {name}",
    )
