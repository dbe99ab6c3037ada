"""A release window on a page: the sentence, its picture, and how such windows have held."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from answers import logged, official, one_source, past_odds, scored, window_words, words
from answers.scored import Odds
from answers.sources import Source
from answers.store_view import StoreView
from data.config import default_store, is_public, network_names, settings
from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS
from ui.odds import alarm, progress, window_chart
from ui.parts import drawing, links


def show(
    odds: Odds, window: ReleaseWindow | None, requested_at: datetime, amount: str = ""
) -> None:
    """The window of a request that was, or would be, made at `requested_at`."""
    st.markdown(sentence(odds, window, requested_at))
    if window_words.has_dates(window):
        picture({"": window}, requested_at)
    behind(odds, amount, has_odds=window_words.has_odds(window))


def sentence(odds: Odds, window: ReleaseWindow | None, requested_at: datetime) -> str:
    """The window in words, with the chance before the chain's reported end while that is ahead."""
    text = window_words.sentence(window, requested_at)
    return f"{text} {window_words.before(window, odds.store.ending.ahead)}".rstrip()


def picture(windows: Mapping[str, ReleaseWindow], requested_at: datetime) -> None:
    """Windows by name, each on a line of dates, and how to read them; a single one needs no name.

    All have dates, were forecast at one moment, and are of requests made at one moment.
    """
    first = next(iter(windows.values()))
    at, horizon_days = first.curve.at, first.horizon_days
    texts = {name: window_words.sentence(window, requested_at) for name, window in windows.items()}
    text = "; ".join(f"{name}: {text}" if name else text for name, text in texts.items())
    to_come = 0 <= official.days_left(requested_at, at) <= horizon_days
    chart = window_chart.window_chart(
        window_chart.rows(windows),
        at=at,
        promised_at=official.end(requested_at) if to_come else None,
        horizon_days=horizon_days,
    )
    drawing.show(chart, alt=text.replace("*", ""))
    dashed = f" Dashed: end of the official {OFFICIAL_DAYS} days." if to_come else ""
    open_end = ""
    if any(math.isinf(window.quantile(0.95)) for window in windows.values()):
        open_end = f" An arrow: it goes on {window_words.beyond(first)}."
    st.caption(
        "Thin bar: 90 % range. Thick bar: middle half. Orange: 50 % chance by then. Grey: newest "
        f"data.{dashed}{open_end}"
    )


def behind(odds: Odds, amount: str = "", *, has_odds: bool = True) -> None:
    """How past windows have held, where a window `has_odds`, and a link to how they are made."""
    late(odds)
    if scores := logged.failing_scores(odds):
        alarm.show(scores)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if has_odds:
            st.caption(_record(odds), width="content")
        query = odds.store.link | ({"amount": amount} if amount else {})
        st.page_link(
            links.page("outlook"), label="How these odds are made and scored", query_params=query
        )


def late(odds: Odds) -> None:
    """A warning where the last block is more than a day old, or a note where it is the last; and
    where the claims that the odds are made of rest on one source, or a first verdict is shown."""
    if alone := one_source.note(odds.store):
        st.caption(alone)
    progress.provisional(odds.store, odds.scores)
    if odds.store.ending.rests:
        st.caption(
            f"As of {words.moment(odds.at)}, the newest block here. It holds only if the chain "
            "goes on."
        )
    elif odds.behind_days > 1:
        st.warning(
            f"These odds are {words.duration(odds.behind_days)} old: they count from "
            f"{words.moment(odds.at)}, and what came in and was paid since is not in them."
        )


def _record(odds: Odds) -> str:
    """The share of past windows that held, in a sentence."""
    held = scored.held(odds.scores)
    if held is None:
        return (
            "Not checked yet: no past forecast is old enough to be judged. Take these odds as "
            "undecided."
        )
    undecided = "" if held["decided"] else f" Undecided: only {held['batches']} payout batches."
    return (
        f"Checked on {words.plural(held['n'], 'past request')}: for {words.share(held['value'])} "
        f"the 90 % range held.{undecided}"
    )


def unscored(store: StoreView) -> None:
    """What stands where a window would, while the odds are not scored."""
    source = store.source
    if store.at is not None:
        _unscored_then(store)
        return
    text = "We test our estimates on past requests before we show them."
    if settings().scoring == "on":
        text += " First odds take some seconds; this box fills in by itself."
        progress.tell_running(source.path, text)
    elif is_public():
        st.info(f"{text} They are not ready yet.")
    else:
        st.info(f"{text} This command tests them: `{backtest_command(source)}`.")


def _unscored_then(store: StoreView) -> None:
    """The same, on a day of the past."""
    if past_odds.is_being_scored(store):
        progress.tell_running(
            store.source.path,
            "The odds of that day are tested on requests of before it, by what was known then. It "
            "takes some seconds; this box fills in by itself.",
        )
    elif fault := past_odds.fault(store):
        st.info(f"The odds of that day could not be tested: {words.fault(fault)}.")
    else:
        path = shlex.quote(words.inside(store.source.path))
        command = f"`.venv/bin/python -m scoring --first --store {path}`"
        again = words.to_operator(f": {command} does it, and this page then shows them")
        st.info(f"The odds of a past day are not tested by this server{again}.")


def backtest_command(source: Source) -> str:
    """The command that scores a store in a terminal."""
    usual = source.name in network_names() and source.path == default_store(source.name)
    store = f"NETWORK={source.name}" if usual else f"STORE={words.inside(source.path)}"
    return f"make backtest {store}"
