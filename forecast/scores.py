"""How good a sample of days was, once the truth is known: one number for one forecast.

All count the horizon as the end of the world: what lies past it, in sample or truth, is the
horizon itself. Each is proper or, like coverage, read only beside one that is.
"""

from __future__ import annotations

import math

import numpy as np

from forecast.history import FloatArray


def tw_crps(sample: FloatArray, truth_days: float, horizon_days: float) -> float:
    """The threshold-weighted CRPS over 0..horizon, in days, of a sorted sample.

    It is the CRPS of everything clipped to the horizon: mean |x - y| less half the mean
    |x - x'|, the second through the order of the sample (Gneiting and Raftery 2007).
    """
    clipped, truth = np.minimum(sample, horizon_days), min(truth_days, horizon_days)
    size = clipped.size
    ranks = 2 * np.arange(size) + 1 - size
    return float(np.abs(clipped - truth).mean() - ranks @ clipped / size**2)


def quantile(sample: FloatArray, p: float) -> float:
    """The smallest value of a sorted sample that at least a share `p` does not exceed."""
    return float(sample[max(math.ceil(p * sample.size - 1e-9) - 1, 0)])


def pinball(value: float, truth: float, p: float) -> float:
    """The loss whose best answer is the quantile `p`."""
    return (truth - value) * p if truth >= value else (value - truth) * (1 - p)


def pit(sample: FloatArray, truth_days: float) -> float:
    """The share of a sorted sample below the truth, and half of what equals it."""
    below = np.searchsorted(sample, truth_days, side="left")
    until = np.searchsorted(sample, truth_days, side="right")
    return float(below + until) / 2 / sample.size


def brier(sample: FloatArray, paid: bool, days: float) -> float:
    """The squared error of the sample's probability of being paid within `days`."""
    return (np.count_nonzero(sample <= days) / sample.size - paid) ** 2
