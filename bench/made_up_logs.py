"""A file of any number of logs with every event there is, in the form of a node.

Not the simulation: no economics, only a queue that keeps the contract's order, and amounts
whose every digit is random.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator

from data.config import Network
from data.pool.contracts import EVENTS, Event
from data.sample.logs import (
    DEPLOYED,
    MANUAL_WITHDRAWAL_EXPECTED,
    PAID,
    TOKENS_BURNED,
    TOKENS_BURNED_2,
    Emission,
    Place,
    Value,
    node_log,
)

_STUBS = 47
_FIRST_BLOCK, _FIRST_TIME = 31_218_797, 1_645_000_000
_QUEUE = (TOKENS_BURNED, TOKENS_BURNED_2, PAID, MANUAL_WITHDRAWAL_EXPECTED, DEPLOYED)
_OTHERS = [event for event in EVENTS if event not in _QUEUE]


class _Story:
    """What the next log may be: requests in order, payouts from the head, claims by hand."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._next_wr_id = 0
        self._owed: deque[tuple[int, str, int]] = deque()
        self._refused: list[tuple[int, str, int]] = []
        self._stubs = [self._address() for _ in range(_STUBS)]

    def deployments(self) -> Iterator[Emission]:
        for number, stub in enumerate(self._stubs):
            yield Emission(DEPLOYED, (number, stub))

    def next(self, first_generation: bool) -> Emission:
        draw = self.random.random()
        if draw < 0.3 or (draw < 0.6 and len(self._owed) < 40):
            return self._request(TOKENS_BURNED if first_generation else TOKENS_BURNED_2)
        if draw < 0.58:
            return self._settlement()
        if draw < 0.6 and self._refused:
            return self._payout(self._refused.pop(self.random.randrange(len(self._refused))))
        event = self.random.choice(_OTHERS)
        return Emission(event, tuple(self._value(event, at) for at in range(len(event.fields))))

    def _request(self, event: Event) -> Emission:
        gross = self._amount()
        fee = self.random.randrange(gross // 6 + 1)
        staker = self._address()
        self._owed.append((self._next_wr_id, staker, gross - fee))
        values = (staker, gross, self._amount(), fee, self._next_wr_id, self.random.randrange(2))
        self._next_wr_id += 1
        return Emission(event, values[: len(event.fields)])

    def _settlement(self) -> Emission:
        request = self._owed.popleft()
        if self.random.random() < 0.97:
            return self._payout(request)
        self._refused.append(request)
        wr_id, staker, amount = request
        return Emission(MANUAL_WITHDRAWAL_EXPECTED, (staker, amount, wr_id))

    def _payout(self, request: tuple[int, str, int]) -> Emission:
        wr_id, staker, amount = request
        return Emission(PAID, (staker, amount, wr_id))

    def _value(self, event: Event, at: int) -> Value:
        field = event.fields[at]
        if field.name == "delegator":
            ours = self.random.random() < 0.9
            return self.random.choice(self._stubs) if ours else self._address()
        if field.type == "address":
            return self._address()
        if field.type == "bool":
            return self.random.randrange(2)
        if field.indexed:
            return self.random.randrange(1, 400)
        return self.random.randrange(366 * 86_400) if field.name == "duration" else self._amount()

    def _amount(self) -> int:
        """Up to a million FTM, each of its 18 decimals as likely as the next."""
        return self.random.randrange(1, 10 ** self.random.randrange(16, 25))

    def _address(self) -> str:
        return f"0x{self.random.getrandbits(160):040x}"


def made_up_logs(count: int, network: Network, seed: int = 1) -> Iterator[str]:
    """`count` lines of logs in the chain's order, some of them in one block."""
    story = _Story(seed)
    opening = list(story.deployments())[:count]
    block, log_index = _FIRST_BLOCK, 0
    for number in range(count):
        emission = opening[number] if number < len(opening) else story.next(number < count // 5)
        if story.random.random() < 0.6:
            block, log_index = block + story.random.randrange(1, 900), 0
        else:
            log_index += 1
        place = Place(
            block=block,
            block_hash=f"0x{block:064x}",
            block_time=_FIRST_TIME + block - _FIRST_BLOCK,
            tx_hash=f"0x{story.random.getrandbits(256):064x}",
            tx_index=log_index,
            log_index=log_index,
        )
        yield node_log(emission, getattr(network, emission.event.contract), place)
