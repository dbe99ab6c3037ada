"""This tracker's odds beside other answers, for the forecasts that are chosen."""

from __future__ import annotations

import streamlit as st

from answers import scored
from answers.files import SCORES
from answers.store_view import StoreView
from pages.outlook import metrics, scores
from ui.parts import downloads, drawing


def show(store: StoreView) -> None:
    """Which forecasts, and how each answer did on them, with all scores as files."""
    notices = st.container()
    odds = scored.odds_of(store)
    if odds is None:  # they were there a moment ago
        st.rerun()
    slice_name = scores.slice_input(odds, notices)
    if drawing.once((odds.scores_key, slice_name), scores.compared, odds, slice_name):
        downloads.offer_scores(store, SCORES)
        metrics.explain()
