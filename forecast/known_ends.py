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

from forecast.history import (
    DAY_US,
    FloatArray,
    ForecastError,
    History,
    amounts_of,
    micros,
    micros_of,
)

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


@dataclass(frozen=True, eq=False)
class LockUps:
    """Lock-ups in numbers by their ends, and from when to when each end was known (infinite: ever
    since), in microseconds since 1970."""

    ends_us: FloatArray
    known_us: FloatArray
    moved_us: FloatArray
    amounts_ftm: FloatArray

    def at(self, moment: datetime) -> tuple[FloatArray, FloatArray]:
        """Ends in days from a moment, and amounts, of the lock-ups known then."""
        known = (self.known_us < micros(moment)) & (self.moved_us >= micros(moment))
        return (self.ends_us[known] - micros(moment)) / DAY_US, self.amounts_ftm[known]


def read_lock_ups(lock_ups: pl.DataFrame) -> LockUps:
    """From `ends_at` (UTC) and `amount_ftm`. Where there is `locked_at` too, a lock-up is known
    from then on, and short ones are left out; where there is `moved_at`, its end holds until then
    (null: ever since). Raises ForecastError for what is unknown or negative.
    """
    if "ends_at" not in lock_ups.columns:
        raise ForecastError("lock_ups has no ends_at")
    lock_ups = lock_ups.sort("ends_at", maintain_order=True)
    ends, amounts = micros_of(lock_ups, "ends_at"), amounts_of(lock_ups)
    known, moved = np.full(ends.size, -np.inf), np.full(ends.size, np.inf)
    counts = amounts > 0
    if "locked_at" in lock_ups.columns:
        known = micros_of(lock_ups, "locked_at")
        counts &= ends - known >= _SHORTEST_DAYS * DAY_US
    if "moved_at" in lock_ups.columns:
        were = lock_ups["moved_at"].is_not_null().to_numpy()
        moved[were] = micros_of(lock_ups.drop_nulls("moved_at"), "moved_at")
    return LockUps(ends[counts], known[counts], moved[counts], amounts[counts])


def split_known(
    history: History, lock_ups: LockUps, horizon_days: float
) -> tuple[History, KnownEnds | None]:
    """The history without what ended lock-ups brought, and the ends that are still to come.

    The whole history and None where ends brought no more than other days would have.
    """
    ends, amounts = lock_ups.at(history.at)
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


def _brought(history: History, ends: FloatArray, amounts: FloatArray) -> npt.NDArray[np.intp]:
    """The batch that brought the money of each end: the nearest in amount soon after it, or -1."""
    batches = np.full(ends.size, -1, dtype=np.intp)
    free = np.ones(history.days.size, dtype=np.bool_)
    first = np.searchsorted(history.days, ends)
    last = np.searchsorted(history.days, ends + _LATEST_DAYS, side="right")
    # A row an end, a column each batch soon after it; nearly all rows have none that fits.
    widest = int(np.max(last - first, initial=0))
    there = first[:, np.newaxis] + np.arange(widest)
    ratio = np.append(history.amounts_ftm, 0.0)[np.minimum(there, free.size)]
    ratio = ratio / amounts[:, np.newaxis]
    fits = (ratio >= _NEAR_AMOUNT[0]) & (ratio <= _NEAR_AMOUNT[1]) & (there < last[:, np.newaxis])
    for end in np.flatnonzero(fits.any(axis=1)):
        mine = there[end][fits[end]]
        mine, apart = mine[free[mine]], np.abs(np.log(ratio[end][fits[end]]))[free[mine]]
        if mine.size:
            batches[end] = mine[np.argmin(apart)]
            free[batches[end]] = False
    return batches
