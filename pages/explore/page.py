"""Explore: every query with its inputs, every table, and a box for SQL of one's own."""

import streamlit as st

from pages.explore import asked, inputs, sql_box
from ui import part
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
    part.draw(asked.of_query, store)
elif kind == "table":
    part.draw(asked.of_table, store)
else:
    st.markdown(
        "One statement, read-only, over the tables of the store. It reaches nothing else and ends "
        "after 10 seconds. Its text stands in the link."
    )
    sql_box.box(store, notices)
