"""What the devnet is held to: where its history ends, and the fee as the pool's rule has it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

DEVNET_UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)


def expected_fee(rule: Mapping[str, int], amount: int, point: int) -> int:
    """The fee by the pool's rule, written a second time: in wei, never more than the amount."""
    low, high = rule["minFeeRatio"], rule["maxFeeRatio"]
    start, stop = rule["feeIncreaseStart"], rule["feeIncreaseStop"]
    if point >= stop:
        ratio = high
    elif point > start:
        ratio = low + (high - low) * (point - start) // (stop - start)
    else:
        ratio = low
    return min(-(-amount * ratio // 10**18), amount)
