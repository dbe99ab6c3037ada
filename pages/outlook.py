"""Outlook: when an amount asked for now is paid, and how good such odds have been."""

import streamlit as st

from ui import (
    odds,
    outlook_money,
    outlook_notes,
    outlook_parts,
    score_parts,
    shown_forecasts,
    store_view,
    window_card,
    window_words,
)

store = store_view.shown()
st.title("Outlook")
st.markdown("When an unstake asked for now would be paid, and how good such odds have been.")
now = odds.of(store)

if now is None:
    window_card.unscored(store.source)
else:
    notices = st.container()
    payout_ftm = outlook_parts.amount_input(notices)
    window = now.present.new_window(payout_ftm)
    st.markdown(window_words.sentence(window))
    outlook_parts.tiles(now, window, payout_ftm)
    if window is not None and window_words.has_dates(window):
        window_card.picture(window, now.at)
    window_card.late(now)

    st.subheader("Odds by amount and day")
    outlook_parts.odds_by_amount(now, payout_ftm)

    st.subheader("The money they rest on")
    if now.has_futures:
        outlook_money.draw(now, payout_ftm)
    st.caption(outlook_money.source_note(now))

    st.subheader("How good such odds have been")
    st.markdown(score_parts.summary(now))
    score_parts.calibration(now)

    st.subheader("Beside other answers")
    score_parts.compared(now, score_parts.slice_input(now, notices))
    outlook_notes.scored(now)
    shown_forecasts.came_out(now)

outlook_notes.how_they_are_made()
