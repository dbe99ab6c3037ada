"""What the players of a history share: the chain, the dice, the agenda, who is who."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from devnet import Addresses
from devnet.chain import Chain
from devnet.rpc import Word

FTM = 10**18
DAY_SECONDS = 86_400


@dataclass
class Stage:
    """One history in the making. Days count from its start and may have fractions."""

    chain: Chain
    dice: Random
    start: int
    days: int
    addresses: Addresses
    accounts: tuple[str, ...]
    operator: str
    day: float = 0
    _agenda: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)
    _acts_count: int = 0

    @property
    def owner(self) -> str:
        return self.accounts[0]

    def at(self, day: float, act: Callable[[], object]) -> None:
        """Puts an act on the agenda: what it sends goes into one block."""
        heapq.heappush(self._agenda, (day, self._acts_count, act))
        self._acts_count += 1

    def run(self, progress: Callable[[float], None]) -> None:
        """Acts in order of their days, those added on the way included, until the last day."""
        while self._agenda and self._agenda[0][0] <= self.days:
            self.day, _, act = heapq.heappop(self._agenda)
            act()
            self.chain.mine(self.start + round(self.day * DAY_SECONDS))
            progress(self.day / self.days)

    def pool(self, sender: str, signature: str, *arguments: Word, value: int = 0) -> None:
        self.chain.call(sender, self.addresses.pool, signature, *arguments, value=value)

    def sfc(self, sender: str, signature: str, *arguments: Word, value: int = 0) -> None:
        self.chain.call(sender, self.addresses.sfc, signature, *arguments, value=value)

    def read_pool(self, signature: str, *arguments: Word) -> int:
        return self.chain.rpc.read(self.addresses.pool, signature, *arguments)

    def wei(self, amount_ftm: float) -> int:
        """About this much, with odd digits at the end so that rounding shows."""
        return int(amount_ftm * 10**6) * 10**12 + self.dice.randrange(10**12)
