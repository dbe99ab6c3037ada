"""How much money comes a day now, and how that goes on.

The level is hidden behind batches that vary by themselves. Its logarithm is taken for a mean that
holds for years and then jumps, and a deviation that comes and goes: how far and for how long is
not known, so several are tried and count by how well they foretold the past. What is believed after
each span of history is kept on a grid (a hidden Markov model), as it may be either of two things:
money has fallen for good, or a few batches were small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from forecast.batches import Batches
from forecast.history import FloatArray, History

# Deviations that are tried: how far they go, and in how many days they fall back to 1/e.
_FAR = np.array([0.15, 0.35, 0.5])
_MEMORIES_DAYS = np.array([30.0, 90.0, 200.0])
# How far a jump of the mean goes at least, and how often one comes.
_LEAST_JUMP, _DAYS_BETWEEN_JUMPS = 0.8, 750.0
_MEANS = np.linspace(-2.5, 2.5, 11)
_DEVIATIONS = np.linspace(-2.5, 2.5, 11)
_SPAN_DAYS = 7.5
# Money that varies less than this is taken to vary so much: the grid is no finer.
_LEAST_NOISE = 0.1
# The least likelihood of a span beside that of the likeliest: what lies far off tells nothing.
_OUTLIER = 1e-5


@dataclass(frozen=True, eq=False)
class Level:
    """What is believed of the log-level (of FTM a day) now: `chances` of each deviation tried, mean
    and deviation, where means are `middle` and so many times `jump`."""

    middle: float
    jump: float
    chances: FloatArray

    def draw(self, days: FloatArray, rng: np.random.Generator) -> FloatArray:
        """FTM a day at each of `days` from now, a row a path: one level for each span."""
        paths, spans = len(days), int(days.max() / _SPAN_DAYS) + 1
        up_to = np.cumsum(self.chances)
        cells = np.searchsorted(up_to, rng.random(paths) * up_to[-1], side="right")
        tried, mean, deviation = np.unravel_index(cells, self.chances.shape)
        keeps = np.exp(-_SPAN_DAYS / _MEMORIES_DAYS)[tried]
        steps = np.sqrt(1 - keeps**2) * rng.standard_normal((spans, paths))
        deviations = np.empty_like(steps)
        now = _DEVIATIONS[deviation]
        for each, step in enumerate(steps):
            deviations[each] = now
            now = keeps * now + step
        jumped = (
            rng.exponential(_DAYS_BETWEEN_JUMPS / _SPAN_DAYS, paths) < np.arange(spans)[:, None]
        )
        means = np.where(jumped, rng.standard_normal(paths), _MEANS[mean])
        levels = np.exp(self.middle + self.jump * means + _FAR[tried] * deviations)
        in_span = (days / _SPAN_DAYS).astype(np.intp)
        return np.asarray(levels[in_span, np.arange(paths)[:, None]], dtype=np.float64)


def read_level(history: History, batches: Batches) -> Level:
    """What the past tells of the level."""
    logs, many = _spans(history, batches)
    seen = many > 0
    middle = float(np.average(logs[seen], weights=many[seen]))
    jump = max(_LEAST_JUMP, float(logs[seen].std()))
    missed = np.where(seen, logs - middle, 0.0)
    # A row a span: how likely it is at each deviation tried, mean and deviation.
    levels = jump * _MEANS[:, np.newaxis] + _FAR[:, np.newaxis, np.newaxis] * _DEVIATIONS
    off = missed[:, np.newaxis, np.newaxis, np.newaxis] - levels
    sure = many / (2 * _noise(logs[seen], many[seen]))
    likely = np.exp(-sure[:, np.newaxis, np.newaxis, np.newaxis] * off**2) + _OUTLIER
    # The middle is history's own mean: where it began is nearer to that than a jump goes.
    begins = _bell(2 * _MEANS)[:, np.newaxis] * _bell(_DEVIATIONS)
    chances = np.broadcast_to(begins, levels.shape)
    jumps, falls_back = _jumps(), _falls_back()
    for each in likely:
        chances = jumps @ chances @ falls_back * each
        chances /= chances.sum()
    return Level(middle, jump, chances)


def _spans(history: History, batches: Batches) -> tuple[FloatArray, FloatArray]:
    """Log of the money a day in each span of history, the oldest first, and in how many batches it
    came; of a span without any the first means nothing."""
    back = np.floor(-history.days[1:] / _SPAN_DAYS).astype(np.intp)

    def sums(of_batches: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(back[0] - back, of_batches, back[0] + 1), dtype=np.float64)

    many, expected = sums(np.ones(back.size)), sums(batches.expected_days)
    empty = many == 0
    came, usual = (
        np.log(np.where(empty, 1.0, sums(each) / np.where(empty, 1.0, expected)))
        for each in (history.amounts_ftm[1:], batches.brought_days)
    )
    # Few batches seldom bring what many do on average: their logarithm is too low, by so much.
    return came - np.average(usual, weights=many), many


def _noise(logs: FloatArray, many: FloatArray) -> float:
    """The variance of a batch by itself: neighbouring spans differ by it, less the more they
    have."""
    apart = np.diff(logs) ** 2 / (1 / many[1:] + 1 / many[:-1])
    return max(float(apart.mean()) if apart.size else 1.0, _LEAST_NOISE**2)


@cache
def _jumps() -> FloatArray:
    """The chances of each mean after one span, by those of each before it, a row a mean."""
    some = -np.expm1(-_SPAN_DAYS / _DAYS_BETWEEN_JUMPS)
    stays = np.eye(_MEANS.size, dtype=np.float64)
    return np.asarray((1 - some) * stays + some * _bell(_MEANS)[:, np.newaxis], dtype=np.float64)


@cache
def _falls_back() -> FloatArray:
    """How a deviation on the grid goes on over one span, a matrix for each memory: a walk in small
    steps that is drawn back to 0 (Ornstein and Uhlenbeck)."""
    step = _DEVIATIONS[1] - _DEVIATIONS[0]
    up, down = (np.maximum(1 / step**2 - sign * _DEVIATIONS / (2 * step), 0.0) for sign in (1, -1))
    rates = np.diag(up[:-1], 1) + np.diag(down[1:], -1)
    rates -= np.diag(rates.sum(axis=1))
    values, vectors = np.linalg.eig(rates)
    over = np.exp(values * (_SPAN_DAYS / _MEMORIES_DAYS)[:, np.newaxis])
    matrices = (vectors * over[:, np.newaxis, :]) @ np.linalg.inv(vectors)
    return np.asarray(np.maximum(matrices.real, 0.0), dtype=np.float64)


def _bell(places: FloatArray) -> FloatArray:
    """A normal law's chances on a grid."""
    chances = np.exp(-(places**2) / 2)
    return np.asarray(chances / chances.sum(), dtype=np.float64)
