"""What is known of the money at one moment: batches that came before it, in days and FTM.

Nothing at or after `at` is looked at, not even to complain about it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

FloatArray = npt.NDArray[np.float64]

LEAST_BATCHES, LEAST_SPAN_DAYS = 10, 60.0
TRAILING_DAYS = 90.0
# Batches nearer to each other than this are one: a horizon then holds at most some 500.
_GRAIN_DAYS = 0.25
DAY_US = 86_400_000_000


class ForecastError(Exception):
    """The input cannot be forecast from: it says what is wrong with it."""


@dataclass(frozen=True, eq=False)
class History:
    """Funding batches before `at`: `days` ascend and are negative, `amounts_ftm` go with them."""

    at: datetime
    days: FloatArray
    amounts_ftm: FloatArray

    @property
    def enough(self) -> bool:
        """Whether there are enough batches, over enough time, to draw futures from."""
        return self.days.size >= LEAST_BATCHES and bool(-self.days[0] >= LEAST_SPAN_DAYS)

    def also(self, day: float, amount_ftm: float) -> History:
        """With one more batch, which came last."""
        days, amounts = np.append(self.days, day), np.append(self.amounts_ftm, amount_ftm)
        return History(self.at, *_merged(days, amounts))

    @property
    def since_last_days(self) -> float:
        """Time since the last batch; infinite where there was none."""
        return -float(self.days[-1]) if self.days.size else math.inf

    @property
    def gaps(self) -> FloatArray:
        """Days from each batch to the next: one fewer than there are batches."""
        return np.diff(self.days)


@dataclass(frozen=True, eq=False)
class Money:
    """All batches in numbers, for whoever asks at many moments: `times_us` since 1970 ascend."""

    times_us: FloatArray
    amounts_ftm: FloatArray

    def before(self, at: datetime) -> History:
        """What had come before a moment."""
        require_aware(at, "at")
        known = slice(0, int(np.searchsorted(self.times_us, micros(at))))
        days = (self.times_us[known] - micros(at)) / DAY_US
        return History(at, *_merged(days, self.amounts_ftm[known]))


def read_money(funding: pl.DataFrame) -> Money:
    """The batches of `funding` (`funded_at` UTC and sorted, `amount_ftm`).

    Raises ForecastError for times without a zone, unsorted rows, amounts that are no number.
    """
    times, amounts = micros_of(funding, "funded_at"), amounts_of(funding)
    if times.size and np.any(np.diff(times) < 0):
        raise ForecastError("funding is not sorted by funded_at")
    came = amounts > 0
    return Money(times[came], amounts[came])


def read_history(funding: pl.DataFrame, at: datetime) -> History:
    """The batches of `funding` before `at`; see `read_money`."""
    require_aware(at, "at")
    _require_utc(funding, "funded_at")
    if funding["funded_at"].null_count():
        raise ForecastError("funded_at is unknown in some rows")
    return read_money(funding.filter(pl.col("funded_at") < at)).before(at)


def require_aware(at: datetime, name: str) -> None:
    """Raise where a moment has no time zone."""
    if at.tzinfo is None:
        raise ForecastError(f"{name} has no time zone")


def _require_utc(frame: pl.DataFrame, column: str) -> None:
    kind = frame.schema.get(column)
    if not isinstance(kind, pl.Datetime) or kind.time_zone is None:
        raise ForecastError(f"{column} is {kind}, not a time with a zone")


def days_from(times: pl.Series, at: datetime) -> FloatArray:
    """Days from `at` to each of `times`; raises where one is unknown or has no zone."""
    return (micros_of(times.to_frame(), times.name) - micros(at)) / DAY_US


def micros_of(frame: pl.DataFrame, column: str) -> FloatArray:
    """The times of a column in microseconds since 1970; raises where one is unknown or has no
    zone."""
    _require_utc(frame, column)
    if frame[column].null_count():
        raise ForecastError(f"{column} is unknown in some rows")
    return np.asarray(frame[column].dt.epoch("us").to_numpy(), dtype=np.float64)


def micros(at: datetime) -> float:
    """A moment in microseconds since 1970."""
    return float(round(at.timestamp() * 1e6))


def amounts_of(frame: pl.DataFrame) -> FloatArray:
    """The column `amount_ftm`; raises where one is missing, negative or no number."""
    if "amount_ftm" not in frame.columns or frame["amount_ftm"].null_count():
        raise ForecastError("amount_ftm is missing or unknown in some rows")
    amounts = frame["amount_ftm"].cast(pl.Float64).to_numpy()
    if not np.isfinite(amounts).all() or np.any(amounts < 0):
        raise ForecastError("amount_ftm holds a negative amount or no number")
    return np.asarray(amounts, dtype=np.float64)


def _merged(days: FloatArray, amounts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Batches within a quarter of a day as one, at the time of the last: all its money is there
    then."""
    if not days.size:
        return days, amounts
    grain = np.floor(days / _GRAIN_DAYS)
    first = np.flatnonzero(np.diff(grain, prepend=grain[0] - 1))
    last = np.append(first[1:], days.size) - 1
    return days[last], np.add.reduceat(amounts, first)


def trailing_rate(history: History, at_days: FloatArray, window_days: float) -> FloatArray:
    """FTM a day in the window before each moment; in a shorter one where history begins later."""
    if not history.days.size:
        return np.zeros(at_days.size)
    arrived = np.concatenate([[0.0], np.cumsum(history.amounts_ftm)])
    until = np.searchsorted(history.days, at_days, side="right")
    since = np.searchsorted(history.days, at_days - window_days, side="right")
    length = np.minimum(window_days, np.maximum(at_days - history.days[0], 1.0))
    return np.asarray((arrived[until] - arrived[since]) / length, dtype=np.float64)
