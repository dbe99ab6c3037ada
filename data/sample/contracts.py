"""The simulated contracts: the pool with its queue, and the staking contract (SFC) of its stubs.

The pool has three generations: the first knows no fee shift, only the last says for which
token a stake was made. At the SFC unlocked stake earns 30 % of the full rate; a lock-up adds
up to the other 70 %, in proportion to its length, and a return takes a week. Amounts are
wei, ratios are scaled by 1e18, divisions round as Solidity's do.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from data.pool import contracts as events
from data.pool.amounts import ONE
from data.pool.burn import FeeRule, bonds_of_shares, burn_fee_wei, shares_of_bonds
from data.sample.chain import Emitted, emit
from data.sample.story import DAY, LOCKS_END, PARTS, Story

YEAR = 365 * DAY
_BASE_PERCENT, _EXTRA_PERCENT = 30, 70  # of the full rate, without and for the longest lock
_UNDELEGATION = 7 * DAY
# Full yearly rate in billionths at the window's start and end, and after the lock-ups' end.
_RATE_AT_START, _RATE_AT_END, _RATE_AFTER = 131_900_000, 71_300_000, 27_700_000

NOTHING = (0, 0, 0)  # extra and base reward of locked time, reward of unlocked time


class RevertError(Exception):
    """A call that the contract would refuse."""


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
        self.ratio = ONE
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
        return burn_fee_wei(self.rule, amount_wei, self.fee_shift_wei)

    def stake(self, staker: str, amount_wei: int, is_rebasing: bool) -> Emitted:
        """Take in FTM against bonds (rebasing) or certificates."""
        if amount_wei < self.minimum_stake_wei:
            raise RevertError("less than the minimum stake")
        self.balance_wei += amount_wei
        self.staked_wei += amount_wei
        if self.generation < 2:
            return emit(events.STAKE_RECEIVED, staker, amount_wei)
        return emit(events.STAKE_RECEIVED_2, staker, amount_wei, int(is_rebasing))

    def burn_bonds(self, staker: str, amount_wei: int) -> Emitted:
        """Queue the FTM of rebasing tokens: their amount is in FTM."""
        shares = shares_of_bonds(amount_wei, self.ratio)
        return self._burn(staker, amount_wei, shares, is_rebasing=True)

    def burn_certs(self, staker: str, shares: int) -> Emitted:
        """Queue the FTM of certificates: their amount is in shares."""
        if self.generation == 0:
            raise RevertError("the first generation burns bonds only")
        return self._burn(staker, bonds_of_shares(shares, self.ratio), shares, is_rebasing=False)

    def _burn(self, staker: str, amount_wei: int, shares: int, *, is_rebasing: bool) -> Emitted:
        """Queue a request; the fee shift grows by the gross amount, after the fee is taken."""
        fee_wei = self.burn_fee(amount_wei)
        wr_id = self.last_wr_id
        self.withdrawals.append(Withdrawal(staker, amount_wei - fee_wei))
        self.pending_wei += amount_wei - fee_wei
        if self.generation == 0:
            return emit(events.TOKENS_BURNED, staker, amount_wei, shares, fee_wei, wr_id)
        self.fee_shift_wei += amount_wei
        values = (staker, amount_wei, shares, fee_wei, wr_id, int(is_rebasing))
        return emit(events.TOKENS_BURNED_2, *values)

    def can_pay(self) -> bool:
        """Whether the head can be paid, whole, beside what is stashed."""
        head = self.head
        return head is not None and self.balance_wei >= head.payout_wei + self.stashed_wei

    def withdraw_last(self, *, accepted: bool) -> Emitted:
        """Pay the head, or stash its amount where the receiver does not accept the push."""
        head, wr_id = self.head, self.first_wr_id
        if head is None or not self.can_pay():
            raise RevertError("no head that the balance covers")
        self.first_wr_id += 1
        self.pending_wei -= head.payout_wei
        if not accepted:
            self.stashed_wei += head.payout_wei
            self.marked.add(wr_id)
            return emit(events.MANUAL_WITHDRAWAL_EXPECTED, head.staker, head.payout_wei, wr_id)
        self.balance_wei -= head.payout_wei
        return emit(events.PAID, head.staker, head.payout_wei, wr_id)

    def withdraw_manual(self, wr_id: int) -> Emitted:
        """Pay a stashed request, in whatever order its receiver asks."""
        if wr_id not in self.marked:
            raise RevertError(f"request {wr_id} is not marked for a manual withdrawal")
        self.marked.remove(wr_id)
        request = self.withdrawals[wr_id]
        self.stashed_wei -= request.payout_wei
        self.balance_wei -= request.payout_wei
        return emit(events.PAID, request.staker, request.payout_wei, wr_id)

    def receive(self, amount_wei: int) -> None:
        """A stub's flush: a plain transfer, which leaves no log."""
        self.balance_wei += amount_wei

    def send_to_stub(self, amount_wei: int) -> None:
        """FTM that leaves for a stub, without a log of the pool's."""
        if amount_wei > self.balance_wei - self.stashed_wei:
            raise RevertError("more than the balance")
        self.balance_wei -= amount_wei

    def set_minimum_stake(self, amount_wei: int) -> Emitted:
        """Smaller stakes are refused from now on."""
        self.minimum_stake_wei = amount_wei
        return emit(events.MINIMUM_STAKE_CHANGED, amount_wei)

    def set_fee_rule(self, rule: FeeRule, fee_shift_wei: int) -> Emitted:
        """A new rule; since the second generation it also sets the fee shift."""
        self.rule = rule
        values = (rule.min_ratio, rule.max_ratio, rule.increase_start_wei, rule.increase_stop_wei)
        if self.generation == 0:
            return emit(events.FEE_RULE_UPDATED_4, *values)
        self.fee_shift_wei = fee_shift_wei
        return emit(events.FEE_RULE_UPDATED_5, *values, fee_shift_wei)


