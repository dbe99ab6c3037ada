"""What the operator does, run by run: claim, return, flush, delegate, pay the queue's head.

Runs come about once a day and not at all in outages. Money reaches the queue from rewards
of ended lock-ups, from a part of new stakes, and from stake returned on purpose when the
queue has grown beyond what the operator tolerates: that keeps it from growing for ever.
"""

from __future__ import annotations

from data.pool.amounts import ONE
from data.sample.chain import Emitted, made_up_address
from data.sample.contracts import Position, drawn_validators
from data.sample.stakers import Stakers
from data.sample.story import DAY, LOCKS_END, share_of
from data.sample.world import World, stream

_HOUR = 3_600
_LOCK_DAYS = (14, 30, 60, 90, 180, 365)
_LOCK_WEIGHTS = (15, 22, 18, 15, 18, 12)
# Shares of the window at which stubs are deployed: most early, some late.
_STUBS_AT_START, _STUBS_EARLY, _STUBS = 9, 33, 47
_EARLY_BEGINS, _EARLY_ENDS, _LATE_ENDS = 0.006, 0.12, 0.83
_AT_START_GAP = 0.0004  # half a day
_KEPT_WEI = 150 * ONE  # stays in the pool when nobody waits
_LEAST_SENT_WEI = 400 * ONE  # smaller sums are not worth a delegation
_MOST_SENT_WEI = 4_000 * ONE  # to one stub at once
_STAKES_SENT = 0.55  # share of new stakes that is delegated though people wait
_PAYOUTS_A_RUN = 14
_RUN_GAP_HOURS, _MORE_GAP_HOURS = 3, 19  # at least, and on average on top
_FLUSH_CHANCE = 0.9  # of a run
_RESTAKE_CHANCE, _RESTAKE_CHANCE_IDLE = 0.03, 0.3  # of a claim, with and without a queue
_CLAIMED_AT_ONCE = (1, 1, 1, 2, 3)  # positions in one transaction
_RETURNED = 0.22  # share of an untolerated shortage that one lock-up's end returns, about
_LEAST_RETURNED_WEI = 120 * ONE
_EMERGENCY_WEI = 17_000 * ONE  # shortage at which a lock-up is broken
_EMERGENCY_GAP = 23 * DAY
_COLLECTING = 9 * DAY  # before the lock-ups' end
_COLLECT_CHANCE = 0.5  # of a position, in each run of those days
_FETCH_DAYS, _LONGEST_FETCH_DAYS = 3.0, 40.0  # until a refused payout is fetched: median
_PENALTY = 0.0143  # of the stake whose lock-up is broken


