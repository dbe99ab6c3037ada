"""Other delegators of the staking contract: their logs are no business of the pool's."""

from __future__ import annotations

from data.pool import contracts as events
from data.sample.chain import Emitted, emit, made_up_address
from data.sample.story import DAY, drawn_wei, share_of
from data.sample.world import World, stream

_DELEGATORS = 160
_A_DAY = 2.4
_MEDIAN_FTM, _SPREAD = 900, 1.8


class Strangers:
    """Puts other delegators' logs on the agenda. Only their form counts: stakes are not
    followed."""

    def __init__(self, world: World) -> None:
        self._rng = stream(world.seed, "strangers")
        self._story, self._chain, self._agenda = world.story, world.chain, world.agenda
        self._addresses = [made_up_address(world.seed, "stranger", n) for n in range(_DELEGATORS)]
        self._returns = 0

    def begin(self) -> None:
        self._put_next(self._story.start)

    def _put_next(self, at: int) -> None:
        self._agenda.put(at + 1 + round(self._rng.expovariate(_A_DAY / DAY)), self._act)

    def _act(self, at: int) -> None:
        """One stranger's transaction, and when the next comes."""
        self._put_next(at)
        who = (self._rng.choice(self._addresses), self._rng.randrange(1, 75))
        amount_wei = drawn_wei(self._rng, _MEDIAN_FTM * self._rng.lognormvariate(0, _SPREAD))
        locks = ["delegate", "lock", "restake"] if self._story.locks_open(at) else []
        kind = self._rng.choice(["claim", "claim", "return", "unlock", *locks, *locks])
        self._chain.transact(at, self._events(kind, who, amount_wei))

    def _events(self, kind: str, who: tuple[str, int], amount_wei: int) -> Emitted:
        rewards = tuple(share_of(amount_wei, share) for share in (0.0137, 0.0211, 0.0003))
        if kind == "delegate":
            return emit(events.DELEGATED, *who, amount_wei)
        if kind == "lock":
            seconds = self._rng.randrange(14, 366) * DAY
            return emit(events.LOCKED_UP_STAKE, *who, seconds, amount_wei)
        if kind == "restake":
            delegated = emit(events.DELEGATED, *who, sum(rewards))
            return delegated + emit(events.RESTAKED_REWARDS, *who, *rewards)
        if kind == "unlock":
            return emit(events.UNLOCKED_STAKE, *who, amount_wei, share_of(amount_wei, 0.02))
        if kind == "return":
            self._returns += 1
            event = events.UNDELEGATED if self._returns % 2 else events.STAKE_RETURNED
            return emit(event, *who, self._returns, amount_wei)
        return emit(events.CLAIMED_REWARDS, *who, *rewards)
