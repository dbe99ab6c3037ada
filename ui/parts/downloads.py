"""Buttons that give what is on the page as files, written when they are clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

import queries
from answers.provenance import file_name, provenance
from answers.store_view import StoreView
from queries.export import as_csv, as_parquet


def offer_query(store: StoreView, name: str, title: str = "", /, **params: Any) -> None:
    """CSV and Parquet of a query's whole answer.

    `title` stands on the buttons, where a page offers more than one answer of a query.
    """
    texts = {key: str(value) for key, value in params.items() if value is not None}
    sql = queries.load(name).sql
    _buttons(store, name, sql, texts, lambda: store.fetch(name, **params), title)


def offer_table(store: StoreView, name: str) -> None:
    """CSV and Parquet of a whole table, with its amounts in FTM beside those in wei."""
    _buttons(store, name, f"FROM {name}", {}, lambda: store.table_file(name))


def offer(
    store: StoreView,
    read: Callable[[], pl.DataFrame],
    name: str,
    sql: str,
    params: Mapping[str, str],
) -> None:
    """CSV and Parquet of what `read` returns, the answer to `sql` with these `params`.

    A visitor's session holds on to `read`, and so to all that this holds on to.
    """
    _buttons(store, name, sql, params, read)


def _buttons(
    store: StoreView,
    name: str,
    sql: str,
    params: Mapping[str, str],
    read: Callable[[], pl.DataFrame],
    title: str = "",
) -> None:
    info = store.info
    about = provenance(info, name, sql, params)
    with st.container(horizontal=True, gap="small"):
        for kind, mime, write in (
            ("CSV", "text/csv", as_csv),
            ("Parquet", "application/vnd.apache.parquet", as_parquet),
        ):
            st.download_button(
                f"{title}, {kind}" if title else kind,
                partial(lambda write: write(read(), about), write),
                f"{file_name(name, params, info)}.{kind.lower()}",
                mime,
                key=f"download {name} {title} {kind}",
                help="As precise as here or more; the file names network, block and query.",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )
