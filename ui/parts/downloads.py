"""Links that give what is on the page as files.

They lead to addresses that every process of the server answers (answers/files.py). What has none,
the answer to a statement of a visitor's own or one of very many rows, is a button: the process that
drew the page writes it at the click, and it lies in its memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from answers import files
from answers.files import Content
from answers.provenance import file_name
from answers.store_view import StoreView

_LABELS = {"csv": "CSV", "parquet": "Parquet"}
_HELP = "As precise as here or more; the file names network, block and query."
_ICON = ":material/download:"


def offer_query(
    store: StoreView, name: str, title: str = "", rows: int = 0, /, **params: Any
) -> None:
    """CSV and Parquet of a query's whole answer.

    `title` stands on the links, where a page offers more than one answer of a query. `rows` is
    how many it has, where it may have many.
    """
    if files.has_address(store) and rows <= files.MOST_ROWS:
        _links(store, "queries", name, title, **params)
    else:
        texts = {key: str(value) for key, value in params.items() if value is not None}
        read = partial(files.of_query, store, name, params, however_large=True)
        offer(store, name, texts, read, title)


def offer_table(store: StoreView, name: str) -> None:
    """CSV and Parquet of a whole table, with its amounts in FTM beside those in wei."""
    if files.has_address(store):
        _links(store, "tables", name)
    else:
        offer(store, name, {}, lambda: files.of_table(store, name))


def offer_scores(store: StoreView, name: str) -> None:
    """CSV and Parquet of how odds have scored: files.SCORES or files.WHEN_MADE."""
    if files.has_address(store):
        _links(store, "scores", name)
    else:
        offer(store, name, {}, lambda: files.of_scores(store, name))


def offer(
    store: StoreView,
    name: str,
    params: Mapping[str, str],
    read: Callable[[], Content],
    title: str = "",
) -> None:
    """CSV and Parquet of what `read` returns, written by the process that draws this, and named by
    `params`.

    A visitor's session holds on to `read`, and so to all that this holds on to.
    """
    with st.container(horizontal=True, gap="small"):
        for kind, (mime, _) in files.KINDS.items():
            st.download_button(
                _label(title, kind),
                partial(lambda kind: read().written(store, kind), kind),
                f"{file_name(name, params, store.info)}.{kind}",
                mime,
                key=f"download {name} {title} {kind}",
                help=_HELP,
                on_click="ignore",
                type="tertiary",
                icon=_ICON,
            )


def _links(store: StoreView, group: str, name: str, title: str = "", /, **params: Any) -> None:
    """Links, in one element: of buttons each would be one, which costs the server time."""
    each = (
        f"{_ICON} [{_label(title, kind)}]"
        f"({_base()}{files.address(store, group, name, kind, params)})"
        for kind in files.KINDS
    )
    st.markdown("&emsp;".join(each), help=_HELP, width="content")


def _label(title: str, kind: str) -> str:
    return f"{title}, {_LABELS[kind]}" if title else _LABELS[kind]


def _base() -> str:
    """The folder that the pages lie in, "" or like `/queue`."""
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""
