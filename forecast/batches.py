"""What a batch brings apart from the level: more after a long gap, and more or less by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.history import TRAILING_DAYS, FloatArray, History

_PILED_SHARES = np.linspace(0.0, 1.0, 5)


@dataclass(frozen=True, eq=False)
class Batches:
    """Of all batches but the first, whose gap is not known: how many days' money each was expected
    to bring after its gap, and how many it did bring; their sums are the same. `piled_share` of
    what is expected grows with the gap, the rest is that of a usual gap."""

    expected_days: FloatArray
    brought_days: FloatArray
    piled_share: float
    usual_days: float

    def brought_after(self, gaps: FloatArray, like: npt.NDArray[np.intp]) -> FloatArray:
        """How many days' money comes after `gaps` in batches that are as large for their gaps as
        those of history at `like`."""
        expected = _expected(gaps, self.piled_share, self.usual_days)
        return expected * self.brought_days[like] / self.expected_days[like]


def read_batches(history: History) -> Batches:
    """What is expected may pile up through the gap, or not, or in part."""
    gaps, amounts = history.gaps, history.amounts_ftm[1:]
    usual = float(gaps.mean())
    expected = _expected(gaps, _PILED_SHARES[:, np.newaxis], usual)
    # The level hardly moves from batch to batch: the right share makes neighbours most alike.
    unlike = np.mean(np.diff(np.log(amounts / expected), axis=1) ** 2, axis=1)
    best = int(np.argmin(unlike))
    relative = amounts / _level_around(history)
    brought = relative * expected[best].sum() / relative.sum()
    return Batches(expected[best], brought, float(_PILED_SHARES[best]), usual)


def _expected(gaps: FloatArray, piled_share: float | FloatArray, usual_days: float) -> FloatArray:
    return np.asarray((1 - piled_share) * usual_days + piled_share * gaps, dtype=np.float64)


def _level_around(history: History) -> FloatArray:
    """FTM a day around each batch but the first; at least what it brought itself."""
    amounts = history.amounts_ftm[1:]
    after = np.minimum(history.days[1:] + TRAILING_DAYS, 0.0)
    before = np.maximum(history.days[1:] - TRAILING_DAYS, history.days[0])
    arrived = np.concatenate([[0.0], np.cumsum(history.amounts_ftm)])
    came = arrived[np.searchsorted(history.days, after, side="right")]
    came = came - arrived[np.searchsorted(history.days, before, side="right")]
    return np.asarray(np.maximum(came, amounts) / np.maximum(after - before, 1.0))
