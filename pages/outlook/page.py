"""Outlook: when an amount unstaked now is paid, and how good such odds have been."""

from pathlib import Path

import streamlit as st

from answers import scored
from answers.files import WHEN_MADE
from pages.outlook import beside, came_out, forecast_and_wait, of_amount, scores
from ui import part
from ui.frame import shown
from ui.odds import window_card
from ui.parts import downloads, drawing, links

HERE = Path(__file__).parent

store = shown.store()
links.refuse_unknown(["amount", "of"], "Outlook")
st.title("Outlook")
then = "now" if store.at is None else "then"
st.markdown(f"When an unstake made {then} would be paid, and how good such odds have been.")
odds = scored.odds_of(store)

if odds is None:
    window_card.unscored(store)
else:
    part.draw(of_amount.show, store)

    st.subheader("How good such odds have been")
    st.markdown(drawing.once(odds.scores_key, scores.summary, odds))
    drawing.once(odds.scores_key, scores.calibration, odds)
    drawing.once(odds.scores_key, forecast_and_wait.scatter, odds)
    downloads.offer_scores(store, WHEN_MADE)

    st.subheader("Beside other answers")
    part.draw(beside.show, store)
    st.caption(scores.provenance(odds))

    st.subheader("What was forecast here, and how it came out")
    came_out.show(store)

st.subheader("How the odds are made")
st.markdown((HERE / "how.md").read_text())
with st.expander("When there is no date, and why"):
    st.markdown((HERE / "no_date.md").read_text())
