"""Outlook: when an amount asked for now is paid, and how good such odds have been."""

import streamlit as st

from pages.outlook import amount, money, notes, scores
from ui.odds import scored, shown_forecasts, window_card, window_words
from ui.parts import drawing, links
from ui.shown import store_view

store = store_view.shown()
links.refuse_unknown(["amount", "of"], "Outlook")
st.title("Outlook")
st.markdown("When an unstake asked for now would be paid, and how good such odds have been.")
now = scored.odds_of(store)

if now is None:
    window_card.unscored(store.source)
else:
    notices = st.container()
    payout_ftm = amount.amount_input(notices)
    window = now.present.new_window(payout_ftm)
    st.markdown(window_words.sentence(window))
    amount.tiles(now, window, payout_ftm)
    if window is not None and window_words.has_dates(window):
        window_card.picture(window, now.at)
    window_card.late(now)

    st.subheader("Odds by amount and day")
    drawing.once((now.key, payout_ftm), amount.odds_by_amount, now, payout_ftm)

    st.subheader("The money they rest on")
    if now.has_futures:
        drawing.once((now.key, payout_ftm), money.draw, now, payout_ftm)
    st.caption(money.source_note(now))

    st.subheader("How good such odds have been")
    st.markdown(drawing.once(now.key, scores.summary, now))
    drawing.once(now.key, scores.calibration, now)

    st.subheader("Beside other answers")
    of = scores.slice_input(now, notices)
    if drawing.once((now.key, of), scores.compared, now, of):
        scores.offer(now)
    drawing.once((now.key, store.source.name), notes.scored, now)
    shown_forecasts.came_out(now)

notes.how_they_are_made()
