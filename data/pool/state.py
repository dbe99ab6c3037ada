"""What the pool says of itself after a block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from data.pool.contracts import BOND_CONTRACT, CERT_CONTRACT

# The name of a stub's balance among what the contract said.
_BALANCE = "eth_getBalance("


@dataclass(frozen=True)
class Block:
    """One block's number, hash (lower-case 0x text, None where made up) and time (UTC)."""

    number: int
    hash: str | None
    at: datetime


@dataclass(frozen=True)
class Balance:
    """The pool's balance in wei after `block`, whose time is `at` (UTC)."""

    block: int
    at: datetime
    balance_wei: int


@dataclass(frozen=True)
class PoolState:
    """What the pool says of itself after `block`, in the contract's own names and units.

    `views` holds `firstWrId` and its like, `getBurnFee(AMOUNT)` for some amounts in wei,
    `pendingWei`, the sum of the queued amounts, and the bond's `ratio`; `contracts` the addresses
    (lower case) that `bondContract` and `certContract` answer. What gave no answer is left out.
    `stub_balances` is what each stub held in wei, by address, None where that is not known.
    """

    block: Block
    balance_wei: int
    views: Mapping[str, int]
    contracts: Mapping[str, str] = field(default_factory=dict)
    stub_balances: Mapping[str, int] | None = None

    @property
    def texts(self) -> dict[str, str]:
        """All but the pool's balance as text, by the name of what was asked for: the views, the
        contracts, and the balance of each stub."""
        balances = self.stub_balances or {}
        return {
            **{name: str(value) for name, value in self.views.items()},
            **self.contracts,
            **{f"{_BALANCE}{stub})": str(wei) for stub, wei in balances.items()},
        }

    @classmethod
    def of_texts(cls, block: Block, balance_wei: int, texts: Mapping[str, str]) -> Self:
        """The state with these `texts`. Raises ValueError where one is none of a state."""
        views, contracts, stubs = {}, {}, {}
        for name, text in texts.items():
            if name in (BOND_CONTRACT.name, CERT_CONTRACT.name):
                contracts[name] = text
            elif name.startswith(_BALANCE):
                stubs[name[len(_BALANCE) : -1]] = int(text)
            else:
                views[name] = int(text)
        return cls(block, balance_wei, views, contracts, stubs or None)
