"""The chain under the story: irregular blocks, and logs in the JSON form that a node answers.

Blocks take about a second under load and up to a minute when the chain idles; their pace
changes every hour, so no constant turns blocks into time. No event here has a dynamic type:
indexed fields become topics, the others 32-byte words of data.
"""

from __future__ import annotations

import hashlib
import heapq
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping

from data.pool.contracts import Event

Value = int | str  # a number, a boolean, or an address in lower case
FIRST_BLOCK = 31_218_797  # where the real pool's history starts
_HOUR = 3_600
_MEAN_SPACING_S = 1.33  # with idle hours, takes three years to about block 100 million
_SLOWEST_SPACING_S = 60  # an idle chain still makes a block a minute
_IDLE_CHANCE = 0.002  # of an hour in which the chain hardly works


def made_up_hash(*parts: object) -> str:
    """Thirty-two bytes as hex, the same for the same parts."""
    return "0x" + hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def made_up_address(*parts: object) -> str:
    """Twenty bytes as hex, the same for the same parts."""
    return made_up_hash("address", *parts)[:42]


# What a call emits: events with their values, in the order of the event's fields.
Emitted = tuple[tuple[Event, tuple[Value, ...]], ...]


def emit(event: Event, *values: Value) -> Emitted:
    """One event; those of several calls are added up."""
    return ((event, values),)


def _word(value: Value) -> str:
    if isinstance(value, str):
        return value[2:].zfill(64)
    return f"{value:064x}"


class BlockClock:
    """Block numbers for times from `start` to `until`, both in unix seconds.

    Block numbers never fall as time passes, and a block has one time: its first second.
    The block at each full hour after `start` begins exactly then.
    """

    def __init__(self, rng: random.Random, start: int, until: int) -> None:
        self._start = start
        self._blocks = [FIRST_BLOCK]
        load = 0.0  # log of the day's spacing against the mean: moves slowly around zero
        for hour in range(math.ceil((until - start) / _HOUR) + 1):
            if hour % 24 == 0:
                load = 0.97 * load + rng.gauss(0, 0.06)
            spacing = _MEAN_SPACING_S * math.exp(load + rng.gauss(0, 0.08))
            if rng.random() < _IDLE_CHANCE:
                spacing *= rng.uniform(5, 60)
            made = round(_HOUR / min(spacing, _SLOWEST_SPACING_S))
            self._blocks.append(self._blocks[-1] + made)

    def block_at(self, at: int) -> int:
        """The newest block at that second."""
        hour, second = divmod(at - self._start, _HOUR)
        before, after = self._blocks[hour], self._blocks[hour + 1]
        return before + second * (after - before) // _HOUR

    def time_of(self, block: int) -> int:
        """The block's time: the first second at which it is the newest or older."""
        hour = bisect_right(self._blocks, block) - 1
        before, after = self._blocks[hour], self._blocks[hour + 1]
        second = -(-(block - before) * _HOUR // (after - before))
        return self._start + hour * _HOUR + second


class LogWriter:
    """Writes transactions' logs. Times must not fall from one call to the next."""

    def __init__(
        self, rng: random.Random, seed: int, clock: BlockClock, addresses: Mapping[str, str]
    ) -> None:
        self._rng, self._seed, self._clock = rng, seed, clock
        self._addresses = addresses
        self._block, self._block_hash, self._block_time = -1, "", 0
        self._tx_index, self._log_index = 0, 0
        self.lines: list[str] = []

    def transact(self, at: int, emitted: Emitted) -> None:
        """One transaction at that second; other people's take places between ours."""
        block = self._clock.block_at(at)
        if block != self._block:
            self._block, self._block_time = block, self._clock.time_of(block)
            self._block_hash = made_up_hash(self._seed, "block", block)
            self._tx_index, self._log_index = self._rng.randrange(6), self._rng.randrange(20)
        else:
            self._tx_index += 1 + self._rng.randrange(3)
            self._log_index += self._rng.randrange(8)
        tx_hash = made_up_hash(self._seed, "transaction", block, self._tx_index)
        for event, values in emitted:
            self.lines.append(self._line(event, values, tx_hash))
            self._log_index += 1 + self._rng.randrange(3)  # tokens' transfers lie between

    def _line(self, event: Event, values: tuple[Value, ...], tx_hash: str) -> str:
        """One line of JSON, keys in a node's order, hex in lower case; ends in a newline."""
        topics, words = [f'"{event.topic0}"'], ["0x"]
        for field, value in zip(event.fields, values, strict=True):
            if field.indexed:
                topics.append(f'"0x{_word(value)}"')
            else:
                words.append(_word(value))
        return (
            f'{{"address":"{self._addresses[event.contract]}",'
            f'"topics":[{",".join(topics)}],"data":"{"".join(words)}",'
            f'"blockNumber":"{self._block:#x}","transactionHash":"{tx_hash}",'
            f'"transactionIndex":"{self._tx_index:#x}","blockHash":"{self._block_hash}",'
            f'"blockTimestamp":"{self._block_time:#x}","logIndex":"{self._log_index:#x}",'
            f'"removed":false}}\n'
        )


class Agenda:
    """What happens when. Actions run in the order of their times, and of equal times as they were
    put."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, Callable[[int], None]]] = []
        self._put_down = 0

    def put(self, at: int, action: Callable[[int], None]) -> None:
        """Run `action` at that unix second; the second is its argument."""
        heapq.heappush(self._entries, (at, self._put_down, action))
        self._put_down += 1

    def run(self, until: int) -> None:
        """Run everything before `until`, also what is put on the agenda meanwhile."""
        while self._entries and self._entries[0][0] < until:
            at, _, action = heapq.heappop(self._entries)
            action(at)
