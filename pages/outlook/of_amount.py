"""What the Outlook page says of the amount that is asked about: all that moves with it."""

from __future__ import annotations

import streamlit as st

from answers import scored, window_words
from answers.store_view import StoreView
from pages.outlook import amount, money, since_then
from ui.odds import window_card
from ui.parts import drawing


def show(store: StoreView) -> None:
    """The amount's input, its window, the odds beside it, and the money that they rest on."""
    notices = st.container()
    odds = scored.odds_of(store)
    if odds is None:  # they were there a moment ago
        st.rerun()
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
