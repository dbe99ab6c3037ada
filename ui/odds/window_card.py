"""A release window on a page: the sentence, its picture, and how such windows have held."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

import altair as alt
import polars as pl
import streamlit as st

from data.config import default_store, network_names, settings
from forecast import ReleaseWindow
from forecast.backtest import MODEL
from forecast.baselines import OFFICIAL_DAYS
from ui.odds import official, one_source, scored, shown_forecasts, window_words
from ui.odds.scored import Odds
from ui.parts import drawing, links, words
from ui.parts.charts import NO_TOOLTIP, dates_axis, layered
from ui.parts.colours import AMBER, BLUE, GREY
from ui.shown.sources import Source

_QUANTILES = {"low": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "high": 0.95}
_TOOLTIPS = {"low": "5 %", "q25": "25 %", "q50": "Even odds", "q75": "75 %", "high": "95 %"}


def show(odds: Odds, window: ReleaseWindow | None, asked_at: datetime, amount: str = "") -> None:
    """The window of a request that was, or would be, asked for at `asked_at`."""
    st.markdown(sentence(odds, window, asked_at))
    if window_words.has_dates(window):
        picture({"": window}, asked_at)
    behind(odds, amount, has_odds=window_words.has_odds(window))


def sentence(odds: Odds, window: ReleaseWindow | None, asked_at: datetime) -> str:
    """The window in words, with the chance before the chain's reported end while that is ahead."""
    text = window_words.sentence(window, asked_at)
    return f"{text} {window_words.before(window, odds.store.ending.ahead)}".rstrip()


def picture(windows: Mapping[str, ReleaseWindow], asked_at: datetime) -> None:
    """Windows by name, each on a line of dates, and how to read them; a single one needs no name.

    All have dates, were forecast at one moment, and are of requests `asked_at` one moment.
    """
    at = next(iter(windows.values())).curve.at
    spans = pl.DataFrame([{"name": name, **_dates(window)} for name, window in windows.items()])
    texts = {name: window_words.sentence(window, asked_at) for name, window in windows.items()}
    text = "; ".join(f"{name}: {text}" if name else text for name, text in texts.items())
    to_come = official.end(asked_at) if official.days_left(asked_at, at) >= 0 else None
    drawing.draw(window_chart, spans, at=at, promised_at=to_come, alt=text.replace("*", ""))
    dashed = f" Dashed: the official {OFFICIAL_DAYS} days end." if to_come else ""
    open_end = ""
    if any(math.isinf(window.quantile(0.95)) for window in windows.values()):
        last = words.day(at + timedelta(days=scored.FAN_DAYS))
        open_end = f" What reaches {last} ends later, at no date that is given."
    st.caption(
        "Thin: nine futures in ten. Thick: half of them. Amber: even odds. Grey: the last block."
        f"{dashed}{open_end}"
    )


def _dates(window: ReleaseWindow) -> dict[str, datetime]:
    """A window's quantiles as moments, by the columns of a picture, at most the horizon's."""
    return {
        name: window_words.moment(window, min(window.quantile(p), window.horizon_days))
        for name, p in _QUANTILES.items()
    }


def window_chart(
    spans: pl.DataFrame, *, at: datetime, promised_at: datetime | None
) -> alt.LayerChart:
    """One row a request: thin from `low` to `high` (90 %), thick from `q25` to `q75`, a tick at
    `q50`; `name` says whose it is. A grey rule is `at`, a dashed one the official answer's end."""
    named = spans["name"].to_list() != [""]
    tooltip = [
        alt.Tooltip(f"{column}:T", title=title, format="%-d %b %Y")
        for column, title in _TOOLTIPS.items()
    ]
    rows = alt.Chart(spans).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=110) if named else None),
        tooltip=tooltip,
    )
    thin = rows.mark_bar(height=6, opacity=0.45, color=BLUE, cornerRadius=3)
    thick = rows.mark_bar(height=16, opacity=0.8, color=BLUE, cornerRadius=3)
    middle = rows.mark_tick(thickness=3, height=24, color=AMBER)
    rules = [
        alt.Chart(pl.DataFrame({"at": [moment]}))
        .mark_rule(color=GREY, strokeDash=dash)
        .encode(x="at:T", tooltip=NO_TOOLTIP)
        for moment, dash in ((at, [1, 0]), (promised_at, [4, 3]))
        if moment is not None
    ]
    layers = [
        thin.encode(x=dates_axis("low"), x2="high:T"),
        thick.encode(x="q25:T", x2="q75:T"),
        middle.encode(x="q50:T"),
        *rules,
    ]
    return layered(layers, 34 * spans.height + 44)


def behind(odds: Odds, amount: str = "", *, has_odds: bool = True) -> None:
    """How past windows have held, where a window `has_odds`, and a link to how they are made."""
    late(odds)
    if scores := shown_forecasts.failing_scores(odds):
        shown_forecasts.alarm(scores)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if has_odds:
            st.caption(_record(odds), width="content")
        query = {"network": odds.store.source.name} | ({"amount": amount} if amount else {})
        st.page_link(
            links.page("outlook"), label="How these odds are made and scored", query_params=query
        )


def late(odds: Odds) -> None:
    """A warning where the last block is more than a day old, or a note where it is the last; and
    where the claims that the odds are made of rest on one source."""
    if alone := one_source.note(odds.store):
        st.caption(alone)
    if odds.store.ending.rests:
        st.caption(
            f"This is as of {words.moment(odds.at)}, the last block read, and holds only if the "
            "chain goes on."
        )
    elif odds.behind_days > 1:
        st.warning(
            f"These odds are as of {words.moment(odds.at)}, "
            f"{words.duration(odds.behind_days)} ago, and count from then. Sync first: what "
            "came and was paid since is not in them."
        )


def _record(odds: Odds) -> str:
    """The share of past windows that held, in a sentence."""
    rows = odds.scores.table.filter(model=MODEL, slice="all", metric="covered_90")
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
    remedy = (
        "The app scores them in the background after a sync, which takes a minute or two, and "
        "this page then shows them by itself."
    )
    if settings().scoring == "off":
        remedy = f"`{backtest_command(source)}` scores them."
    st.info(
        "The odds on this store have not been scored yet, and unscored odds are not shown. "
        f"{remedy}"
    )


def backtest_command(source: Source) -> str:
    """The command that scores a store in a terminal."""
    usual = source.name in network_names() and source.path == default_store(source.name)
    store = f"NETWORK={source.name}" if usual else f"STORE={words.inside(source.path)}"
    return f"make backtest {store}"
