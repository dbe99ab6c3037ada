"""A box for anybody's SQL over the store shown, which runs in the sandbox of data.store."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import polars.selectors as cs
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from data import SqlError
from data.config import settings
from data.store.sandbox import SqlAnswer, run_sql
from pages.explore import inputs
from ui.parts import downloads, shell, words
from ui.shown.kept import ANSWERS
from ui.shown.sources import Version
from ui.shown.store_view import StoreView

_SHOWN_ROWS = 1_000
_KEPT_ROWS = 10_000
_SECONDS = 10
_EXAMPLE = """SELECT token, status, count(*) AS requests, sum(payout_wei) / 1e18 AS payout_ftm
FROM requests
GROUP BY ALL
ORDER BY ALL"""


def is_offered() -> bool:
    """Whether visitors may write SQL here. Raises ConfigError."""
    return settings().sql_box == "on"


def box(store: StoreView, notices: DeltaGenerator) -> None:
    """The statement of the URL or the one typed, and its answer."""
    with st.form("sql form", border=False):
        sql = inputs.statement(_EXAMPLE, notices)
        st.form_submit_button("Run", type="primary")
    if not sql.strip():
        st.info("Write one SELECT. The tables are listed under Table, above.")
        return
    try:
        with st.spinner(f"Running, for at most {_SECONDS} s"):
            answer = _answer(store.version, sql)
    except SqlError as error:
        first, *more = str(error).splitlines()
        st.error(words.escaped(first), title="No answer")
        if more:  # where in the text
            st.code(str(error), language=None, wrap_lines=True)
        return
    st.dataframe(exact(answer.rows.head(_SHOWN_ROWS)), hide_index=True, alt="The answer's rows")
    st.caption(_row_count(answer))
    if answer.rows.width and answer.rows.height:
        params = {"statement": sql}
        if answer.cut:
            params["cut"] = f"the first {answer.rows.height} rows, there are more"
        # Asked again, should it not be kept any more: a button lives as long as its visitor.
        version = store.version
        downloads.offer(store, lambda: _answer(version, sql).rows, "sql", sql, params)
    shell.show(shell.sql(store.source.path, sql))


def _answer(version: Version, sql: str) -> SqlAnswer:
    def run() -> SqlAnswer:
        return run_sql(Path(version[0]), sql, rows=_KEPT_ROWS, seconds=_SECONDS)

    return ANSWERS.get(repr((version, sql)), run, lambda answer: answer.rows)


def exact(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as a browser shows them: wei as text, as a browser's numbers do not hold all digits."""
    return rows.with_columns(cs.decimal().cast(pl.String), cs.by_dtype(pl.Int128).cast(pl.String))


def _row_count(answer: SqlAnswer) -> str:
    count = words.plural(answer.rows.height, "row")
    text = f"{count} in {answer.seconds:.2f} s"
    if answer.cut:
        text = f"The first {count}, there are more: add LIMIT or WHERE; in {answer.seconds:.2f} s"
    if answer.rows.height > _SHOWN_ROWS:
        text += f". The first {_SHOWN_ROWS:,} are shown, the files hold {answer.rows.height:,}"
    return f"{text}. Times are UTC."
