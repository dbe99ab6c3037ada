"""Money with a date: stake whose lock-up is known to end, where such ends did bring money.

What came of past ends says how sure the next ones are and how late they bring it. Where they
brought it no more often than any other day would have, the calendar is not used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from forecast.history import FloatArray, ForecastError, History, amounts_of, days_from

_LATEST_DAYS = 14.0
_NEAR_AMOUNT = (0.9, 1.15)
_FEWEST_ENDS, _LEAST_GAIN = 8, 0.3
# Shorter lock-ups begin after most forecasts are made: for those they are no calendar.
_SHORTEST_DAYS = 60.0


@dataclass(frozen=True, eq=False)
class KnownEnds:
    """Lock-ups whose end is still to bring money: `days` from now (negative: late), and how earlier
    ones went: the `share` that brought any, and after how many days."""

    days: FloatArray
    amounts_ftm: FloatArray
    share: float
    delays_days: FloatArray

    def draw(self, paths: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """When each end brings its money, a row a path (infinite: never), and how much."""
        shape = (paths, self.days.size)
        delays = np.sort(self.delays_days)
        # An end that is late already draws from the delays longer than that.
        past = np.searchsorted(delays, -self.days, side="right")
        left = delays.size - past
        place = past + np.floor(rng.random(shape) * left).astype(np.intp)
        still = self.share * left / delays.size
        comes = rng.random(shape) < still / (still + 1 - self.share)
        days = self.days + delays[np.minimum(place, delays.size - 1)]
        return np.where(comes, days, np.inf), np.broadcast_to(self.amounts_ftm, shape)


def split_known(
    history: History, lock_ups: pl.DataFrame, at: datetime, horizon_days: float
) -> tuple[History, KnownEnds | None]:
    """The history without what ended lock-ups brought, and the ends that are still to come.

    `lock_ups` has `ends_at` (UTC) and `amount_ftm`. Where it has `locked_at` too, lock-ups that
    began later are not read, and short ones are left out. The whole history and None where ends
    brought no more than other days would have.
    """
    ends, amounts = _known(lock_ups, at)
    ended = ends < 0
    judged = ended & (ends < -_LATEST_DAYS) & (ends > history.days[0])
    batches = _brought(history, ends[ended], amounts[ended])
    judged_hits = batches[judged[ended]] >= 0
    if judged_hits.size < _FEWEST_ENDS:
        return history, None
    share = (float(judged_hits.sum()) + 1) / (judged_hits.size + 2)
    elsewhere = _brought(history, ends[judged] - 2 * _LATEST_DAYS, amounts[judged]) >= 0
    if share - float(elsewhere.mean()) < _LEAST_GAIN:
        return history, None
    hit = batches >= 0
    delays = history.days[batches[hit]] - ends[ended][hit]
    rest = history.amounts_ftm.copy()
    rest[batches[hit]] = np.maximum(rest[batches[hit]] - amounts[ended][hit], 0.0)
    kept = rest > 0.05 * history.amounts_ftm
    without = replace(history, days=history.days[kept], amounts_ftm=rest[kept])
    open_ends = (ends >= 0) & (ends <= horizon_days)
    open_ends[np.flatnonzero(ended)[~hit]] = ends[ended][~hit] > -_LATEST_DAYS
    if not without.enough or not open_ends.any():
        return (without if without.enough else history), None
    return without, KnownEnds(ends[open_ends], amounts[open_ends], share, delays)


def _known(lock_ups: pl.DataFrame, at: datetime) -> tuple[FloatArray, FloatArray]:
    """Ends in days from `at` and amounts of the lock-ups known then, by their ends."""
    if "locked_at" in lock_ups.columns:
        long = pl.col("ends_at") - pl.col("locked_at") >= pl.duration(days=_SHORTEST_DAYS)
        lock_ups = lock_ups.filter(pl.col("locked_at") < at, long)
    if "ends_at" not in lock_ups.columns:
        raise ForecastError("lock_ups has no ends_at")
    lock_ups = lock_ups.sort("ends_at")
    ends, amounts = days_from(lock_ups["ends_at"], at), amounts_of(lock_ups)
    return ends[amounts > 0], amounts[amounts > 0]


def _brought(history: History, ends: FloatArray, amounts: FloatArray) -> npt.NDArray[np.intp]:
    """The batch that brought the money of each end: the nearest in amount soon after it, or -1."""
    batches = np.full(ends.size, -1, dtype=np.intp)
    free = np.ones(history.days.size, dtype=np.bool_)
    first = np.searchsorted(history.days, ends)
    last = np.searchsorted(history.days, ends + _LATEST_DAYS, side="right")
    for end in range(ends.size):
        there = slice(first[end], last[end])
        ratio = history.amounts_ftm[there] / amounts[end]
        fits = free[there] & (ratio >= _NEAR_AMOUNT[0]) & (ratio <= _NEAR_AMOUNT[1])
        if fits.any():
            nearest = np.argmin(np.where(fits, np.abs(np.log(ratio)), np.inf))
            batches[end] = first[end] + nearest
            free[batches[end]] = False
    return batches
