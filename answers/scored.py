"""The odds on a store, with their scores: odds without scores are not shown.

The scores lie in a file beside the store. A backtest replaces it when there is enough new.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import polars as pl

from answers import window_words
from answers.sources import Source, Version, scores_version
from answers.store_view import StoreView, answer_of
from answers.words import days_between
from data import StoreError
from forecast import ForecastError
from forecast.backtest import MODEL
from forecast.present import Present, read_present
from forecast.window import HORIZON_DAYS
from scoring.companion import Scores, read_scores
from scoring.run import model_version

RESTS_ON = "money_ahead"  # the first of the queries that odds are made of
FAN_DAYS = round(HORIZON_DAYS)  # no date is given beyond
_FARTHEST_END_DAYS = 240.0
MOST_WINDOWS = 500


@dataclass(frozen=True, eq=False)
class Odds:
    """What is forecast at a store's last block, and how such forecasts have scored."""

    store: StoreView
    present: Present
    scores: Scores
    # The versions of the store and of its scores, and the chain's reported end.
    key: tuple[Version, tuple[int, int], date | None]

    @property
    def has_futures(self) -> bool:
        """Whether there are futures of the money that may be shown."""
        return self.present.curve.enough_history and not self.present.curve.stalled

    @property
    def scores_key(self) -> tuple[str, tuple[int, int]]:
        """Of what rests on the scores alone, which stay as they are from store to store."""
        version, scores, _ = self.key
        return version[0], scores

    @property
    def behind_days(self) -> float:
        """The age of a real chain's last block; 0 for a simulation, whose time stands still."""
        store = self.store
        return 0.0 if store.info.simulated else max(0.0, days_between(self.at, store.now))

    @property
    def at(self) -> datetime:
        """The moment from which all days are counted."""
        return self.present.curve.at

    @property
    def now(self) -> datetime:
        """The moment from which a new unstake's official days run: the last block's in a
        simulation, whose time stands still, else this hour's begin, as what was drawn is kept."""
        hour = self.store.now.replace(minute=0, second=0, microsecond=0)
        return self.at if self.store.info.simulated else max(self.at, hour)

    def day(self, days: float) -> date:
        """The day in UTC that is `days` from then."""
        return (self.at + timedelta(days=days)).date()


def scores_of(store: StoreView) -> Scores | None:
    """How odds on this store have scored; None while they are not, or another model's are there."""
    version = scores_version(store.source)
    scores = None if version is None else _read_scores(store.source, version)
    if scores is None or scores.about.model_version != model_version():
        return None
    return scores


def odds_of(store: StoreView) -> Odds | None:
    """The odds on this store; None while they are not scored. Raises StoreError."""
    version, at, scores = scores_version(store.source), store.info.synced_at, scores_of(store)
    if version is None or at is None or scores is None:
        return None
    horizon_days = _horizon_days(at, store.ending.ahead)
    for name, params in _inputs_of(scores.about.source):
        store.note(name, **params)
    present = _present(store.version, scores.about.source, at, horizon_days)
    key = (store.version, version, store.ending.ahead)
    return Odds(store, present, scores, key)


def _inputs_of(source: str) -> list[tuple[str, dict[str, str]]]:
    """The queries that odds rest on, with money of this `source`."""
    return [
        (RESTS_ON, {}),
        ("funding", {"source": source}),
        ("funding", {"source": "inflows"}),
        ("lock_up_ends", {}),
    ]


def _horizon_days(at: datetime, ends_on: date | None) -> float:
    """How far is forecast: up to the day on which the chain is to end, where that is later than the
    usual horizon and not much."""
    days = (window_words.begin(ends_on) - at) / timedelta(days=1) if ends_on else 0.0
    return days if HORIZON_DAYS < days <= _FARTHEST_END_DAYS else HORIZON_DAYS


# What is worked out of scores is kept with them: they are read once a version.
@lru_cache(maxsize=16)
def held(scores: Scores) -> dict[str, Any] | None:
    """For how many of all past requests the 90 % range held, a row of the scores' table; None where
    none is old enough to judge."""
    rows = scores.table.filter(model=MODEL, slice="all", metric="covered_90")
    return rows.row(0, named=True) if rows.height else None


def forecast_of(scores: Scores, wr_id: int) -> dict[str, Any] | None:
    """The first of `Scores.forecasts` of a request; None of one that was not forecast."""
    place = _places(scores).get(wr_id)
    return None if place is None else scores.forecasts.row(place, named=True)


@lru_cache(maxsize=8)
def _places(scores: Scores) -> dict[int, int]:
    ids = scores.forecasts["wr_id"].to_list()
    return {wr_id: place for place, wr_id in reversed(list(enumerate(ids)))}


@lru_cache(maxsize=8)
def _read_scores(source: Source, version: tuple[int, int]) -> Scores | None:
    return read_scores(source.path)


@lru_cache(maxsize=16)
def _present(version: Version, source: str, at: datetime, horizon_days: float) -> Present:
    ahead, funding, inflows, lock_ups = (
        answer_of(version, name, params) for name, params in _inputs_of(source)
    )
    try:
        return read_present(
            ahead.row(0, named=True), funding, inflows, lock_ups, source, at, horizon_days
        )
    except ForecastError as error:
        raise StoreError(f"the money that came cannot be forecast from: {error}") from error


def windows_of(odds: Odds, pending: pl.DataFrame) -> pl.DataFrame:
    """`wr_id`, `half_by`, `most_by`, `before` and `kind` for the first `MOST_WINDOWS` of `pending`.

    The days are those of a 50 % and a 90 % chance, null where there is none to give. `before`
    is the chance before the chain's reported end in words, "" where there is none. A null `kind`
    is a window that is not known.
    """
    rows = []
    first = pending.head(MOST_WINDOWS).select("wr_id", "ahead_ftm", "payout_ftm")
    for wr_id, ahead, payout in first.rows():
        window = odds.present.window(ahead, payout)
        days = [math.inf, math.inf]
        if window_words.has_odds(window):
            days = [window.quantile(0.5), window.quantile(0.9)]
        kind = None if window is None else window.kind
        dates = [odds.day(d) if math.isfinite(d) else None for d in days]
        before = window_words.chance_before(window, odds.store.ending.ahead)
        rows.append((wr_id, *dates, before, kind))
    schema = {"wr_id": pl.Int64, "half_by": pl.Date, "most_by": pl.Date}
    schema |= dict.fromkeys(("before", "kind"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")