class Operator:
    """Puts the operator's runs on the agenda."""

    def __init__(self, world: World, stakers: Stakers) -> None:
        self._rng = stream(world.seed, "operator")
        self._seed, self._story, self._stakers = world.seed, world.story, stakers
        self._pool, self._staking = world.pool, world.staking
        self._chain, self._agenda = world.chain, world.agenda
        self._stakes_seen_wei, self._payouts_left = 0, 0
        self._last_emergency = world.story.start

    def begin(self) -> None:
        """Put the deployments and the first run on the agenda."""
        for number in range(_STUBS):
            if number < _STUBS_AT_START:
                share = _AT_START_GAP * (1 + number)
            elif number < _STUBS_EARLY:
                done = (number - _STUBS_AT_START) / (_STUBS_EARLY - _STUBS_AT_START)
                share = _EARLY_BEGINS + (_EARLY_ENDS - _EARLY_BEGINS) * done
            else:
                done = (number - _STUBS_EARLY + 1) / (_STUBS - _STUBS_EARLY)
                share = _EARLY_ENDS + (_LATE_ENDS - _EARLY_ENDS) * done
            self._agenda.put(self._story.at(share), self._deploy)
        self._agenda.put(self._story.start + 2 * DAY, self._run)

    def _deploy(self, at: int) -> None:
        stub = made_up_address(self._seed, "stub", self._staking.stub_count)
        self._chain.transact(at, self._staking.deploy(stub, drawn_validators(self._rng)))

    def _run(self, at: int) -> None:
        """One round: money in, money out, then the queue; and the next round."""
        back = self._story.back_from_outage(at)
        if back > at:
            self._agenda.put(back + self._rng.randrange(9 * _HOUR), self._run)
            return
        returned = self._staking.withdraw(at)
        if returned:
            self._chain.transact(at, returned)
        self._settle(at)
        if self._rng.random() < _FLUSH_CHANCE:  # else the next run does
            self._pool.receive(self._staking.flush())
        self._send(at)
        self._payouts_left = _PAYOUTS_A_RUN
        self._agenda.put(at + self._rng.randrange(20, 900), self._pay)
        gap_hours = _RUN_GAP_HOURS + self._rng.expovariate(1 / _MORE_GAP_HOURS)
        self._agenda.put(at + round(gap_hours * _HOUR), self._run)

    def _settle(self, at: int) -> None:
        """Claim what is due, up to three positions in one transaction."""
        due = [position for position in self._staking.positions if self._is_due(at, position)]
        while due:
            size = self._rng.choice(_CLAIMED_AT_ONCE)
            batch, due = due[:size], due[size:]
            emitted: Emitted = ()
            for position in batch:
                emitted += self._settle_one(at, position)
            self._chain.transact(at, emitted)
        if self._shortage_wei() > _EMERGENCY_WEI and at > self._last_emergency + _EMERGENCY_GAP:
            self._last_emergency = at
            self._break_lock(at)

    def _is_due(self, at: int, position: Position) -> bool:
        """Locked stake when its lock-up has ended, other stake every month or two.

        In the last days of the lock-ups the operator also takes what has accrued elsewhere:
        rewards fall after them.
        """
        if not position.stake_wei:
            return False
        if position.is_locked(at):
            collecting = LOCKS_END - _COLLECTING < at < LOCKS_END
            long_ago = at > position.claimed_at + _COLLECTING
            return collecting and long_ago and self._rng.random() < _COLLECT_CHANCE
        if self._story.locks_open(at) or position.claimed_at < position.locked_until:
            return True
        return at > position.claimed_at + (28 + position.validator_id % 30) * DAY

    def _settle_one(self, at: int, position: Position) -> Emitted:
        """Claim, return stake if the queue needs it, lock the rest again."""
        locks_open = self._story.locks_open(at)
        chance = _RESTAKE_CHANCE if self._pool.head else _RESTAKE_CHANCE_IDLE
        restake = locks_open and self._rng.random() < chance
        events = self._staking.claim(at, position, restake=restake)
        if position.is_locked(at):
            return events
        amount_wei = self._to_return_wei(at, position)
        if amount_wei:
            events += self._staking.undelegate(at, position, amount_wei)
        if locks_open and position.stake_wei:
            seconds = self._drawn_lock()
            events += self._staking.lock(at, position, seconds, position.stake_wei)
        return events

    def _drawn_lock(self) -> int:
        (days,) = self._rng.choices(_LOCK_DAYS, _LOCK_WEIGHTS)
        return days * DAY

    def _shortage_wei(self) -> int:
        """What is queued beyond the money in the pool, in the stubs and on its way."""
        coming = self._staking.idle_wei + self._staking.returning_wei
        spendable = self._pool.balance_wei - self._pool.stashed_wei
        return self._pool.pending_wei - spendable - coming

    def _to_return_wei(self, at: int, position: Position) -> int:
        beyond_wei = self._shortage_wei() - self._story.tolerated_ftm(at) * ONE
        if beyond_wei <= 0:
            return 0
        wanted_wei = share_of(beyond_wei, _RETURNED * self._rng.uniform(0.4, 1.6))
        amount_wei = min(position.stake_wei, wanted_wei)
        return amount_wei if amount_wei >= _LEAST_RETURNED_WEI else 0

    def _break_lock(self, at: int) -> None:
        """Unlock half of the largest locked position and ask for it back."""
        locked = [position for position in self._staking.positions if position.is_locked(at)]
        if not locked:
            return
        position = max(locked, key=lambda position: position.stake_wei)
        amount_wei = share_of(position.stake_wei, self._rng.uniform(0.45, 0.55))
        penalty_wei = share_of(amount_wei, _PENALTY)
        unlocked = self._staking.unlock(at, position, amount_wei, penalty_wei)
        returned = self._staking.undelegate(at, position, amount_wei - penalty_wei)
        self._chain.transact(at, unlocked + returned)

    def _send(self, at: int) -> None:
        """Delegate what nobody waits for, and a part of new stakes in any case."""
        if not self._story.locks_open(at):
            return
        spendable_wei = self._pool.balance_wei - self._pool.stashed_wei
        fresh_wei = self._pool.staked_wei - self._stakes_seen_wei
        if self._pool.head is None:
            amount_wei = spendable_wei - _KEPT_WEI
        else:
            amount_wei = min(spendable_wei, share_of(fresh_wei, _STAKES_SENT))
        if amount_wei < _LEAST_SENT_WEI:
            return
        self._stakes_seen_wei = self._pool.staked_wei
        while amount_wei > 0:
            part_wei = min(amount_wei, _MOST_SENT_WEI + self._rng.randrange(ONE))
            amount_wei -= part_wei
            self._delegate(at, part_wei)

    def _delegate(self, at: int, amount_wei: int) -> None:
        """Send to the position with the least stake, and lock it there."""
        position = min(self._staking.positions, key=lambda position: position.stake_wei)
        self._pool.send_to_stub(amount_wei)
        delegated = self._staking.delegate(at, position, amount_wei)
        seconds = max(self._drawn_lock(), position.locked_until - at)
        locked = self._staking.lock(at, position, seconds, amount_wei)
        self._chain.transact(at, delegated + locked)

    def _pay(self, at: int) -> None:
        """Pay the head if the money is there, then look at the next one."""
        if not self._payouts_left or not self._pool.can_pay():
            return
        self._payouts_left -= 1
        wr_id, head = self._pool.first_wr_id, self._pool.head
        assert head is not None
        accepted = self._stakers.accepts(head.staker, at)
        self._chain.transact(at, self._pool.withdraw_last(accepted=accepted))
        if not accepted and self._stakers.ever_fetches(head.staker):
            days = min(_LONGEST_FETCH_DAYS, _FETCH_DAYS * self._rng.lognormvariate(0, 1.2))
            self._agenda.put(at + round(days * DAY), lambda then: self._fetch(then, wr_id))
        self._agenda.put(at + self._rng.randrange(45), self._pay)

    def _fetch(self, at: int, wr_id: int) -> None:
        """The staker's own call for a payout that was refused."""
        self._chain.transact(at, self._pool.withdraw_manual(wr_id))
