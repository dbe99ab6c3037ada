"""What a forecast has to beat: each gives a sorted sample of days, so that all score alike.

None knows more than was known at the origin. One that knows nothing yet says "past the horizon".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.history import FloatArray

OFFICIAL_DAYS = 35  # the longest wait the official page speaks of; it is in no contract
# Payouts are grouped by these, here and in the queries: a bound belongs to the bucket above it.
AMOUNT_BOUNDS_FTM = (100, 1_000, 10_000)
AMOUNT_BUCKETS = (
    "under 100 FTM",
    "100 to 1,000 FTM",
    "1,000 to 10,000 FTM",
    "10,000 FTM and more",
)
_KAPLAN_MEIER_POINTS = 200
_NEVER = np.array([math.inf])


@dataclass(frozen=True, eq=False)
class Known:
    """What an origin knows: its own request, the money's rate, and every request before it.

    `waits_days` of a request that is not `paid` yet is its age.
    """

    need_ftm: float
    amount_ftm: float
    rate_ftm: float
    amounts_ftm: FloatArray
    waits_days: FloatArray
    paid: npt.NDArray[np.bool_]
    last_paid_wait_days: float


def constant(known: Known) -> FloatArray:
    """The official answer, whatever the amount."""
    return np.array([float(OFFICIAL_DAYS)])


def uniform(known: Known) -> FloatArray:
    """Any of the days up to the official answer."""
    return np.arange(1.0, OFFICIAL_DAYS + 1)


def last_wait(known: Known) -> FloatArray:
    """What the request paid last has waited."""
    return np.array([known.last_paid_wait_days])


def fluid(known: Known) -> FloatArray:
    """As if money flowed evenly at its trailing rate."""
    if not known.need_ftm:
        return np.zeros(1)
    return np.array([known.need_ftm / known.rate_ftm]) if known.rate_ftm else _NEVER


def kaplan_meier(known: Known) -> FloatArray:
    """The waits of requests of like amount, those still pending counted as censored."""
    alike = amount_bucket(known.amounts_ftm) == amount_bucket(np.array([known.amount_ftm]))
    return kaplan_meier_sample(known.waits_days[alike], known.paid[alike])


def kaplan_meier_sample(waits_days: FloatArray, paid: npt.NDArray[np.bool_]) -> FloatArray:
    """Even quantiles of the product-limit curve; infinite where it does not come down to."""
    if not paid.any():
        return _NEVER
    order = np.lexsort((~paid, waits_days))  # of equal waits, the paid count first
    waits, events = waits_days[order], paid[order]
    at_risk = np.arange(waits.size, 0, -1)
    done = 1 - np.cumprod(1 - events / at_risk)
    levels = (np.arange(_KAPLAN_MEIER_POINTS) + 0.5) / _KAPLAN_MEIER_POINTS
    places = np.searchsorted(done + 1e-12, levels)
    return np.append(waits, math.inf)[places]


def amount_bucket(amounts_ftm: FloatArray) -> npt.NDArray[np.intp]:
    """Which of `AMOUNT_BUCKETS` each falls in."""
    return np.searchsorted(AMOUNT_BOUNDS_FTM, amounts_ftm, side="right")


BASELINES: dict[str, Callable[[Known], FloatArray]] = {
    "always 35 days": constant,
    "1 to 35 days": uniform,
    "last wait": last_wait,
    "need / recent rate": fluid,
    "past waits by amount": kaplan_meier,
}
