"""The query or the table that is asked for on the Explore page, with its inputs and its answer."""

from __future__ import annotations

import streamlit as st

import queries
from answers.store_view import StoreView
from pages.explore import inputs, parts, sql_box
from ui.parts import links


def of_query(store: StoreView) -> None:
    """Which query, what it asks, its inputs, its answer and its SQL."""
    notices = st.container()
    name = links.pick("Query", queries.names(), "query", inputs.FIRST_QUERY, notices)
    query = queries.load(name)
    st.subheader(query.title)
    st.markdown(query.prose)
    params = inputs.params(query, notices)
    parts.answer(store, query, params, notices)
    parts.behind(store, query, params)
    if sql_box.is_offered():
        sql_box.offer_query(query, params)


def of_table(store: StoreView) -> None:
    """Which table, and its rows."""
    notices = st.container()
    tables = store.ask("store_contents")["table_name"].sort().to_list()
    table = links.pick("Table", tables, "table", "requests", notices)
    parts.store_table(store, table)
