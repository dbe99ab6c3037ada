"""Forecasts that were shown beside what is known of their requests by now, in days.

What was paid belongs to its payout batch. What still waits belongs to none yet: see `batches`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from forecast.backtest import payout_batches
from forecast.history import FloatArray, days_from
from scoring.forecast_line import LEVELS

Batches = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Shown:
    """Days waited, infinite for what still waits, the forecasts' ages and their horizons.

    `batch` is the payout batch of what was paid; `payouts` are the batches' moments before now.
    """

    frame: pl.DataFrame
    wait: FloatArray
    age: FloatArray
    horizon: FloatArray
    batch: Batches
    payouts: FloatArray

    def only(self, kept: pl.Series | npt.NDArray[np.bool_]) -> Shown:
        """Those that a mask keeps."""
        mask = kept.to_numpy() if isinstance(kept, pl.Series) else kept
        parts = (self.wait[mask], self.age[mask], self.horizon[mask], self.batch[mask])
        frame = self.frame.filter(pl.Series(mask, dtype=pl.Boolean))
        return Shown(frame, *parts, self.payouts)

    def batches(self, counts_after: FloatArray | float) -> Batches:
        """The batch of each, where a forecast counts from so many days after it was made.

        Of what still waits, those make one batch between whose moments nobody was paid.
        """
        passed = np.searchsorted(self.payouts, counts_after - self.age, side="right")
        waiting = self.payouts.size + passed
        return np.where(np.isinf(self.wait), waiting, self.batch)

    def marks(self) -> FloatArray:
        """The quantiles at `LEVELS`, a row each, at most the horizon."""
        told = self.frame["quantiles"].list.to_array(len(LEVELS)).to_numpy()
        return np.asarray(np.fmin(told, self.horizon[:, np.newaxis]))  # null is past the horizon

    @property
    def truth(self) -> FloatArray:
        """Days waited, at most the horizon."""
        return np.minimum(self.wait, self.horizon)


def beside_truth(log_frame: pl.DataFrame, requests: pl.DataFrame, as_of: datetime) -> Shown:
    """The forecasts of requests that waited then, with what is known at `as_of`."""
    released = pl.col("released_at")
    known = requests.unique("wr_id", keep="first", maintain_order=True).select(
        "wr_id", "requested_at", pl.when(released <= as_of).then(released).alias("released_at")
    )
    paid = known["released_at"].is_not_null().to_numpy()
    ends = days_from(known["released_at"].fill_null(as_of), as_of)
    batch = payout_batches(np.where(paid, ends, np.inf))
    payouts = np.sort(ends[paid])[np.unique(np.sort(batch[paid]), return_index=True)[1]]
    known = known.with_columns(batch=batch)
    at = pl.col("forecast_at")
    frame = log_frame.join(known, on="wr_id", how="inner", maintain_order="left").filter(
        at <= as_of, pl.col("requested_at") <= at, (released >= at).fill_null(True)
    )
    begins = days_from(frame["forecast_at"], as_of)
    ends = days_from(frame["released_at"].fill_null(as_of), as_of)
    waits = np.where(frame["released_at"].is_null().to_numpy(), np.inf, ends - begins)
    horizon = frame["horizon_days"].to_numpy()
    of_frame = frame["batch"].to_numpy().astype(np.intp)
    return Shown(frame, waits, -begins, horizon, of_frame, payouts)
