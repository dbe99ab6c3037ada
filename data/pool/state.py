"""What the pool says of itself at one block: the yardstick for what logs were rebuilt into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Block:
    """One block's number, hash (lower-case 0x text, None where made up) and time (UTC)."""

    number: int
    hash: str | None
    at: datetime


@dataclass(frozen=True)
class PoolState:
    """The pool's balance and views after `block`, in the contract's own names and units.

    `views` holds `firstWrId` and its like, `getBurnFee(AMOUNT)` for some amounts in wei, and
    `pendingWei`, the sum of the queued amounts. A view that gave no answer is left out.
    """

    block: Block
    balance_wei: int
    views: Mapping[str, int]