def full_rate(story: Story, at: int) -> int:
    """Yearly reward of a stake locked for a year, in billionths of the stake."""
    if at >= LOCKS_END:
        return _RATE_AFTER
    return _RATE_AT_START + round((_RATE_AT_END - _RATE_AT_START) * story.share(at))


def _earned(story: Story, begin: int, end: int) -> int:
    """The full rate summed over the seconds from `begin` to `end`; it drops when lock-ups end."""
    turn = max(begin, min(end, LOCKS_END))
    return full_rate(story, begin) * (turn - begin) + _RATE_AFTER * (end - turn)


@dataclass
class Position:
    """One stub's stake at one validator. Times are unix seconds, 0 for never."""

    stub: str
    validator_id: int
    stake_wei: int = 0
    lock_seconds: int = 0
    locked_until: int = 0
    accrued_until: int = 0
    accrued_wei: tuple[int, int, int] = NOTHING
    claimed_at: int = 0
    returns: int = 0

    @property
    def place(self) -> tuple[str, int]:
        """What each of its events begins with."""
        return self.stub, self.validator_id

    def is_locked(self, at: int) -> bool:
        return at < self.locked_until


@dataclass(frozen=True)
class Return:
    """Stake on its way back to a stub."""

    ready_at: int
    position: Position
    wr_id: int
    amount_wei: int


