"""How much money comes a day now, and how wrong that was before.

Batches drawn from history vary as batches do, but the level they vary around moves too, and
a forecast that knows only the first is far too sure of itself. How far back an average should
reach is read from history as well: where the level jumps, a short memory errs less.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.history import FloatArray, History
from forecast.paths import LEAST_DAYS, Paths

_MEMORIES_DAYS = np.array([12.0, 25.0, 50.0, 100.0, 400.0])
_HORIZONS = np.array([7.5, 15.0, 30.0, 60.0, LEAST_DAYS])
_KNOTS = np.append(0.0, _HORIZONS)
_SHARPNESS = 3.0
_STEP_DAYS, _WARM_UP_DAYS = 3.0, 45.0
# What is believed of the level before history says otherwise, and for how many windows it counts.
_PRIOR_SPREAD, _PRIOR_WINDOWS = 0.35, 2.0
_LEAST_SHARE = 0.1
_FARTHEST = 600.0  # exp() of it is still a float


@dataclass(frozen=True, eq=False)
class Level:
    """FTM a day foretold over each horizon, and past log(inflow / foretold), moment by moment."""

    rates_ftm: FloatArray
    errors: tuple[FloatArray, ...]

    @cached_property
    def rate_ftm(self) -> float:
        """One rate to draw paths at; `level_scale` bends it to the horizons' own."""
        return float(np.median(self.rates_ftm))


def read_level(history: History) -> Level:
    """The rates that would have erred least in the past, and how they would have erred."""
    rates = np.log(_rates(history))
    errors, foretold = [], []
    for horizon in _HORIZONS:
        missed = _errors(history, rates, horizon)
        weights = _trust(missed)
        errors.append(weights @ missed)
        foretold.append(float(weights @ rates[:, -1]))
    return Level(np.exp(np.array(foretold)), tuple(errors))


def level_scale(level: Level, paths: Paths, rng: np.random.Generator) -> FloatArray:
    """Factors for the money that has come by each of the days of `paths`.

    Their middle bends the paths to the rate foretold for that horizon. Their spread adds what past
    errors, log(inflow / foretold), vary more than the paths do; with little history it leans on a
    prior.
    """
    spreads = [0.0]
    for horizon, errors in zip(_HORIZONS, level.errors, strict=True):
        drawn = _log_share(paths.arrived_within(horizon) / (level.rate_ftm * horizon))
        missed = errors - drawn.mean()
        excess = max(float(np.mean(missed**2)) - float(drawn.var()), 0.0) if errors.size else 0.0
        windows = errors.size * _STEP_DAYS / (horizon + 90.0)
        prior = _PRIOR_WINDOWS * _PRIOR_SPREAD**2
        spreads.append(np.sqrt((windows * excess + prior) / (windows + _PRIOR_WINDOWS)))
    middle = np.interp(_KNOTS, _HORIZONS, np.log(level.rates_ftm / level.rate_ftm))
    chance = rng.standard_normal((paths.days.shape[0], 1))
    return np.exp(_between_knots(paths.days, middle + np.array(spreads) * chance))


def _between_knots(days: FloatArray, at_knots: FloatArray) -> FloatArray:
    """Values at `_KNOTS`, a row a path, interpolated at each of the path's days; the last one's
    beyond it."""
    inner = np.minimum(days, _KNOTS[-1])
    place = np.zeros(days.shape, dtype=np.intp)
    for knot in _KNOTS[1:-1]:
        place += inner >= knot
    slopes = np.diff(at_knots, axis=1) / np.diff(_KNOTS)
    place += np.arange(len(days))[:, np.newaxis] * slopes.shape[1]
    offsets = at_knots[:, :-1] - slopes * _KNOTS[:-1]
    return np.asarray(offsets.ravel()[place] + slopes.ravel()[place] * inner, dtype=np.float64)


def _rates(history: History) -> FloatArray:
    """FTM a day after each batch but the first, a row a memory: sums of amounts over gaps.

    Both are weighted by age alike, so a batch that is large for its long gap does not count
    as a rise.
    """
    gaps, amounts, days = history.gaps, history.amounts_ftm[1:], history.days[1:]
    weights = np.exp(np.maximum(days / _MEMORIES_DAYS[:, None], -_FARTHEST))
    brought, lasted = np.cumsum(weights * amounts, axis=1), np.cumsum(weights * gaps, axis=1)
    return np.asarray(brought / lasted, dtype=np.float64)


def _errors(history: History, log_rates: FloatArray, horizon: float) -> FloatArray:
    """log(inflow / foretold) by memory and moment, for all moments whose horizon is over."""
    begins = np.arange(-horizon, history.days[1] + _WARM_UP_DAYS, -_STEP_DAYS)
    arrived = np.concatenate([[0.0], np.cumsum(history.amounts_ftm)])
    until = np.searchsorted(history.days, begins + horizon, side="right")
    since = np.searchsorted(history.days, begins, side="right")
    foretold = np.exp(log_rates[:, since - 2]) * horizon
    return _log_share((arrived[until] - arrived[since]) / foretold)


def _trust(errors: FloatArray) -> FloatArray:
    """The weight of each memory: the less it erred, the more it counts."""
    if not errors.shape[1]:
        return np.full(_MEMORIES_DAYS.size, 1 / _MEMORIES_DAYS.size)
    weights = np.maximum(np.mean(errors**2, axis=1), 1e-6) ** -_SHARPNESS
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _log_share(share: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(share, _LEAST_SHARE)), dtype=np.float64)
