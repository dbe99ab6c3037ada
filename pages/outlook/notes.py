"""What stands behind the odds, in plain words: how they are made, and why some are refused."""

from __future__ import annotations

import streamlit as st

from ui.odds import window_card
from ui.odds.scored import FAN_DAYS, Odds
from ui.parts import words


def how_they_are_made() -> None:
    """The model, and each kind of answer."""
    st.subheader("How the odds are made")
    st.markdown(
        "Requests are paid whole and in strict order, so a request is paid once enough money has "
        "come for it and all before it. Later requests cannot delay it. What has to be forecast is "
        "the money alone:\n\n"
        "1. The past gives batches of money: what each brought, and how long the next one took.\n"
        "2. A thousand futures are drawn from them in runs of about ten, so that busy and quiet "
        "times stay together, scaled to the last 90 days. The time since the last batch counts.\n"
        "3. The level of each future is moved up or down by as much as inflows have changed in "
        "the past: without this, windows are too narrow.\n"
        "4. Lock-ups that are known to end bring money on their day, where they did so before.\n"
        "5. In each future it is looked up when enough has come. The odds are the share of futures."
    )
    with st.expander("When there is no date, and why"):
        st.markdown(
            "- **Already in the pool**: nothing has to come. The operator's next run pays it.\n"
            f"- **Longer than {FAN_DAYS} days**: more than one future in twenty does not pay it by "
            "then. The chance by then is told, and no later date: nobody could hold it.\n"
            "- **Suspended**: no money has come for longer than 99 % of all pauses before. The "
            "past then says little about when it comes again.\n"
            "- **Too little history**: fewer than ten batches of money, or less than sixty days.\n"
            "- **Unknown**: an amount before it is not known, so neither is what has to come.\n"
            "- **Undecided** stands by a score from fewer than 60 payout batches: requests paid in "
            "one run waited for the same money, so they count as one observation.\n\n"
            "Where the pool's balance was not read at the last block, each future believes in "
            "another part of what may be there. That widens the window. Past forecasts are "
            "scored without it, as balances are in no log."
        )


def scored(now: Odds) -> None:
    """Which scores these are."""
    about = now.scores.about
    st.caption(
        f"Scored on {words.moment(about.made_at)} in {about.seconds:.0f} s, up to block "
        f"{about.block:,} of {words.moment(about.as_of)}: {about.origins:,} forecasts, model "
        f"{about.model_version}. Scored anew after a sync that brings enough new payouts, or with "
        f"`{window_card.backtest_command(now.view.source)}`."
    )
