"""What was said of one request, in the columns that are kept for it."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from forecast.window import ReleaseWindow

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)
# `covered` says no days, only that the money is there; the others say nothing.
NO_RANGE = ("covered", "stalled", "insufficient_history")
WITHIN_DAYS = (7, 14, 35, 90)
# `days_50`: within so many days it was to be paid with 50 % chance, null past the horizon.
# `within_7_days`: the chance. `later_share`: of the simulations that said later than it came; null
# while it waits.
COLUMNS: dict[str, pl.DataType] = {
    "need_ftm": pl.Float64(),
    "in_pool_ftm": pl.Float64(),
    **{f"days_{round(100 * p)}": pl.Float64() for p in QUANTILES},
    **{f"within_{days}_days": pl.Float64() for days in WITHIN_DAYS},
    "later_share": pl.Float64(),
}


def logged_values(
    window: ReleaseWindow, need_ftm: float, in_pool_ftm: float, wait_days: float
) -> list[float | None]:
    """The values of `COLUMNS` for a window that is not empty; `wait_days` is infinite while its
    request waits."""
    days = (window.quantile(p) for p in QUANTILES)
    later = None
    if math.isfinite(wait_days):
        later = np.count_nonzero(window.days > wait_days) / window.days.size
    return [
        need_ftm,
        in_pool_ftm,
        *(day if math.isfinite(day) else None for day in days),
        *(window.probability_within(within) for within in WITHIN_DAYS),
        later,
    ]
