"""On which terms the pool burns, as the store's own logs tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.pool.burn import FeeRule, RebuiltFee, burn_fee_wei


@dataclass(frozen=True)
class Terms:
    """The terms up to `block`: shares per FTM scaled by 1e18, the fee's rule, and `feeShift` in
    wei. None is what the logs do not tell."""

    ratio: int | None
    rule: FeeRule | None
    shift_wei: int | None
    block: int

    def fee(self, gross_wei: int) -> RebuiltFee | None:
        """The fee on a burn worth `gross_wei`; None where the logs tell no rule."""
        if self.rule is None or self.shift_wei is None:
            return None
        return RebuiltFee(burn_fee_wei(self.rule, gross_wei, self.shift_wei), self.block)


def read_terms(row: Mapping[str, Any]) -> Terms | None:
    """The terms in the one row of `unstake_terms`; None where the store has no block yet."""
    if row["block"] is None:
        return None
    numbers = {name: None if value is None else int(value) for name, value in row.items()}
    rule = (
        numbers["min_fee_ratio_wei"],
        numbers["max_fee_ratio_wei"],
        numbers["fee_increase_start_wei"],
        numbers["fee_increase_stop_wei"],
    )
    return Terms(
        ratio=numbers["ratio_wei"],
        rule=None if None in rule else FeeRule(*rule),  # type: ignore[arg-type]
        shift_wei=numbers["fee_shift_wei"],
        block=row["block"],
    )
