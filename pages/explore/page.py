"""Explore: every query with its inputs, every table, and a box for SQL of one's own."""

import streamlit as st

import queries
from pages.explore import inputs, parts, sql_box
from ui.frame import shown
from ui.parts import links

store = shown.store()
st.title("Explore")
st.markdown(
    "Every figure of this app is the answer to a query, and each can be asked here, "
    "or by a program: [the API](api/v1/docs)."
)

notices = st.container()
kinds = ["query", "table", *(["SQL"] if sql_box.is_offered() else [])]
links.imply("ask", next((kind for kind in kinds[:0:-1] if kind.lower() in st.query_params), None))
links.refuse_unknown(inputs.parameters(), "Explore")
kind = links.choose("Ask by", kinds, "ask", "query", notices)

if kind == "query":
    name = links.pick("Query", queries.names(), "query", inputs.FIRST_QUERY, notices)
    query = queries.load(name)
    st.subheader(query.title)
    st.markdown(query.prose)
    params = inputs.params(query, notices)
    parts.answer(store, query, params, notices)
    parts.behind(store, query, params)
    if sql_box.is_offered():
        sql_box.offer_query(query, params)
elif kind == "table":
    tables = store.ask("store_contents")["table_name"].sort().to_list()
    table = links.pick("Table", tables, "table", "requests", notices)
    parts.store_table(store, table)
else:
    st.markdown(
        "One statement, read-only, over the tables of the store. It reaches nothing else and ends "
        "after 10 seconds. Its text stands in the link."
    )
    sql_box.box(store, notices)
