"""What one live reading of the pool says, and of one holder of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from data.pool.burn import FeeRule, Token


@dataclass(frozen=True)
class Holder:
    """One address at the reading's block. `gas` is the burn's estimate with a margin;
    `refusal` is why the node says that the burn would fail, in the contract's words ("" where
    it gave none), None where it would not. No allowance is needed for any burn."""

    address: str
    native_wei: int | None
    bond_wei: int | None
    bond_shares_wei: int | None
    cert_wei: int | None
    is_contract: bool | None
    gas: int | None
    refusal: str | None
    most_wei: int | None


@dataclass(frozen=True)
class Reading:
    """The pool at one block, whose time is UTC, as `host` gave it; FTM and tokens in wei.

    `fee_wei` is `getBurnFee` of `gross_wei`, the FTM that `amount_wei` of `token` is worth,
    and at most that. `supply_wei` is all there is of `token`. Pending ids are
    [first_wr_id, last_wr_id); `pending` is what each is to be paid. `unknown` holds, by field,
    why it is None; a holder's fields begin with `holder.`.
    """

    network: str
    host: str
    block: int
    at: datetime
    token: Token
    amount_wei: int
    ratio: int | None
    supply_wei: int | None
    gross_wei: int | None
    fee_wei: int | None
    payout_wei: int | None
    fee_rule: FeeRule | None
    fee_shift_wei: int | None
    first_wr_id: int | None
    last_wr_id: int | None
    pending: Mapping[int, int] | None
    balance_wei: int | None
    stashed_wei: int | None
    minimum_stake_wei: int | None
    gas_price_wei: int | None
    holder: Holder | None
    unknown: Mapping[str, str]

    @property
    def pending_wei(self) -> int | None:
        """What all pending requests are to be paid."""
        return None if self.pending is None else sum(self.pending.values())

    def ahead_wei(self, wr_id: int) -> int | None:
        """What is to be paid before request `wr_id`, which may have been paid itself; None where
        this reading is of before it."""
        if self.pending is None or self.last_wr_id is None or wr_id > self.last_wr_id:
            return None
        return sum(wei for other, wei in self.pending.items() if other < wr_id)

    @property
    def spendable_wei(self) -> int | None:
        """What the pool can pay requests from."""
        if self.balance_wei is None or self.stashed_wei is None:
            return None
        return self.balance_wei - self.stashed_wei
