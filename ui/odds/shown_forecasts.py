"""The forecasts that the scorer logged, scored when their time comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import streamlit as st

from data import StoreError
from data.config import settings
from scoring.forecast_log import LEVELS, SCHEMA, log_of, read_log
from scoring.live_scores import ALARM_BATCHES, ALARM_BELOW, LiveScores, live_scores
from ui.odds.scored import Odds
from ui.parts import words
from ui.shown.sources import Version
from ui.shown.store_view import StoreView, SupersededError

_LIKELY, _EVEN = LEVELS.index(0.9), LEVELS.index(0.5)
_ESTIMATE = pl.col("kind").is_in(["next_batch", "batches", "beyond_horizon"])


def alarm(scores: LiveScores) -> None:
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


def failing_scores(odds: Odds) -> LiveScores | None:
    """The scores, where their alarm is on. Why there may be none stands on the Outlook page."""
    if odds.store.info.simulated:
        return None
    try:
        scores = scores_of(odds.store)
    except SupersededError:
        raise
    except StoreError:
        return None
    return scores if scores and scores.alarm.on else None


def first_forecast(store: StoreView, wr_id: int) -> tuple[datetime, datetime] | None:
    """When a request was first forecast here, and the moment by which it had a 90 % chance."""
    path = store.source.path
    size = _log_size(path)
    if not size:
        return None
    lines = _log(path, size).filter(wr_id=wr_id, chain_id=store.info.chain_id)
    first = lines.filter(pl.col("quantiles").list.len() > _LIKELY).head(1)
    if not first.height or (days := first["quantiles"][0][_LIKELY]) is None:
        return None
    at: datetime = first["forecast_at"][0]
    return at, at + timedelta(days=days)


def estimates(store: StoreView, wr_id: int) -> pl.DataFrame:
    """What was logged of a request, oldest first: `forecast_at`, `most_by` and `half_by`, the days
    of a 90 % and a 50 % chance, null after `last_day`, the last that was forecast. What was no
    estimate is left out. Raises StoreError."""
    path = store.source.path
    size = _log_size(path)
    if not size:
        return _dated(pl.DataFrame(schema=SCHEMA))
    of_it = _log(path, size).filter(wr_id=wr_id, chain_id=store.info.chain_id)
    return _dated(of_it.filter(_ESTIMATE))


def new_estimates(store: StoreView, new_ftm: float) -> pl.DataFrame:
    """What was logged of an unstake of `new_ftm` that nobody made, the newest of each day, oldest
    first: `forecast_at`, `half_days` and `most_days`, the days to a 50 % and a 90 % chance, null
    past the horizon. What was no estimate is left out. Raises StoreError."""
    path = store.source.path
    size = _log_size(path)
    lines = _log(path, size) if size else pl.DataFrame(schema=SCHEMA)
    of_it = lines.filter(new_ftm=new_ftm, chain_id=store.info.chain_id)
    return (
        of_it.filter(_ESTIMATE)
        .sort("forecast_at", "block")
        .unique(pl.col("forecast_at").dt.date(), keep="last", maintain_order=True)
        .select(
            "forecast_at",
            half_days=pl.col("quantiles").list.get(_EVEN, null_on_oob=True),
            most_days=pl.col("quantiles").list.get(_LIKELY, null_on_oob=True),
        )
    )


def _dated(lines: pl.DataFrame) -> pl.DataFrame:
    at = pl.col("forecast_at")

    def day(days: pl.Expr) -> pl.Expr:
        return (at + pl.duration(microseconds=days * 86_400e6)).dt.date()

    return lines.sort("forecast_at", "block").select(
        "forecast_at",
        most_by=day(pl.col("quantiles").list.get(_LIKELY, null_on_oob=True)),
        half_by=day(pl.col("quantiles").list.get(_EVEN, null_on_oob=True)),
        last_day=day(pl.col("horizon_days")),
    )


def nothing_logged(store: StoreView) -> str:
    """Why no earlier estimate can be shown."""
    if store.info.simulated:
        return "How the estimate moved is not known: estimates of a simulation are not logged."
    if settings().forecast_log == "off":
        return "How the estimate moved is not known: estimates are not logged here."
    return (
        "How the estimate moved is not known yet: none was logged so far. After a sync one "
        "is kept, at most once a day."
    )


def scores_of(store: StoreView) -> LiveScores | None:
    """The scores of what was logged; None where nothing was yet. Raises StoreError."""
    info, size = store.info, _log_size(store.source.path)
    if not size or info.synced_at is None:
        return None
    return _scores(store.version, size, store, info.chain_id, info.synced_at)


@st.cache_resource(max_entries=4, show_spinner="Scoring the forecasts that were logged")
def _scores(
    version: Version, size: int, _store: StoreView, _chain_id: int, _at: datetime
) -> LiveScores | None:
    lines = _log(_store.source.path, size).filter(chain_id=_chain_id)
    if lines.is_empty():
        return None
    needs = _store.fetch("request_needs").unique("wr_id", keep="first", maintain_order=True)
    return live_scores(lines, needs.select("wr_id", "requested_at", "released_at"), _at)


@st.cache_resource(max_entries=4, show_spinner=False)
def _log(store_path: Path, size: int) -> pl.DataFrame:
    return read_log(store_path).frame


def _log_size(store_path: Path) -> int:
    """The size of the log beside a store, which changes with every line; 0 where there is none."""
    try:
        return log_of(store_path).stat().st_size
    except OSError:
        return 0
