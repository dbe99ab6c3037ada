"""When a request can be paid: the first moment at which enough money has come.

The queue is first in, first out and pays a request whole or not at all, so all that has to be
forecast is the money; a request is only an amount that has to arrive (forecast for `need_ftm`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from forecast import scores
from forecast.batches import read_batches
from forecast.history import FloatArray, ForecastError, History, read_history
from forecast.known_ends import LockUps, read_lock_ups, split_known
from forecast.level import read_level
from forecast.paths import draw_paths

WindowKind = Literal[
    "covered", "next_batch", "batches", "beyond_horizon", "stalled", "insufficient_history"
]
PATHS, HORIZON_DAYS = 1000, 120.0
_PAYABLE_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_UNPAID_SHARE = 0.05
_LONGEST_GAP_QUANTILE = 0.99


@dataclass(frozen=True, eq=False)
class ServiceCurve:
    """Futures of the money from `at` on, one a row: what has come in all by each of its days."""

    at: datetime
    horizon_days: float
    arrival_days: FloatArray
    arrived_ftm: FloatArray
    enough_history: bool
    stalled: bool
    last_funded_at: datetime | None

    def window(self, need_ftm: float, in_pool_ftm: float = 0.0) -> ReleaseWindow:
        """The forecast for a request that `need_ftm` stand before, itself included.

        `in_pool_ftm` is the most of it that may be in the pool already, where how much is
        not known: each path believes in another part of that, which widens the answer.
        """
        for name, amount in (("need_ftm", need_ftm), ("in_pool_ftm", in_pool_ftm)):
            if not math.isfinite(amount) or amount < 0:
                raise ForecastError(f"{name} is {amount}, not an amount")
        if need_ftm == 0:
            paths = max(len(self.arrived_ftm), 1)
            return ReleaseWindow("covered", np.zeros(paths), self.horizon_days, self)
        if not self.enough_history:
            return ReleaseWindow("insufficient_history", np.zeros(0), self.horizon_days, self)
        paths, batches = self.arrived_ftm.shape
        needs: float | FloatArray = need_ftm
        if in_pool_ftm:
            believed = np.random.default_rng(paths).permutation((np.arange(paths) + 0.5) / paths)
            needs = (need_ftm - min(in_pool_ftm, need_ftm) * believed)[:, np.newaxis]
        # In so few bits it is done in a third of the time.
        missing = np.add.reduce(self.arrived_ftm < needs, axis=1, dtype=np.uint32)
        last = batches - 1
        days = self.arrival_days[np.arange(paths), np.minimum(missing, last)]
        days = np.where((missing > last) | (days > self.horizon_days), np.inf, days)
        return ReleaseWindow(self._kind(days, missing), np.sort(days), self.horizon_days, self)

    def _kind(self, days: FloatArray, batches_before: npt.NDArray[np.uint32]) -> WindowKind:
        if self.stalled:
            return "stalled"
        if np.count_nonzero(np.isinf(days)) / len(days) > _UNPAID_SHARE:
            return "beyond_horizon"
        at_once = len(days) - np.count_nonzero(batches_before)
        return "next_batch" if at_once / len(days) >= 0.5 else "batches"


@dataclass(frozen=True, eq=False)
class ReleaseWindow:
    """The odds of one request: `days` is the sorted sample, infinite past the horizon.

    Of a `stalled` funding the sample is kept, so that it can be scored; it is not for showing.
    With `insufficient_history` it is empty and every figure is NaN.
    """

    kind: WindowKind
    days: FloatArray
    horizon_days: float
    curve: ServiceCurve = field(repr=False)

    @property
    def last_funded_at(self) -> datetime | None:
        """When money last came; None where it never did."""
        return self.curve.last_funded_at

    def quantile(self, p: float) -> float:
        """The days within which it is paid with probability `p`; infinite past the horizon."""
        if not 0 <= p <= 1:
            raise ForecastError(f"{p} is not a probability")
        if not self.days.size:
            return math.nan
        return scores.quantile(self.days, p)

    def probability_within(self, days: float) -> float:
        """The probability of being paid within `days`; past the horizon, that of the horizon."""
        if not self.days.size:
            return math.nan
        return float(np.searchsorted(self.days, days, side="right")) / self.days.size

    def probability_before(self, moment: datetime) -> float:
        """The probability of being paid before `moment` (UTC); NaN where nothing is forecast of
        that: at or before the forecast's own, and past the horizon."""
        days = (moment - self.curve.at) / timedelta(days=1)
        if not self.days.size or not 0 < days <= self.horizon_days:
            return math.nan
        return float(np.searchsorted(self.days, days, side="left")) / self.days.size

    def payable_by(self, days: float) -> dict[float, float]:
        """Quantiles (5, 25, 50, 75, 95 %) of the FTM that has come within `days`."""
        if not self.curve.enough_history:
            return dict.fromkeys(_PAYABLE_QUANTILES, math.nan)
        if not 0 <= days <= self.horizon_days:
            raise ForecastError(f"{days} days is not within the horizon")
        came = np.max(
            self.curve.arrived_ftm, axis=1, where=self.curve.arrival_days <= days, initial=0.0
        )
        quantiles = np.quantile(came, _PAYABLE_QUANTILES, method="inverted_cdf")
        return dict(zip(_PAYABLE_QUANTILES, quantiles.tolist(), strict=True))


