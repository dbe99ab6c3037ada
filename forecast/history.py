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
_DAY_US = 86_400_000_000


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

    @property
    def since_last_days(self) -> float:
        """Time since the last batch; infinite where there was none."""
        return -float(self.days[-1]) if self.days.size else math.inf

    @property
    def gaps(self) -> FloatArray:
        """Days from each batch to the next: one fewer than there are batches."""
        return np.diff(self.days)


def read_history(funding: pl.DataFrame, at: datetime) -> History:
    """The batches of `funding` (`funded_at` UTC and sorted, `amount_ftm`) before `at`.

    Raises ForecastError for times without a zone, unsorted rows, amounts that are no number.
    """
    require_aware(at, "at")
    _require_utc(funding, "funded_at")
    if funding["funded_at"].null_count():
        raise ForecastError("funded_at is unknown in some rows")
    known = funding.filter(pl.col("funded_at") < at)
    times, amounts = days_from(known["funded_at"], at), amounts_of(known)
    if times.size and np.any(np.diff(times) < 0):
        raise ForecastError("funding is not sorted by funded_at")
    came = amounts > 0
    return History(at, *_merged(times[came], amounts[came]))


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
    _require_utc(times.to_frame("time"), "time")
    if times.null_count():
        raise ForecastError(f"{times.name} is unknown in some rows")
    micros = times.dt.epoch("us").to_numpy().astype(np.float64)
    return np.asarray((micros - at.timestamp() * 1e6) / _DAY_US, dtype=np.float64)


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
