"""Futures of the money: a stationary bootstrap of (gap, amount) pairs (Politis, Romano 1994).

A pair is drawn whole, so long gaps keep their large batches. What a batch brings is in batches.py,
and how much comes a day in level.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.history import FloatArray, History

_MEAN_BLOCK = 10
# With fewer gaps than this that lasted longer than the present one, history knows too little.
_FEW_GAPS = 8
_MOST_BATCHES = 2_000


@dataclass(frozen=True, eq=False)
class Paths:
    """One row a future: when each batch comes, in days from now, and which pair of history it is
    like."""

    days: FloatArray
    pairs: npt.NDArray[np.intp]


def draw_paths(
    history: History, paths: int, horizon_days: float, rng: np.random.Generator
) -> Paths:
    """`paths` futures that reach past the horizon."""
    gaps = history.gaps
    waited = history.since_last_days
    days, indexes = _first(gaps, waited, paths, rng)
    all_days, all_indexes = [days[:, None]], [indexes[:, None]]
    steps = int(1.3 * horizon_days / gaps.mean()) + _MEAN_BLOCK
    while days.min() < horizon_days and sum(each.shape[1] for each in all_days) < _MOST_BATCHES:
        following = _blocks(indexes, gaps.size, steps, rng)
        later = days[:, None] + np.cumsum(gaps[following], axis=1)
        all_days.append(later)
        all_indexes.append(following)
        days, indexes, steps = later[:, -1], following[:, -1], max(steps // 3, _MEAN_BLOCK)
    together = np.hstack(all_days)
    # What no path brings within all that is looked at is not carried on.
    reached = np.count_nonzero(together <= horizon_days, axis=1)
    kept = slice(0, int(reached.max()) + 1)
    return Paths(together[:, kept], np.hstack(all_indexes)[:, kept])


def _first(
    gaps: FloatArray, waited: float, paths: int, rng: np.random.Generator
) -> tuple[FloatArray, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """For each path the days to its next batch, given how long the last one is ago, and its
    pair."""
    longer = np.flatnonzero(gaps > waited)
    indexes = rng.integers(0, gaps.size, paths)
    if longer.size:
        indexes = longer[rng.integers(0, longer.size, paths)]
    # What lasted longer than nearly all before lasts about as long again (Pareto, index 1).
    unknown = rng.random(paths) >= longer.size / _FEW_GAPS
    again = waited * (1 / np.maximum(rng.random(paths), 1e-9) - 1)
    return np.where(unknown, again, gaps[indexes] - waited), indexes


def _blocks(
    last: np.ndarray[tuple[int], np.dtype[np.intp]],
    size: int,
    steps: int,
    rng: np.random.Generator,
) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """The pairs that follow `last` on each path, beginning anew anywhere once in ten on average."""
    paths = last.size
    anew = rng.random((paths, steps)) < 1 / _MEAN_BLOCK
    starts = rng.integers(0, size, (paths, steps))
    # Each block from where it begins to the next one's begin; the first goes on from `last`.
    begins = anew.copy()
    begins[:, 0] = True
    first = np.where(anew[:, 0], starts[:, 0], last + 1)
    starts[:, 0] = first
    at = np.flatnonzero(begins)
    lengths = np.diff(at, append=begins.size)
    index = np.repeat(starts.ravel()[at] - at, lengths) + np.arange(begins.size)
    return (index % size).reshape(paths, steps)
