"""What can be forecast at a store's last block: for a new unstake, and for each that waits.

Money in the pool is taken off what has to come. Where how much is there is not known, it is no
0: each future believes in another part of what may be there, which widens the answer.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from forecast.history import History, read_history
from forecast.known_ends import read_lock_ups
from forecast.window import (
    HORIZON_DAYS,
    PATHS,
    ReleaseWindow,
    ServiceCurve,
    futures,
    is_stalled,
)

# Sums of FTM as DOUBLE agree to about this share of them.
_DUST = 1e-12


@dataclass(frozen=True, eq=False)
class Present:
    """The futures at `curve.at` and the money that has to come first; all amounts are in FTM.

    `waiting_ftm` is None where a payout is unknown, `spendable_ftm` where the pool's balance is;
    `unseen_ftm` is then the most that the pool may hold. `unspent_ftm` is money that came since the
    last payout and was not paid out; it is among the money drawn from. `inputs_hash` names all
    inputs: the same inputs give the same odds.
    """

    curve: ServiceCurve
    source: str
    waiting_ftm: float | None
    spendable_ftm: float | None
    unseen_ftm: float
    unspent_ftm: float
    inputs_hash: str

    def need(self, ahead_ftm: float, payout_ftm: float) -> tuple[float, float]:
        """What has to come for a request, and how much of that may be there already."""
        return still_needed(ahead_ftm + payout_ftm, self.spendable_ftm, self.unseen_ftm)

    def window(self, ahead_ftm: float | None, payout_ftm: float | None) -> ReleaseWindow | None:
        """The odds of a request that `ahead_ftm` stand before; None where that is unknown."""
        if ahead_ftm is None or payout_ftm is None:
            return None
        return self.curve.window(*self.need(ahead_ftm, payout_ftm))

    def new_window(self, payout_ftm: float) -> ReleaseWindow | None:
        """The odds of a request made now; None where what stands before it is unknown."""
        return self.window(self.waiting_ftm, payout_ftm)


def still_needed(
    whole_ftm: float, spendable_ftm: float | None, unseen_ftm: float
) -> tuple[float, float]:
    """What of a sum has to come, and how much of that may be in the pool already: nothing where it
    is known what the pool can spend, else `unseen_ftm` at most."""
    if spendable_ftm is None:
        return whole_ftm, min(unseen_ftm, whole_ftm)
    missing = whole_ftm - spendable_ftm
    return (missing if missing > _DUST * whole_ftm else 0.0), 0.0


def read_present(
    ahead: Mapping[str, Any],
    funding: pl.DataFrame,
    inflows: pl.DataFrame,
    lock_ups: pl.DataFrame,
    source: str,
    at: datetime,
    horizon_days: float = HORIZON_DAYS,
) -> Present:
    """From the answers of `money_ahead`, `funding` of this `source`, that of the inflows, and
    `lock_up_ends`; dates are given up to `horizon_days` after `at`.

    Raises forecast.ForecastError for what cannot be forecast from.
    """
    funding, inflows = (each.drop_nulls() for each in (funding, inflows))
    lock_ups = lock_ups.drop_nulls(["ends_at", "amount_ftm"])
    history, unspent = read_history(funding, at), 0.0
    came = read_history(inflows, at) if source == "payouts" else None
    if came is not None:
        history, unspent = with_unspent(history, came, ahead["spendable_ftm"])
    curve = goes_on(
        futures(history, read_lock_ups(lock_ups), paths=PATHS, horizon_days=horizon_days, seed=0),
        came,
    )
    unseen = math.inf if ahead["head_ftm"] is None else ahead["head_ftm"]
    inputs = [repr((source, at, ahead["waiting_ftm"], ahead["spendable_ftm"], unseen))]
    inputs += [str(frame.hash_rows(seed=0).to_list()) for frame in (funding, inflows, lock_ups)]
    return Present(
        curve=curve,
        source=source,
        waiting_ftm=ahead["waiting_ftm"],
        spendable_ftm=ahead["spendable_ftm"],
        unseen_ftm=unseen,
        unspent_ftm=unspent,
        inputs_hash=hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:12],
    )


def with_unspent(
    payouts: History, inflows: History, spendable_ftm: float | None
) -> tuple[History, float]:
    """Payouts, with the money that came since and was not paid out because the head wants more, and
    how much that is.

    It counts as one batch at the time of the last inflow, as large as what the pool can spend. If
    that is less than a usual payout, it is a remainder and tells nothing.
    """
    if spendable_ftm is None or not payouts.days.size or not inflows.days.size:
        return payouts, 0.0
    if spendable_ftm < np.median(payouts.amounts_ftm) or inflows.days[-1] <= payouts.days[-1]:
        return payouts, 0.0
    return payouts.also(float(inflows.days[-1]), spendable_ftm), spendable_ftm


def goes_on(curve: ServiceCurve, inflows: History | None) -> ServiceCurve:
    """A curve of payouts, which pause behind a large head while money still comes: they have
    stopped only where the `inflows` have as well. Of other money there are none to give."""
    if curve.stalled and inflows is not None and not is_stalled(inflows):
        return replace(curve, stalled=False)
    return curve