def release_window(
    funding: pl.DataFrame,
    need_ftm: float,
    at: datetime,
    *,
    lock_ups: pl.DataFrame | None = None,
    paths: int = PATHS,
    horizon_days: float = HORIZON_DAYS,
    seed: int = 0,
) -> ReleaseWindow:
    """When `need_ftm` will have come, as seen at `at`; see `prepare` for the arguments."""
    curve = prepare(
        funding, at, lock_ups=lock_ups, paths=paths, horizon_days=horizon_days, seed=seed
    )
    return curve.window(need_ftm)


def prepare(
    funding: pl.DataFrame,
    at: datetime,
    *,
    lock_ups: pl.DataFrame | None = None,
    paths: int = PATHS,
    horizon_days: float = HORIZON_DAYS,
    seed: int = 0,
) -> ServiceCurve:
    """The futures at `at`, from which the window of any amount is read in no time.

    `funding` has `funded_at` (UTC, sorted) and `amount_ftm`, `lock_ups` has `ends_at` and
    `amount_ftm`. Raises ForecastError for input that is unsorted, naive, negative or no number.
    """
    calendar = None if lock_ups is None else read_lock_ups(lock_ups)
    return futures(
        read_history(funding, at), calendar, paths=paths, horizon_days=horizon_days, seed=seed
    )


def futures(
    history: History, lock_ups: LockUps | None, *, paths: int, horizon_days: float, seed: int
) -> ServiceCurve:
    """The same from what was read, for whoever asks at many moments."""
    if paths < 1 or not horizon_days > 0:
        raise ForecastError("a forecast needs a path and a horizon")
    at = history.at
    last = at - timedelta(days=history.since_last_days) if history.days.size else None
    if not history.enough:
        nothing = np.zeros((0, 0))
        return ServiceCurve(at, horizon_days, nothing, nothing, False, False, last)
    rng = np.random.default_rng(seed)
    regular, ends = history, None
    if lock_ups is not None:
        regular, ends = split_known(history, lock_ups, horizon_days)
    batches = read_batches(regular)
    drawn = draw_paths(regular, paths, horizon_days, rng)
    rates_ftm = read_level(regular, batches).draw(np.minimum(drawn.days, horizon_days), rng)
    brought_days = batches.brought_days[drawn.pairs]
    # The gap that is under way may last longer than any before.
    first_gaps = regular.since_last_days + drawn.days[:, 0]
    brought_days[:, 0] = batches.brought_after(first_gaps, drawn.pairs[:, 0])
    days, arrived = drawn.days, np.cumsum(rates_ftm * brought_days, axis=1)
    if ends is not None:
        days, arrived = _joined(days, arrived, *ends.draw(paths, rng))
    return ServiceCurve(at, horizon_days, days, arrived, True, is_stalled(history), last)


def is_stalled(history: History) -> bool:
    """Whether the last batch is longer ago than nearly all pauses between batches took."""
    longest = float(np.quantile(history.gaps, _LONGEST_GAP_QUANTILE)) if history.gaps.size else 0.0
    return history.since_last_days > longest


def _joined(
    days: FloatArray, arrived: FloatArray, dated_days: FloatArray, dated_ftm: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The batches of both kinds in one order, and what has come in all by each."""
    all_days = np.hstack([days, dated_days])
    brought = np.hstack([np.diff(arrived, axis=1, prepend=0.0), dated_ftm])
    order = np.argsort(all_days, axis=1)
    all_days = np.take_along_axis(all_days, order, axis=1)
    return all_days, np.cumsum(np.take_along_axis(brought, order, axis=1), axis=1)
