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

import polars as pl

from forecast import ReleaseWindow, ServiceCurve, prepare
from forecast.history import read_history
from forecast.window import is_stalled

# Sums of FTM as DOUBLE agree to about this share of them.
_DUST = 1e-12
_TIME = pl.Datetime("us", "UTC")


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
        whole = ahead_ftm + payout_ftm
        if self.spendable_ftm is None:
            return whole, min(self.unseen_ftm, whole)
        missing = whole - self.spendable_ftm
        return (missing if missing > _DUST * whole else 0.0), 0.0

    def window(self, ahead_ftm: float | None, payout_ftm: float | None) -> ReleaseWindow | None:
        """The odds of a request that `ahead_ftm` stand before; None where that is unknown."""
        if ahead_ftm is None or payout_ftm is None:
            return None
        return self.curve.window(*self.need(ahead_ftm, payout_ftm))

    def new_window(self, payout_ftm: float) -> ReleaseWindow | None:
        """The odds of a request made now; None where what stands before it is unknown."""
        return self.window(self.waiting_ftm, payout_ftm)


def read_present(
    ahead: Mapping[str, Any],
    funding: pl.DataFrame,
    inflows: pl.DataFrame,
    lock_ups: pl.DataFrame,
    source: str,
    at: datetime,
) -> Present:
    """From the answers of `money_ahead`, `funding` of this `source`, that of the inflows, and
    `lock_up_ends`.

    Payouts pause behind a large head while money still comes: they have stopped only where the
    inflows have as well. Raises forecast.ForecastError for what cannot be forecast from.
    """
    funding, inflows, lock_ups = (each.drop_nulls() for each in (funding, inflows, lock_ups))
    unspent: float | None = None
    if source == "payouts":
        funding, unspent = _with_unspent(funding, inflows, ahead["spendable_ftm"], at)
    curve = prepare(funding, at, lock_ups=lock_ups)
    if curve.stalled and source == "payouts" and not is_stalled(read_history(inflows, at)):
        curve = replace(curve, stalled=False)
    unseen = math.inf if ahead["head_ftm"] is None else ahead["head_ftm"]
    inputs = [repr((source, at, ahead["waiting_ftm"], ahead["spendable_ftm"], unseen))]
    inputs += [str(frame.hash_rows(seed=0).to_list()) for frame in (funding, inflows, lock_ups)]
    return Present(
        curve=curve,
        source=source,
        waiting_ftm=ahead["waiting_ftm"],
        spendable_ftm=ahead["spendable_ftm"],
        unseen_ftm=unseen,
        unspent_ftm=unspent or 0.0,
        inputs_hash=hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:12],
    )


def _with_unspent(
    payouts: pl.DataFrame, inflows: pl.DataFrame, spendable_ftm: float | None, at: datetime
) -> tuple[pl.DataFrame, float | None]:
    """Payouts, with the money that came since and was not paid out because the head wants more.

    It counts as one batch at the time of the last inflow, as large as what the pool can spend. If
    that is less than a usual payout, it is a remainder and tells nothing: None.
    """
    usual = payouts["amount_ftm"].median()
    came = inflows.filter(pl.col("funded_at") < at)["funded_at"].cast(_TIME).max()
    paid = payouts.filter(pl.col("funded_at") < at)["funded_at"].cast(_TIME).max()
    if spendable_ftm is None or not isinstance(usual, float) or spendable_ftm < usual:
        return payouts, None
    if not isinstance(came, datetime) or not isinstance(paid, datetime) or came <= paid:
        return payouts, None
    last = pl.DataFrame({"funded_at": [came], "amount_ftm": [spendable_ftm]})
    return pl.concat([payouts, last.cast(payouts.schema)]), spendable_ftm
