"""The forecasts that the scorer logged, scored when their time comes."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import polars as pl

from answers.scored import Odds
from answers.sources import Version
from answers.store_view import StoreView, SupersededError, fetched
from data import StoreError
from data.config import settings
from scoring.forecast_log import LEVELS, SCHEMA, log_of, read_log
from scoring.live_scores import LiveScores, live_scores

_LIKELY, _EVEN = LEVELS.index(0.9), LEVELS.index(0.5)
_SCORING = threading.Lock()  # a long log takes seconds: whoever asks meanwhile waits for it
_ESTIMATE = pl.col("kind").is_in(["next_batch", "batches", "beyond_horizon"])


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
    size = log_size(path)
    if not size:
        return None
    lines = _log(path, size).filter(wr_id=wr_id, chain_id=store.info.chain_id)
    first = lines.filter(pl.col("quantiles").list.len() > _LIKELY).head(1)
    if not first.height or (days := first["quantiles"][0][_LIKELY]) is None:
        return None
    at: datetime = first["forecast_at"][0]
    return at, at + timedelta(days=days)


def estimates(store: StoreView, wr_id: int) -> pl.DataFrame:
    """What was logged of a request, oldest first: see `estimates_of`. Raises StoreError."""
    return estimates_of(store, [wr_id]).drop("wr_id")


def estimates_of(store: StoreView, ids: Collection[int]) -> pl.DataFrame:
    """What was logged of these requests, oldest first: `wr_id`, `forecast_at`, `most_by` and
    `half_by`, the days of a 90 % and a 50 % chance, null after `last_day`, the last that was
    forecast. What was no estimate is left out. Raises StoreError."""
    path = store.source.path
    size = log_size(path)
    if not size:
        return _NONE_LOGGED
    of_them = _log(path, size).filter(pl.col("wr_id").is_in(ids), chain_id=store.info.chain_id)
    return _dated(of_them.filter(_ESTIMATE))


def new_estimates(store: StoreView, new_ftm: float) -> pl.DataFrame:
    """What was logged of an unstake of `new_ftm` that nobody made, the newest of each day, oldest
    first: `forecast_at`, `half_days` and `most_days`, the days to a 50 % and a 90 % chance, null
    past the horizon. What was no estimate is left out. Raises StoreError."""
    path = store.source.path
    size = log_size(path)
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
        "wr_id",
        "forecast_at",
        most_by=day(pl.col("quantiles").list.get(_LIKELY, null_on_oob=True)),
        half_by=day(pl.col("quantiles").list.get(_EVEN, null_on_oob=True)),
        last_day=day(pl.col("horizon_days")),
    )


_NONE_LOGGED = _dated(pl.DataFrame(schema=SCHEMA))


def nothing_logged(store: StoreView) -> str:
    """Why no earlier estimate can be shown."""
    if store.at is not None:
        return "How the estimate moved is on the page of today."
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
    info, size = store.info, log_size(store.source.path)
    if not size or info.synced_at is None:
        return None
    with _SCORING:
        return _scores(store.version, size, info.chain_id, info.synced_at)


@lru_cache(maxsize=4)
def _scores(version: Version, size: int, chain_id: int, at: datetime) -> LiveScores | None:
    lines = _log(Path(version[0]), size).filter(chain_id=chain_id)
    if lines.is_empty():
        return None
    needs = fetched(version, "request_needs").unique("wr_id", keep="first", maintain_order=True)
    return live_scores(lines, needs.select("wr_id", "requested_at", "released_at"), at)


@lru_cache(maxsize=4)
def _log(store_path: Path, size: int) -> pl.DataFrame:
    return read_log(store_path).frame


def log_size(store_path: Path) -> int:
    """The size of the log beside a store, which changes with every line; 0 where there is none."""
    try:
        return log_of(store_path).stat().st_size
    except OSError:
        return 0
