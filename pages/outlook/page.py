"""Outlook: when an amount unstaked now is paid, and how good such odds have been."""

from pathlib import Path

import streamlit as st

from answers import scored, window_words
from answers.files import SCORES, WHEN_MADE
from pages.outlook import amount, came_out, metrics, money, said_came, scores, since_then
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
    notices = st.container()
    payout_ftm = amount.amount_input(notices)
    window = odds.present.new_window(payout_ftm)
    st.markdown(window_card.sentence(odds, window, odds.now))
    amount.tiles(odds, window, payout_ftm)
    if window_words.has_dates(window):
        window_card.picture({"": window}, odds.now)
    window_card.late(odds)
    if store.at is None:
        amount.way_on(store.source.name, payout_ftm)
    else:
        drawing.once((odds.key, store.at.present.version), since_then.show, odds)

    st.subheader("Odds by amount and day")
    drawing.once((odds.key, payout_ftm), amount.odds_by_amount, odds, payout_ftm)

    st.subheader("The money they rest on")
    if odds.has_futures:
        drawing.once((odds.key, payout_ftm), money.draw, odds, payout_ftm)
    st.caption(money.source_note(odds))

    st.subheader("How good such odds have been")
    st.markdown(drawing.once(odds.scores_key, scores.summary, odds))
    drawing.once(odds.scores_key, scores.calibration, odds)
    drawing.once(odds.scores_key, said_came.scatter, odds)
    downloads.offer_scores(store, WHEN_MADE)

    st.subheader("Beside other answers")
    slice_name = scores.slice_input(odds, notices)
    if drawing.once((odds.scores_key, slice_name), scores.compared, odds, slice_name):
        downloads.offer_scores(store, SCORES)
        metrics.explain()
    st.caption(scores.provenance(odds))

    st.subheader("What was forecast here, and how it came out")
    came_out.show(store)

st.subheader("How the odds are made")
st.markdown((HERE / "how.md").read_text())
with st.expander("When there is no date, and why"):
    st.markdown((HERE / "no_date.md").read_text())
