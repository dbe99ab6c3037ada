"""Buttons that give what is on the page as files, built when they are clicked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

import queries
from queries.export import as_csv, as_parquet
from ui.shown.store_view import StoreView


def offer_query(view: StoreView, name: str, of: str = "", /, **params: Any) -> None:
    """CSV and Parquet of a query's whole answer, asked for when one of them is clicked.

    `of` says in the buttons what it is, where a page offers more than one answer of a query.
    """
    given = {key: str(value) for key, value in params.items() if value is not None}
    about = provenance(view, name, queries.load(name).sql, given)
    _buttons(view, lambda: view.fetch(name, **params), name, about, of)


def offer_table(view: StoreView, name: str) -> None:
    """CSV and Parquet of a whole table, read when one of them is clicked."""
    _buttons(view, lambda: view.table(name), name, provenance(view, name, f"FROM {name}", {}))


def offer(
    view: StoreView, frame: pl.DataFrame, name: str, sql: str, given: Mapping[str, str]
) -> None:
    """CSV and Parquet of `frame`, the answer to `sql` with the parameters `given`."""
    _buttons(view, lambda: frame, name, provenance(view, name, sql, given))


def _buttons(
    view: StoreView,
    read: Callable[[], pl.DataFrame],
    name: str,
    about: Mapping[str, str],
    of: str = "",
) -> None:
    stem = f"{name}-{view.info.network}-{view.info.synced_block}"
    with st.container(horizontal=True, gap="small"):
        for kind, mime, write in (
            ("CSV", "text/csv", as_csv),
            ("Parquet", "application/vnd.apache.parquet", as_parquet),
        ):
            st.download_button(
                f"{of}, {kind}" if of else kind,
                partial(_written, write, read, about),
                f"{stem}.{kind.lower()}",
                mime,
                key=f"download {name} {of} {kind}",
                help="As precise as here or more; the file names network, block and query.",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )


def _written(
    write: Callable[[pl.DataFrame, Mapping[str, str]], bytes],
    read: Callable[[], pl.DataFrame],
    about: Mapping[str, str],
) -> bytes:
    return write(read(), about)


def provenance(view: StoreView, name: str, sql: str, given: Mapping[str, str]) -> dict[str, str]:
    """What a file says of itself: where, when and from which question its figures come."""
    info = view.info
    about = {
        "network": info.network,
        "chain_id": str(info.chain_id),
        "block": str(info.synced_block),
        "query": name,
        **{f"param {key}": value for key, value in given.items()},
        "version": hashlib.sha256(sql.encode()).hexdigest()[:12],
        "schema": str(info.schema_version),
    }
    if info.synced_at is not None:
        about["block_time"] = f"{info.synced_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if info.simulated:
        about["simulated"] = "yes, by a seeded simulation: not the chain"
    return about
