"""The day of the past that a link asks for under `at`: shown, told above the page, and left again.

A session keeps it from page to page, as it does the network, until it is left.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime, timedelta

import streamlit as st

from answers import past, past_odds, scored, words
from answers.past import Plan
from answers.sources import Source
from answers.store_view import StoreView
from data import PastError
from ui.odds import progress
from ui.parts import links

_SHOWN, _SLIDER = links.SHOWN_AT, "day of the past"
_LONG_S = 5.0


def moment_of(page: str) -> str | None:
    """What the link names under `at`, or what the session showed on the page before; None for
    today. A page that is of today says so and drops it."""
    text = st.query_params.get("at")
    if text is None and not links.went_back():
        text = st.session_state.get(_SHOWN)
    if text is not None and page in links.OF_TODAY:
        st.info(f"This page shows today only: `at={links.plain(text)}` has left the link.")
        text = None
    if text is None:
        forget()
    return text


def opened(source: Source, moment: str, now: datetime) -> StoreView | None:
    """The store as of that moment, built with a spinner where it is not kept; None where it cannot
    be shown, which a notice says. Raises StoreError."""
    try:
        plan = past.plan(source, moment, now)
        with st.spinner(_building(plan)) if plan.logs else nullcontext():
            view = past.open_at(source, moment, now)
    except PastError as error:
        forget()
        st.warning(
            f"The link asks for `at={links.plain(moment)}`, which cannot be shown: "
            f"{words.fault(str(error))}. Showing today."
        )
        return None
    assert view.at is not None
    st.session_state[_SHOWN] = view.at.moment
    if st.query_params.get("at") != view.at.moment:
        links.rewrite("at", view.at.moment)
    return view


def _building(plan: Plan) -> str:
    text = "Rebuilding the store as it was then, from its logs."
    if plan.seconds < _LONG_S:
        return text
    about = words.duration(max(plan.seconds, 60) / 86_400)
    return f"{text} They are {plan.logs:,}: it takes about {about}, once."


def have_scored(view: StoreView) -> None:
    """Have the odds of that day scored, where this server scores any."""
    if progress.is_on() and scored.scores_of(view) is None:
        past_odds.score(view)


def forget() -> None:
    """Show today from now on."""
    st.session_state.pop(_SHOWN, None)
    if "at" in st.query_params:
        links.rewrite("at", None)


def label(view: StoreView) -> None:
    """Of which moment every figure is, and the way back to today; nothing of a present view."""
    if view.at is None:
        return
    info, day = view.info, view.at.day
    block, time = f"block {info.synced_block:,}", words.moment(info.synced_at)
    if day is not None:
        older = info.synced_at is not None and info.synced_at.date() < day
        newest = f", the newest known by then, of {time}" if older else ""
        text = f"**As of {words.day(day)}**, {block}{newest}. Every figure is of that day's end."
    elif view.at.is_exact:
        text = f"**As of {block}**, {time}. Every figure is of then."
    else:
        text = f"**As of {block}**. The newest log up to it is of {time}. Every figure is of then."
    with st.container(
        key="past-day", border=True, horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.markdown(f":material/history: {text}", width="stretch")
        st.button("Back to today", on_click=_leave)


def _leave() -> None:
    """In a callback: a choice of the visitor's, so a step to go back from."""
    st.session_state.pop(_SHOWN, None)
    st.session_state.pop(_SLIDER, None)
    st.query_params.pop("at", None)


def slider(view: StoreView) -> None:
    """Any day that the store knows whole, and today at the end, bound to `at` in the link."""
    present = view if view.at is None else view.at.present
    days = past.days(present)
    if days is None:
        return
    first, last = days
    today = last + timedelta(days=1)
    shown = today
    if view.at is not None and view.info.synced_at is not None:
        of_block = view.info.synced_at.date()
        shown = min(max(view.at.day or of_block, first), last)
    st.session_state[_SLIDER] = shown
    st.slider(
        "Any day of the past",
        first,
        today,
        key=_SLIDER,
        format="D MMM YYYY",
        on_change=_take,
        args=(today,),
        help="The page as it was at the end of that day. The right end is today.",
    )


def _take(today: date) -> None:
    chosen: date = st.session_state[_SLIDER]
    if chosen >= today:
        _leave()
    else:
        st.session_state[_SHOWN] = str(chosen)
        st.query_params["at"] = str(chosen)
