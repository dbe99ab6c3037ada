"""The parts of the Explore page: a query's answer as chart, table and files, and a table's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import queries
from answers import files, words
from answers.store_view import StoreView
from pages.explore import charts, sql_box, tables
from pages.explore.charts import MOST_ROWS
from queries import Query
from ui.parts import downloads, drawing, shell

_WRITES = "This command writes all rows into a file, in the folder of this program:"


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
    else:
        charts.chosen(question, query.columns, rows, query.title, notices)
    drawing.once(question, _table, query, rows)
    if _row_count(count, "Narrow what it asks for" if query.params else ""):
        downloads.offer_query(store, query.name, **params)
    else:
        shell.show(shell.csv(store.source.path, query.name, params), _WRITES)


def _table(query: Query, rows: pl.DataFrame) -> None:
    columns = {field.name: tables.column(field) for field in query.columns}
    st.dataframe(tables.exact(rows), hide_index=True, alt=query.title, column_config=columns)


def _why_empty(query: Query, params: Mapping[str, Any]) -> str:
    missing = [
        field.name
        for field in query.params
        if field.note.endswith("default none") and field.name not in params
    ]
    if missing:
        return f"Give the {' and the '.join(missing)} to ask for."
    return "No row answers this" + (": widen what it asks for." if params else " on this store.")


def _row_count(count: int, instead: str) -> bool:
    """Write how many rows there are, and what to do `instead` where no file holds them; returns
    whether one does."""
    shown = "" if count <= MOST_ROWS else f", the first {MOST_ROWS:,} shown"
    st.caption(f"{words.plural(count, 'row')}{shown}")
    if fits := count <= files.MOST_ROWS:
        return fits
    by_sql = "ask for a part of it by SQL" if sql_box.is_offered() else ""
    ways = ", or ".join(filter(None, [instead, by_sql]))
    st.caption(
        f"No file is offered: it would be made in the server's memory, where {files.MOST_ROWS:,} "
        f"rows fit. {ways[:1].upper()}{ways[1:]}{'.' * bool(ways)}".rstrip()
    )
    return fits


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
    if _row_count(store.table_rows(name), "Take the answer of a query that reads this table"):
        downloads.offer_table(store, name)
    else:
        if sql_box.is_offered():
            sql_box.offer_table(name)
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
    st.dataframe(tables.exact(rows), hide_index=True, alt=f"The first rows of {name}")
