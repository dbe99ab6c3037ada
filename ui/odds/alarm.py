"""Whether the newest 90 % ranges that were logged still hold."""

from __future__ import annotations

import streamlit as st

from answers import logged, words
from answers.scored import Odds
from scoring.live_scores import ALARM_BATCHES, ALARM_BELOW, LiveScores


def show(scores: LiveScores) -> None:
    """Whether the newest 90 % windows still hold; no verdict while there are too few."""
    verdict = scores.alarm
    if verdict.on is None:
        st.caption(
            f"No verdict on the 90 % ranges yet: {verdict.batches} of {ALARM_BATCHES} payout "
            "batches have fallen due."
        )
    elif verdict.on:
        st.error(
            f"Of the 90 % ranges that fell due last, over {verdict.batches} payout batches, only "
            f"{words.share(verdict.coverage)} held. Below {words.share(ALARM_BELOW)} they are not "
            "to be relied on.",
            title="These odds no longer hold",
        )
    else:
        st.markdown(
            f"Of the 90 % ranges that fell due last {words.share(verdict.coverage)} held, over "
            f"{verdict.batches} payout batches. Below {words.share(ALARM_BELOW)} is an alarm."
        )


def brief(odds: Odds) -> str:
    """A warning where the newest windows no longer hold; "" where they do, or nobody knows yet."""
    if logged.failing_scores(odds) is None:
        return ""
    return "These odds no longer hold: too few of the newest 90 % ranges did."
