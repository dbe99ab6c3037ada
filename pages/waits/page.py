"""Waits: how long it took from a request to its money, against the official answer."""

import streamlit as st

from forecast.baselines import OFFICIAL_DAYS
from pages.waits import curves, paid_by_day, parts
from ui import part
from ui.frame import shown
from ui.parts import downloads, drawing, links

store = shown.store()
links.refuse_unknown(paid_by_day.FIELDS, "Waits")
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
part.draw(paid_by_day.show, store)

st.subheader("By half-year and amount")
half_years = store.ask("waits_by_half_year")
drawing.once(store.version, parts.half_years_table, half_years, OFFICIAL_DAYS)
st.caption(
    "Days until 50 % and 90 % of a half-year's requests were paid, and the share paid within "
    f"{OFFICIAL_DAYS} days. Not yet: not enough of them are paid, or have waited that long. "
    f"Too few: under {curves.FEWEST} requests; the query has their figures."
)
downloads.offer_query(store, "waits_by_half_year")
