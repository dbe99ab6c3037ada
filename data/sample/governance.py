"""The rare events: upgrades, fee rules, minimum stakes, operators; and the daily ratio."""

from __future__ import annotations

from collections.abc import Callable

from data.pool.amounts import ONE
from data.pool.burn import FeeRule
from data.pool.contracts import OPERATOR_CHANGED, POOL_UPGRADED, RATIO_UPDATE, STUBS_UPGRADED
from data.sample.chain import emit, made_up_address
from data.sample.contracts import full_rate
from data.sample.story import DAY, PARTS, SECOND_GENERATION, THIRD_GENERATION
from data.sample.world import World, stream

_MICRO = 10**12  # of a ratio scaled by 1e18: a millionth
FIRST_RULE = FeeRule(0, 5_000 * _MICRO, 20_000 * ONE, 120_000 * ONE)
_SECOND_RULE = FeeRule(500 * _MICRO, 9_000 * _MICRO, 2_500 * ONE, 17_500 * ONE)
_CALMER_RULE = FeeRule(500 * _MICRO, 7_770 * _MICRO, 4_000 * ONE, 31_000 * ONE)
_LAST_RULE = FeeRule(810 * _MICRO, 12_340 * _MICRO, 5_000 * ONE, 41_000 * ONE)
# Share of the window, rule, gross FTM at which the shift starts: mostly from nothing.
_RULES = (
    (0.118, _SECOND_RULE, 0),
    (0.197, _SECOND_RULE, 0),
    (0.284, _SECOND_RULE, 1_250),
    (0.371, _CALMER_RULE, 0),
    (0.466, _CALMER_RULE, 3_100),
    (0.552, _CALMER_RULE, 0),
    (0.648, _CALMER_RULE, 0),
    (0.757, _CALMER_RULE, 0),
    (0.849, _LAST_RULE, 0),
    (0.934, _LAST_RULE, 0),
)
_MINIMUM_STAKES = ((0.001, 1), (0.211, 10), (0.668, 5))  # share of the window, FTM
_OPERATORS = (0.083, 0.589)
_STUB_UPGRADES = (0.0002, 0.0662, 0.436)
_LAST_POOL_UPGRADE = 0.437  # the same generation, another implementation
_WEEKLY_UNTIL = 0.07  # share of the window after which the ratio is announced daily
_MISSED_CHANCE = 0.015  # of a day without an announcement
_PASSED_ON = 0.66  # of the full rate: what locked and unlocked stake earns together


class Governance:
    """Puts the owner's transactions and the ratio's announcements on the agenda."""

    def __init__(self, world: World) -> None:
        self._rng = stream(world.seed, "governance")
        self._seed, self._story, self._pool = world.seed, world.story, world.pool
        self._chain, self._agenda = world.chain, world.agenda
        self._announced_at = world.story.start
        self._implementations, self._operators = 0, 1

    def begin(self) -> None:
        """Put everything that has a date on the agenda."""
        story, put = self._story, self._agenda.put
        put(story.at(0), lambda at: self._upgrade(at, 0, FIRST_RULE))
        put(story.at(SECOND_GENERATION), lambda at: self._upgrade(at, 1, _SECOND_RULE))
        put(story.at(THIRD_GENERATION), lambda at: self._upgrade(at, 2, None))
        put(story.at(_LAST_POOL_UPGRADE), lambda at: self._upgrade(at, 2, None))
        for share in _STUB_UPGRADES:
            put(story.at(share), self._upgrade_stubs)
        for share in _OPERATORS:
            put(story.at(share), self._change_operator)
        for share, rule, shift in _RULES:
            put(story.at(share), self._setting(rule, shift))
        for share, minimum in _MINIMUM_STAKES:
            put(story.at(share), self._changing_minimum(minimum))
        put(story.start + DAY, self._announce)

    def _upgrade(self, at: int, generation: int, rule: FeeRule | None) -> None:
        """The pool's new implementation, with its new fee rule in the same transaction."""
        self._pool.generation = generation
        events = emit(POOL_UPGRADED, self._implementation())
        if rule is not None:
            events += self._pool.set_fee_rule(rule, 0)
        self._chain.transact(at, events)

    def _upgrade_stubs(self, at: int) -> None:
        self._chain.transact(at, emit(STUBS_UPGRADED, self._implementation()))

    def _implementation(self) -> str:
        self._implementations += 1
        return made_up_address(self._seed, "implementation", self._implementations)

    def _change_operator(self, at: int) -> None:
        old, new = (
            made_up_address(self._seed, "operator", number)
            for number in (self._operators, self._operators + 1)
        )
        self._operators += 1
        self._chain.transact(at, emit(OPERATOR_CHANGED, old, new))

    def _setting(self, rule: FeeRule, shift_ftm: int) -> Callable[[int], None]:
        return lambda at: self._chain.transact(at, self._pool.set_fee_rule(rule, shift_ftm * ONE))

    def _changing_minimum(self, minimum_ftm: int) -> Callable[[int], None]:
        return lambda at: self._chain.transact(at, self._pool.set_minimum_stake(minimum_ftm * ONE))

    def _announce(self, at: int) -> None:
        """Let the ratio fall by what the stake earned since the last announcement."""
        days = 7 if self._story.share(at) < _WEEKLY_UNTIL else 1
        self._agenda.put(at + days * DAY + self._rng.randrange(-1_500, 1_501), self._announce)
        if self._rng.random() < _MISSED_CHANCE:
            return
        passed_on = _PASSED_ON * self._rng.uniform(0.85, 1.15)
        earned = round(full_rate(self._story, at) * passed_on) * (at - self._announced_at)
        self._announced_at = at
        self._pool.ratio -= self._pool.ratio * earned // (PARTS * 365 * DAY)
        self._chain.transact(at, emit(RATIO_UPDATE, self._pool.ratio))
