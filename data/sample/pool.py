"""The pool's rules, as the contract has them: stakes, the queue, payouts, the burn fee.

All amounts are wei, all ratios are scaled by 1e18, all divisions round as Solidity does.
The contract has three generations: the first knows no fee shift, only the last says for
which token a stake was made.
"""

from __future__ import annotations

from dataclasses import dataclass

from data.sample.amounts import WEI
from data.sample.logs import (
    FEE_RULE_UPDATED_4,
    FEE_RULE_UPDATED_5,
    MANUAL_WITHDRAWAL_EXPECTED,
    MINIMUM_STAKE_CHANGED,
    PAID,
    STAKE_RECEIVED,
    STAKE_RECEIVED_2,
    TOKENS_BURNED,
    TOKENS_BURNED_2,
    Emission,
)


class RevertError(Exception):
    """A call that the contract would refuse."""


@dataclass(frozen=True)
class FeeRule:
    """Ratios at and beyond two points of gross FTM burned; linear between them."""

    min_ratio: int
    max_ratio: int
    start_wei: int
    stop_wei: int

    def fee(self, amount_wei: int, point_wei: int) -> int:
        """The fee on `amount_wei`, rounded up, at the ratio that holds at `point_wei`."""
        if point_wei >= self.stop_wei:
            ratio = self.max_ratio
        elif point_wei > self.start_wei:
            span = self.max_ratio - self.min_ratio
            ratio = self.min_ratio + span * (point_wei - self.start_wei) // (
                self.stop_wei - self.start_wei
            )
        else:
            ratio = self.min_ratio
        return -(-amount_wei * ratio // WEI)


@dataclass(frozen=True)
class Withdrawal:
    """A queued request: what its staker will be paid."""

    staker: str
    payout_wei: int


class Pool:
    """The contract's state. `ratio` is the bond token's: shares per FTM."""

    def __init__(self, rule: FeeRule) -> None:
        self.generation = 0
        self.rule, self.fee_shift_wei = rule, 0
        self.ratio = WEI
        self.balance_wei, self.stashed_wei, self.pending_wei, self.staked_wei = 0, 0, 0, 0
        self.minimum_stake_wei = 0
        self.first_wr_id = 0
        self.withdrawals: list[Withdrawal] = []
        self.marked: set[int] = set()

    @property
    def last_wr_id(self) -> int:
        """The id that the next request gets."""
        return len(self.withdrawals)

    @property
    def head(self) -> Withdrawal | None:
        """The request that is paid next."""
        return self.withdrawals[self.first_wr_id] if self.first_wr_id < self.last_wr_id else None

    def burn_fee(self, amount_wei: int) -> int:
        """What the view getBurnFee answers."""
        return self.rule.fee(amount_wei, amount_wei + self.fee_shift_wei)

    def stake(self, staker: str, amount_wei: int, is_rebasing: bool) -> tuple[Emission, ...]:
        """Take in FTM against bonds (rebasing) or certificates."""
        if amount_wei < self.minimum_stake_wei:
            raise RevertError("less than the minimum stake")
        self.balance_wei += amount_wei
        self.staked_wei += amount_wei
        if self.generation < 2:
            return (Emission(STAKE_RECEIVED, (staker, amount_wei)),)
        return (Emission(STAKE_RECEIVED_2, (staker, amount_wei, int(is_rebasing))),)

    def burn_bonds(self, staker: str, amount_wei: int) -> tuple[Emission, ...]:
        """Queue the FTM of rebasing tokens: their amount is in FTM."""
        shares = self.shares_of_balance(amount_wei)
        return self._burn(staker, amount_wei, shares, is_rebasing=True)

    def burn_certs(self, staker: str, shares: int) -> tuple[Emission, ...]:
        """Queue the FTM of certificates: their amount is in shares."""
        if self.generation == 0:
            raise RevertError("the first generation burns bonds only")
        return self._burn(staker, self.balance_of_shares(shares), shares, is_rebasing=False)

    def shares_of_balance(self, amount_wei: int) -> int:
        """Shares for wei of FTM, rounded down."""
        return amount_wei * self.ratio // WEI

    def balance_of_shares(self, shares: int) -> int:
        """FTM in wei, rounded up."""
        return -(-shares * WEI // self.ratio)

    def _burn(
        self, staker: str, amount_wei: int, shares: int, *, is_rebasing: bool
    ) -> tuple[Emission, ...]:
        """Queue a request; the fee shift grows by the gross amount, after the fee is taken."""
        fee_wei = min(self.burn_fee(amount_wei), amount_wei)
        wr_id = self.last_wr_id
        self.withdrawals.append(Withdrawal(staker, amount_wei - fee_wei))
        self.pending_wei += amount_wei - fee_wei
        if self.generation == 0:
            return (Emission(TOKENS_BURNED, (staker, amount_wei, shares, fee_wei, wr_id)),)
        self.fee_shift_wei += amount_wei
        values = (staker, amount_wei, shares, fee_wei, wr_id, int(is_rebasing))
        return (Emission(TOKENS_BURNED_2, values),)

    def can_pay(self) -> bool:
        """Whether the head can be paid, whole, beside what is stashed."""
        head = self.head
        return head is not None and self.balance_wei >= head.payout_wei + self.stashed_wei

    def withdraw_last(self, *, accepted: bool) -> tuple[Emission, ...]:
        """Pay the head, or stash its amount where the receiver does not accept the push."""
        head, wr_id = self.head, self.first_wr_id
        if head is None or not self.can_pay():
            raise RevertError("no head that the balance covers")
        self.first_wr_id += 1
        self.pending_wei -= head.payout_wei
        if not accepted:
            self.stashed_wei += head.payout_wei
            self.marked.add(wr_id)
            values = (head.staker, head.payout_wei, wr_id)
            return (Emission(MANUAL_WITHDRAWAL_EXPECTED, values),)
        self.balance_wei -= head.payout_wei
        return (Emission(PAID, (head.staker, head.payout_wei, wr_id)),)

    def withdraw_manual(self, wr_id: int) -> tuple[Emission, ...]:
        """Pay a stashed request, in whatever order its receiver asks."""
        if wr_id not in self.marked:
            raise RevertError(f"request {wr_id} is not marked for a manual withdrawal")
        self.marked.remove(wr_id)
        request = self.withdrawals[wr_id]
        self.stashed_wei -= request.payout_wei
        self.balance_wei -= request.payout_wei
        return (Emission(PAID, (request.staker, request.payout_wei, wr_id)),)

    def receive(self, amount_wei: int) -> None:
        """A stub's flush: a plain transfer, which leaves no log."""
        self.balance_wei += amount_wei

    def send_to_stub(self, amount_wei: int) -> None:
        """FTM that leaves for a stub, without a log of the pool's."""
        if amount_wei > self.balance_wei - self.stashed_wei:
            raise RevertError("more than the balance")
        self.balance_wei -= amount_wei

    def set_minimum_stake(self, amount_wei: int) -> tuple[Emission, ...]:
        """Smaller stakes are refused from now on."""
        self.minimum_stake_wei = amount_wei
        return (Emission(MINIMUM_STAKE_CHANGED, (amount_wei,)),)

    def set_fee_rule(self, rule: FeeRule, fee_shift_wei: int) -> tuple[Emission, ...]:
        """A new rule; since the second generation it also sets the fee shift."""
        self.rule = rule
        values = (rule.min_ratio, rule.max_ratio, rule.start_wei, rule.stop_wei)
        if self.generation == 0:
            return (Emission(FEE_RULE_UPDATED_4, values),)
        self.fee_shift_wei = fee_shift_wei
        return (Emission(FEE_RULE_UPDATED_5, (*values, fee_shift_wei)),)
