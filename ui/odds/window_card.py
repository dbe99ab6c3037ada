"""A release window on a page: the sentence, its picture, and what stands behind it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import polars as pl
import streamlit as st

from data.config import default_store, network_names, scores_stores
from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS
from ui.odds import scored, shown_forecasts, window_charts, window_words
from ui.odds.scored import Odds
from ui.parts import drawing, links, words
from ui.shown.sources import Source

_QUANTILES = {"low": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "high": 0.95}


def show(
    odds_now: Odds, window: ReleaseWindow | None, asked_at: datetime, amount: str = ""
) -> None:
    """The window of a request that was, or would be, asked for at `asked_at`."""
    st.markdown(window_words.sentence(window, asked_at))
    if window is not None and window_words.has_dates(window):
        picture(window, asked_at)
    behind(odds_now, amount, given=window_words.has_odds(window))


def picture(window: ReleaseWindow, asked_at: datetime) -> None:
    """The window on a line of dates."""
    spans = pl.DataFrame({"name": [""], **dates(window)})
    draw(
        spans,
        window.curve.at,
        asked_at,
        window_words.sentence(window, asked_at).replace("*", ""),
        beyond=math.isinf(window.quantile(0.95)),
    )


def draw(spans: pl.DataFrame, at: datetime, asked_at: datetime, alt: str, *, beyond: bool) -> None:
    """Windows (`name` and the columns of `dates`) seen `at`, and a note on how to read them;
    some of them reach `beyond` what is drawn."""
    official = asked_at + timedelta(days=OFFICIAL_DAYS)
    to_come = official >= at
    drawing.draw(
        window_charts.window, spans, at=at, promised_at=official if to_come else None, alt=alt
    )
    dashed = f" Dashed: the official {OFFICIAL_DAYS} days end." if to_come else ""
    open_end = ""
    if beyond:
        last = words.day(at + timedelta(days=scored.FAN_DAYS))
        open_end = f" What reaches {last} ends later, at no date that is given."
    st.caption(
        "Thin: nine futures in ten. Thick: half of them. Amber: even odds. Grey: the last block."
        f"{dashed}{open_end}"
    )


def dates(window: ReleaseWindow) -> dict[str, list[datetime]]:
    """The quantiles of a window as moments under their columns' names, at most the horizon's."""
    return {
        name: [window_words.moment(window, min(window.quantile(p), window.horizon_days))]
        for name, p in _QUANTILES.items()
    }


def behind(odds_now: Odds, amount: str = "", *, given: bool = True) -> None:
    """How the like of it has gone so far, if odds were `given`, and the way to how it is made."""
    late(odds_now)
    if failing := shown_forecasts.alarmed(odds_now):
        shown_forecasts.alarm(failing)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if given:
            st.caption(record(odds_now), width="content")
        link = {"network": odds_now.view.source.name} | ({"amount": amount} if amount else {})
        st.page_link(
            links.page("outlook"), label="How these odds are made and scored", query_params=link
        )


def late(odds_now: Odds) -> None:
    """A note where the last block is more than a day old: days are counted from there."""
    if odds_now.behind_days > 1:
        st.warning(
            f"These odds are as of {words.moment(odds_now.at)}, "
            f"{words.duration(odds_now.behind_days)} ago, and count from then. Sync first: what "
            "came and was paid since is not in them."
        )


def record(odds_now: Odds) -> str:
    """What share of past windows held, in a sentence."""
    rows = odds_now.scores.table.filter(model=scored.MODEL, slice="all", metric="covered_90")
    if not rows.height:
        return (
            "No forecast could be judged on this store yet: none is old enough. Take these odds "
            "as undecided."
        )
    held = rows.row(0, named=True)
    undecided = "" if held["decided"] else f" Undecided: only {held['batches']} payout batches."
    return (
        f"Of {held['n']:,} past forecasts {words.share(held['value'])} held their nine-in-ten "
        f"window ({words.share(held['low'])} to {words.share(held['high'])}).{undecided}"
    )


def unscored(source: Source) -> None:
    """What stands where a window would, while the odds are not scored."""
    waits = (
        "The app scores them in the background after a sync, which takes a minute or two, and "
        "this page then shows them by itself."
    )
    if not scores_stores():
        waits = f"`{backtest_command(source)}` scores them."
    st.info(f"{window_words.UNSCORED} {waits}")


def backtest_command(source: Source) -> str:
    """What scores a store in a terminal."""
    usual = source.name in network_names() and source.path == default_store(source.name)
    of = f"NETWORK={source.name}" if usual else f"STORE={words.inside(source.path)}"
    return f"make backtest {of}"
