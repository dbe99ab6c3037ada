"""Waits: how long it took from a request to its money, against the official answer."""

import streamlit as st

from forecast.baselines import OFFICIAL_DAYS
from pages.waits import curves, parts
from ui.parts import downloads, drawing, links, spans
from ui.shown import store_view

store = store_view.shown()
links.refuse_unknown(["range", "since", "until", "days"], "Waits")
st.title("Waits")

within = store.ask("paid_within_35_days", days=OFFICIAL_DAYS)
whole = store.ask("release_curve")
st.markdown(drawing.once(store.version, parts.answer, whole, within, OFFICIAL_DAYS))

drawing.once(store.version, parts.promise, within, OFFICIAL_DAYS)
st.caption(
    f"Only requests made at least {OFFICIAL_DAYS} days before the last block: younger ones are "
    "left out, paid or not, as they would make it look better. A request counts as paid once the "
    "queue's head has passed it, even where the receiver refused the money: it was there."
)
downloads.offer_query(store, "paid_within_35_days", days=OFFICIAL_DAYS)

st.subheader("How long until requests were released")
notices = st.container()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    span = spans.span_input("Requests made in", spans.ALL, *store.days(), notices)
    axis_days = parts.axis_input(notices)
chosen = {"since": span.since, "until": span.until}
curve = store.ask("release_curve", **chosen)
if curve.is_empty():
    st.info(f"Nobody asked to unstake from {span}.")
else:
    made_in = (store.version, span)
    drawing.once((made_in, axis_days), parts.curves_chart, curve, axis_days, OFFICIAL_DAYS)
    drawing.once(made_in, parts.curves_table, curve, OFFICIAL_DAYS)
    st.caption(drawing.once(made_in, parts.curves_note, curve, span))
    downloads.offer_query(store, "release_curve", **chosen)

st.subheader("By half-year and amount")
half_years = store.ask("waits_by_half_year")
drawing.once(store.version, parts.half_years_table, half_years, OFFICIAL_DAYS)
st.caption(
    "Days from the request until 50 % and 90 % of a half-year's requests were released, and the "
    f"share released within {OFFICIAL_DAYS} days. Not known yet: too few of them were released, or "
    f"have waited that long, so far. Too few: under {curves.FEWEST} requests, which say nothing of "
    "others; the query has their figures."
)
downloads.offer_query(store, "waits_by_half_year")
