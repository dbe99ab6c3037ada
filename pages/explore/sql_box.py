"""A box for anybody's SQL over the store shown, which runs in the sandbox of data.store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from answers import words
from answers.files import Content
from answers.kept import ANSWERS, size_of
from answers.sources import Version
from answers.store_view import StoreView
from data import SqlError
from data.config import settings
from data.store.sandbox import SqlAnswer, run_sql
from pages.explore import charts, inputs, tables
from pages.explore.examples import examples
from queries import Query
from ui.browser import dictionary, statements
from ui.parts import downloads, drawing, links, shell
from ui.server import turns

_SHOWN_ROWS = 1_000
_KEPT_ROWS = 10_000
_SECONDS = 10
_FROM_A_SHELL = (
    "The same from a shell, in the folder of this program. There nothing holds it in: run SQL of "
    "a stranger's link only here."
)


def is_offered() -> bool:
    """Whether visitors may write SQL here. Raises ConfigError."""
    return settings().sql_box == "on"


def box(store: StoreView, notices: DeltaGenerator) -> None:
    """The statement of the URL or the one typed, and its answer."""
    asking, beside = st.columns([3, 2], gap="medium")
    with asking:
        sql = _sql_input(store, notices)
    with beside:
        dictionary.show(drawing.once(store.version, _tables, store))
    if not sql.strip():
        st.info("Write one SELECT, or choose a question.")
        return
    try:
        with st.spinner(f"Running, for at most {_SECONDS} s"), turns.aside():
            answer = _answer(store.version, sql)
    except SqlError as error:
        first, *where = str(error).strip().splitlines()
        st.error(words.escaped(first), title="No answer")
        if rest := "\n".join(where).strip("\n"):  # where in the text, and what was meant
            st.code(rest, language=None, wrap_lines=True)
        return
    _show(store, sql, answer, notices)
    shell.show(shell.sql(store.source.path, sql), _FROM_A_SHELL)


def _sql_input(store: StoreView, notices: DeltaGenerator) -> str:
    """The statement in the box, with others to be taken into it."""
    st.selectbox(
        "Example questions",
        list(examples()),
        None,
        key="example",
        placeholder="Choose one: its SQL stands below, to be changed",
        on_change=_take_example,
    )
    with st.form("sql form", border=False):
        sql = inputs.statement(next(iter(examples().values())), notices)
        ran = st.form_submit_button("Run", type="primary")
    # A statement that came by a link is remembered once its reader ran it.
    statements.last(sql if ran else None, store.now.isoformat(), inputs.SQL_LETTERS, _take)
    return sql


def _show(store: StoreView, sql: str, answer: SqlAnswer, notices: DeltaGenerator) -> None:
    """The answer as a picture where one fits, as a table and as files."""
    rows = answer.rows
    if rows.width and not answer.cut:
        charts.chosen((store.version, sql), tables.fields_of(rows), rows, "The answer", notices)
    shown = tables.readable(rows.head(_SHOWN_ROWS))
    st.dataframe(
        shown, hide_index=True, alt="The answer's rows", column_config=tables.columns_of(shown)
    )
    st.caption(_row_count(answer))
    if rows.width and rows.height:
        params = {"statement": sql}
        if answer.cut:
            params["cut"] = f"the first {rows.height} rows, there are more"
        # Asked again, should it not be kept any more: a button lives as long as its visitor.
        version = store.version
        downloads.offer(
            store, "sql", params, lambda: Content("sql", _answer(version, sql).rows, sql, params)
        )


def _tables(store: StoreView) -> list[dict[str, Any]]:
    """Every table with its columns, and what each holds."""
    found: dict[str, dict[str, Any]] = {}
    for table, column, kind, holds in store.ask("dictionary").iter_rows():
        about = found.setdefault(table, {"name": table, "holds": "", "columns": []})
        if column is None:
            about["holds"] = holds or ""
        else:
            about["columns"].append([column, kind, holds or ""])
    return list(found.values())


def _take(sql: str) -> None:
    st.session_state["sql"] = sql


def _take_example() -> None:
    if (question := st.session_state["example"]) is not None:
        _take(examples()[question])
        st.session_state["example"] = None


def offer_query(query: Query, params: Mapping[str, Any]) -> None:
    """A button that takes a named query into the box, as a table to ask on from."""
    _offer("With these inputs, as a table to select from.", lambda: as_table(query, params))


def offer_table(name: str) -> None:
    """A button that takes a table into the box, of which a part is to be asked for."""
    _offer("To ask for a part of it.", lambda: f"FROM {name}\nLIMIT {_KEPT_ROWS}")


def _offer(about: str, statement: Callable[[], str]) -> None:
    def take() -> None:
        st.session_state["ask"] = "SQL"
        links.hand_over("sql", statement())

    st.button(
        "Take it into the SQL box",
        type="tertiary",
        icon=":material/database:",
        help=about,
        on_click=take,
    )


def as_table(query: Query, params: Mapping[str, Any]) -> str:
    """A statement that selects from a named query with these parameters."""
    sql = query.sql.split("\n\n", 1)[1].rstrip().removesuffix(";")
    for name, value in params.items():
        sql = sql.replace(f"getvariable('{name}')", shell.literal(value))
    return f"WITH {query.name} AS (\n{indent(sql, '    ')}\n)\n\nFROM {query.name}"


def _answer(version: Version, sql: str) -> SqlAnswer:
    def run() -> SqlAnswer:
        return run_sql(Path(version[0]), sql, rows=_KEPT_ROWS, seconds=_SECONDS)

    return ANSWERS.get(repr((version, sql)), run, lambda answer: size_of(answer.rows))


def _row_count(answer: SqlAnswer) -> str:
    count = words.plural(answer.rows.height, "row")
    text = f"{count} in {answer.seconds:.2f} s"
    if answer.cut:
        text = f"The first {count}, there are more: add LIMIT or WHERE; in {answer.seconds:.2f} s"
    if answer.rows.height > _SHOWN_ROWS:
        text += f". The first {_SHOWN_ROWS:,} are shown, the files hold {answer.rows.height:,}"
    return f"{text}. Times are UTC."
