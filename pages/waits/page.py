"""Waits: how long it took from a request to its money, against the official answer."""

import streamlit as st

from forecast.baselines import OFFICIAL_DAYS
from pages.waits import curves, parts
from ui.frame import shown
from ui.parts import downloads, drawing, links, spans

store = shown.store()
links.refuse_unknown(["range", "since", "until", "days"], "Waits")
st.title("Waits")

within = store.ask("paid_within_35_days", days=OFFICIAL_DAYS)
whole = store.ask("release_curve")
st.markdown(drawing.once(store.version, parts.answer, whole, within, OFFICIAL_DAYS))

drawing.once(store.version, parts.promise, within, OFFICIAL_DAYS)
st.caption(
    f"Only requests made at least {OFFICIAL_DAYS} days before the newest block here: newer ones "
    "are left out, as only the quick ones among them are paid yet. Counted as paid once its turn "
    "came and the money was there, even if the receiving address rejected it."
)
downloads.offer_query(store, "paid_within_35_days", days=OFFICIAL_DAYS)

st.subheader("How long until requests were paid")
notices = st.container()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    span = spans.span_input("Requests made in", spans.ALL, *store.days(), notices)
    axis_days = parts.axis_input(notices)
is_whole = span == spans.Span(*store.days())  # then it is asked already
chosen = {} if is_whole else {"since": span.since, "until": span.until}
curve = store.ask("release_curve", **chosen)
if curve.is_empty():
    st.info(f"No request was made from {span}.")
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
    "Days until 50 % and 90 % of a half-year's requests were paid, and the share paid within "
    f"{OFFICIAL_DAYS} days. Not yet: not enough of them are paid, or have waited that long. "
    f"Too few: under {curves.FEWEST} requests; the query has their figures."
)
downloads.offer_query(store, "waits_by_half_year")
