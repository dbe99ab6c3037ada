"""How wrong the trailing rate was before, and so how wrong it may be now.

Batches drawn from history vary as batches do, but the level they vary around moves too, and
a forecast that knows only the first is far too sure of itself.
"""

from __future__ import annotations

import numpy as np

from forecast.history import TRAILING_DAYS, FloatArray, History, trailing_rate
from forecast.paths import Paths

_HORIZONS = np.array([0.0, 7.5, 15.0, 30.0, 60.0, 120.0])
_STEP_DAYS = 3.0
# What is believed of the level before history says otherwise, and for how many windows it counts.
_PRIOR_SPREAD, _PRIOR_WINDOWS = 0.35, 2.0
_LEAST_SHARE = 0.1


def level_spread(history: History, paths: Paths, rate_ftm: float) -> FloatArray:
    """The deviation of log(level) to add by each of the days of `paths`.

    It tops the spread of log(inflow / what the rate promised) among the paths up to that in
    history, both over the same horizons; one without enough history leans on a prior.
    """
    added = [0.0]
    for horizon in _HORIZONS[1:]:
        drawn = _log_share(_arrived_by(paths, horizon) / (rate_ftm * horizon))
        missed = _past_shares(history, horizon) - drawn.mean()
        excess = max(float(np.mean(missed**2)) - float(drawn.var()), 0.0) if missed.size else 0.0
        windows = missed.size * _STEP_DAYS / (horizon + TRAILING_DAYS)
        prior = _PRIOR_WINDOWS * _PRIOR_SPREAD**2
        added.append(np.sqrt((windows * excess + prior) / (windows + _PRIOR_WINDOWS)))
    return np.asarray(np.interp(paths.days, _HORIZONS, np.array(added)), dtype=np.float64)


def _arrived_by(paths: Paths, days: float) -> FloatArray:
    return np.asarray(np.sum(paths.amounts, axis=1, where=paths.days <= days))


def _past_shares(history: History, horizon: float) -> FloatArray:
    """log(inflow / promised) from every moment of a grid whose horizon is over by now."""
    begins = np.arange(-horizon, history.days[0] + TRAILING_DAYS / 2, -_STEP_DAYS)
    if not begins.size:
        return begins
    promised = trailing_rate(history, begins, TRAILING_DAYS) * horizon
    arrived = np.concatenate([[0.0], np.cumsum(history.amounts_ftm)])
    until = np.searchsorted(history.days, begins + horizon, side="right")
    since = np.searchsorted(history.days, begins, side="right")
    came = arrived[until] - arrived[since]
    told = promised > 0
    return _log_share(came[told] / promised[told])


def _log_share(share: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(share, _LEAST_SHARE)), dtype=np.float64)
