"""The staking contract (SFC) as the stubs see it: delegations, lock-ups, rewards, returns.

Unlocked stake earns 30 % of the full rate; a lock-up adds up to the other 70 %, in
proportion to its length. A return takes a week.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from data.sample.amounts import PARTS
from data.sample.logs import (
    CLAIMED_REWARDS,
    DELEGATED,
    DEPLOYED,
    LOCKED_UP_STAKE,
    RESTAKED_REWARDS,
    STAKE_RETURNED,
    UNDELEGATED,
    UNLOCKED_STAKE,
    Emission,
)
from data.sample.story import DAY, LOCKS_END, Story

YEAR = 365 * DAY
_BASE_PERCENT, _EXTRA_PERCENT = 30, 70  # of the full rate, without and for the longest lock
_UNDELEGATION = 7 * DAY
# Full yearly rate in billionths at the window's start and end, and after the lock-ups' end.
_RATE_AT_START, _RATE_AT_END, _RATE_AFTER = 131_900_000, 71_300_000, 27_700_000

NOTHING = (0, 0, 0)  # extra and base reward of locked time, reward of unlocked time


def full_rate(story: Story, at: int) -> int:
    """Yearly reward of a stake locked for a year, in billionths of the stake."""
    if at >= LOCKS_END:
        return _RATE_AFTER
    return _RATE_AT_START + round((_RATE_AT_END - _RATE_AT_START) * story.share(at))


def _earned(story: Story, begin: int, end: int) -> int:
    """Full rate times seconds, at the rates before and after the lock-ups' end."""
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

    def is_locked(self, at: int) -> bool:
        """Whether the lock-up still runs."""
        return at < self.locked_until


@dataclass(frozen=True)
class Return:
    """Stake on its way back to a stub."""

    ready_at: int
    position: Position
    wr_id: int
    amount_wei: int


class Staking:
    """The stubs' positions; `idle_wei` lies in stubs and waits to be flushed to the pool."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.positions: list[Position] = []
        self.returning: list[Return] = []
        self.stub_count = 0
        self.idle_wei = 0

    @property
    def returning_wei(self) -> int:
        """Stake asked back and not yet in a stub."""
        return sum(item.amount_wei for item in self.returning)

    def deploy(self, stub: str, validator_ids: list[int]) -> tuple[Emission, ...]:
        """A new stub, empty, with the validators it will use."""
        stub_id, self.stub_count = self.stub_count, self.stub_count + 1
        self.positions += [Position(stub, validator_id) for validator_id in validator_ids]
        return (Emission(DEPLOYED, (stub_id, stub)),)

    def delegate(self, at: int, position: Position, amount_wei: int) -> tuple[Emission, ...]:
        """New stake, which earns from now on."""
        self._accrue(at, position)
        position.stake_wei += amount_wei
        return (Emission(DELEGATED, (position.stub, position.validator_id, amount_wei)),)

    def lock(
        self, at: int, position: Position, seconds: int, amount_wei: int
    ) -> tuple[Emission, ...]:
        """Lock the whole position from now on; `amount_wei` is what the lock-up adds."""
        self._accrue(at, position)
        position.lock_seconds, position.locked_until = seconds, at + seconds
        values = (position.stub, position.validator_id, seconds, amount_wei)
        return (Emission(LOCKED_UP_STAKE, values),)

    def claim(self, at: int, position: Position, *, restake: bool) -> tuple[Emission, ...]:
        """Take the rewards since the last claim, or add them to the stake."""
        self._accrue(at, position)
        rewards, position.accrued_wei = position.accrued_wei, NOTHING
        position.claimed_at = at
        values = (position.stub, position.validator_id, *rewards)
        if restake:
            claimed = Emission(RESTAKED_REWARDS, values)
            return (self.delegate(at, position, sum(rewards))[0], claimed)
        self.idle_wei += sum(rewards)
        return (Emission(CLAIMED_REWARDS, values),)

    def _accrue(self, at: int, position: Position) -> None:
        """Settle what the stake and lock-up that held until now have earned."""
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

    def unlock(
        self, at: int, position: Position, amount_wei: int, penalty_wei: int
    ) -> tuple[Emission, ...]:
        """Free locked stake before its time, for a penalty on the stake."""
        self._accrue(at, position)
        position.stake_wei -= penalty_wei
        values = (position.stub, position.validator_id, amount_wei, penalty_wei)
        return (Emission(UNLOCKED_STAKE, values),)

    def undelegate(self, at: int, position: Position, amount_wei: int) -> tuple[Emission, ...]:
        """Ask for stake back; it can be withdrawn a week later."""
        self._accrue(at, position)
        position.stake_wei -= amount_wei
        assert position.stake_wei >= 0
        wr_id, position.returns = position.returns, position.returns + 1
        self.returning.append(Return(at + _UNDELEGATION, position, wr_id, amount_wei))
        values = (position.stub, position.validator_id, wr_id, amount_wei)
        return (Emission(UNDELEGATED, values),)

    def withdraw(self, at: int) -> tuple[Emission, ...]:
        """Everything that is ready returns to its stub."""
        ready = [item for item in self.returning if item.ready_at <= at]
        self.returning = [item for item in self.returning if item.ready_at > at]
        self.idle_wei += sum(item.amount_wei for item in ready)
        return tuple(
            Emission(
                STAKE_RETURNED,
                (item.position.stub, item.position.validator_id, item.wr_id, item.amount_wei),
            )
            for item in ready
        )

    def flush(self) -> int:
        """Empty the stubs; returns the wei that the pool receives."""
        flushed, self.idle_wei = self.idle_wei, 0
        return flushed


def drawn_validators(rng: random.Random) -> list[int]:
    """The validators of a new stub: mostly one, sometimes two."""
    return rng.sample(range(1, 75), 1 if rng.random() < 0.7 else 2)