class Staking:
    """The stubs' positions; `idle` lies in each stub and waits to be flushed to the pool."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.positions: list[Position] = []
        self.returning: list[Return] = []
        self.idle: dict[str, int] = {}

    @property
    def stub_count(self) -> int:
        """How many stubs were deployed."""
        return len(self.idle)

    @property
    def idle_wei(self) -> int:
        """What lies in all stubs."""
        return sum(self.idle.values())

    @property
    def returning_wei(self) -> int:
        """Stake asked back and not yet in a stub."""
        return sum(item.amount_wei for item in self.returning)

    def deploy(self, stub: str, validator_ids: list[int]) -> Emitted:
        """A new stub, empty, with the validators it will use."""
        stub_id = self.stub_count
        self.idle[stub] = 0
        self.positions += [Position(stub, validator_id) for validator_id in validator_ids]
        return emit(events.DEPLOYED, stub_id, stub)

    def delegate(self, at: int, position: Position, amount_wei: int) -> Emitted:
        """New stake, which earns from now on."""
        self._accrue(at, position)
        position.stake_wei += amount_wei
        return emit(events.DELEGATED, *position.place, amount_wei)

    def lock(self, at: int, position: Position, seconds: int, amount_wei: int) -> Emitted:
        """Lock the whole position from now on; `amount_wei` is what the lock-up adds."""
        self._accrue(at, position)
        position.lock_seconds, position.locked_until = seconds, at + seconds
        return emit(events.LOCKED_UP_STAKE, *position.place, seconds, amount_wei)

    def claim(self, at: int, position: Position, *, restake: bool) -> Emitted:
        """Take the rewards since the last claim, or add them to the stake."""
        self._accrue(at, position)
        rewards, position.accrued_wei = position.accrued_wei, NOTHING
        position.claimed_at = at
        if restake:
            delegated = self.delegate(at, position, sum(rewards))
            return delegated + emit(events.RESTAKED_REWARDS, *position.place, *rewards)
        self.idle[position.stub] += sum(rewards)
        return emit(events.CLAIMED_REWARDS, *position.place, *rewards)

    def _accrue(self, at: int, position: Position) -> None:
        """Add what was earned since the last call, under the stake and lock-up that held until
        now."""
        since = position.accrued_until
        unlocked_from = max(since, min(at, position.locked_until))
        locked = position.stake_wei * _earned(self._story, since, unlocked_from)
        unlocked = position.stake_wei * _earned(self._story, unlocked_from, at)
        whole = 100 * PARTS * YEAR
        extra, base, free = position.accrued_wei
        position.accrued_until = at
        position.accrued_wei = (
            extra + locked * _EXTRA_PERCENT * position.lock_seconds // (whole * YEAR),
            base + locked * _BASE_PERCENT // whole,
            free + unlocked * _BASE_PERCENT // whole,
        )

    def unlock(self, at: int, position: Position, amount_wei: int, penalty_wei: int) -> Emitted:
        """Free locked stake before its time, for a penalty on the stake."""
        self._accrue(at, position)
        position.stake_wei -= penalty_wei
        return emit(events.UNLOCKED_STAKE, *position.place, amount_wei, penalty_wei)

    def undelegate(self, at: int, position: Position, amount_wei: int) -> Emitted:
        """Ask for stake back; it can be withdrawn a week later."""
        self._accrue(at, position)
        position.stake_wei -= amount_wei
        assert position.stake_wei >= 0
        wr_id, position.returns = position.returns, position.returns + 1
        self.returning.append(Return(at + _UNDELEGATION, position, wr_id, amount_wei))
        return emit(events.UNDELEGATED, *position.place, wr_id, amount_wei)

    def withdraw(self, at: int) -> Emitted:
        """Everything that is ready returns to its stub."""
        ready = [item for item in self.returning if item.ready_at <= at]
        self.returning = [item for item in self.returning if item.ready_at > at]
        emitted: Emitted = ()
        for item in ready:
            place, amount_wei = item.position.place, item.amount_wei
            self.idle[item.position.stub] += amount_wei
            emitted += emit(events.STAKE_RETURNED, *place, item.wr_id, amount_wei)
        return emitted

    def flush(self) -> int:
        """Empty the stubs; returns the wei that the pool receives."""
        flushed = self.idle_wei
        self.idle = dict.fromkeys(self.idle, 0)
        return flushed


def drawn_validators(rng: random.Random) -> list[int]:
    """The validators of a new stub: mostly one, sometimes two."""
    return rng.sample(range(1, 75), 1 if rng.random() < 0.7 else 2)
