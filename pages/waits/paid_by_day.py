"""The share of requests that was paid by each day, of those made in a span: chart, table, files."""

from __future__ import annotations

import streamlit as st

from answers.store_view import StoreView
from forecast.baselines import OFFICIAL_DAYS
from pages.waits import parts
from ui.parts import downloads, drawing, spans

FIELDS = ("range", "since", "until", "days")


def show(store: StoreView) -> None:
    """The inputs and what they ask for."""
    notices = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        span = spans.span_input("Requests made in", spans.ALL, *store.days(), notices)
        axis_days = parts.axis_input(notices)
    is_whole = span == spans.Span(*store.days())  # then it is asked already
    chosen = {} if is_whole else {"since": span.since, "until": span.until}
    curve = store.ask("release_curve", **chosen)
    if curve.is_empty():
        st.info(f"No request was made from {span}.")
        return
    made_in = (store.version, span)
    drawing.once((made_in, axis_days), parts.curves_chart, curve, axis_days, OFFICIAL_DAYS)
    drawing.once(made_in, parts.curves_table, curve, OFFICIAL_DAYS)
    st.caption(drawing.once(made_in, parts.curves_note, curve, span))
    downloads.offer_query(store, "release_curve", **chosen)
