"""The faults a node commits, each alone: what is done, at which rate, and to whose logs.

A fault is made anew for each run, since some count what they were asked.
"""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from tests.fake_node import Asked, Fault, Reply, at_most, either, result
from tests.faults import acts
from tests.faults.acts import ALL, DAY_S, Make
from tests.faults.history import CONTRACTS, History

# No honest endpoint of these runs takes more blocks: one answer does not hold everything.
WIDEST = 1_000

Strikes = Callable[[Asked], bool]


# How often a fault strikes; each is made anew for a run of this seed.


def _at_random(seed: int) -> Strikes:
    def strikes(asked: Asked) -> bool:
        key = f"{seed} {asked.method} {json.dumps(asked.params)} {asked.again}"
        return zlib.crc32(key.encode()) % 100 < 40

    return strikes


def _from_the(turn: int, _seed: int) -> Strikes:
    turns = itertools.count()
    return lambda asked: next(turns) >= turn


RATES: dict[str, Callable[[int], Strikes]] = {
    "every third": lambda seed: lambda asked: asked.turn % 3 == 1,
    "always": lambda seed: lambda asked: True,
    "at random": _at_random,
    "once": lambda seed: lambda asked: asked.turn == 0,
    "half the time": lambda seed: lambda asked: asked.turn % 2 == 1,
    "from the 10th request": partial(_from_the, 10),
    "from the 60th request": partial(_from_the, 60),
}


@dataclass(frozen=True)
class Scene:
    """So many endpoints, the first `liars` of them with the fault, in `contract`'s logs."""

    endpoints: int
    liars: int = 1
    contract: str = ALL

    def __str__(self) -> str:
        numbers = ("none", "one", "two", "three")
        who = f"{numbers[self.liars]} of {numbers[self.endpoints]}"
        who = "alone" if self.endpoints == 1 else who
        return who if self.contract == ALL else f"{who}, {self.contract}"


Plan = tuple[tuple[str, Scene], ...]


def _plan(rates: Iterable[str], *scenes: Scene) -> Plan:
    return tuple(itertools.product(rates, scenes))


_SCENES = (Scene(1), Scene(2), Scene(3))
# What an endpoint does not answer, it fails at by itself: two rates and no single filters do.
OF_REFUSALS = _plan(("every third", "always"), *_SCENES)
OF_BLOCKS = _plan(("every third", "always", "at random"), *_SCENES)
OF_LOGS = (
    *_plan(
        ("every third", "always", "at random"),
        *_SCENES,
        *(Scene(1, contract=name) for name in CONTRACTS),
    ),
    *_plan(["always"], Scene(3, liars=2), *(Scene(2, contract=name) for name in ("sfc", "bond"))),
)


def _rarely(*rates: str) -> Plan:
    return _plan(rates, *_SCENES)


@dataclass(frozen=True)
class Row:
    """One fault. `besides` is what an endpoint with it does all the time, lie or no lie. Each
    answer of an `unending` one costs its whole deadline."""

    make: Make
    plan: Plan = OF_REFUSALS
    besides: Fault | None = None
    unending: bool = False

    def fault(self, history: History, contract: str, rate: str, seed: int) -> Fault:
        made, strikes = self.make(history, contract), RATES[rate](seed)

        def struck(asked: Asked) -> Reply | None:
            return made(asked) if strikes(asked) else None

        return either(at_most(WIDEST), struck, *filter(None, [self.besides]))


@dataclass(frozen=True)
class Run:
    """One row at one rate in one scene."""

    name: str
    rate: str
    scene: Scene
    seed: int

    def __str__(self) -> str:
        return f"{self.name}, {self.rate}, {self.scene}"


def runs() -> list[Run]:
    """The whole table."""
    seeds = itertools.count(1)
    return [
        Run(name, rate, scene, next(seeds))
        for name, row in ROWS.items()
        for rate, scene in row.plan
    ]


_OTHER_ADDRESS = "0x" + "ee" * 20

ROWS: dict[str, Row] = {
    # refusals
    "range limits in many words": Row(acts.too_wide),
    "result limits in many words": Row(acts.too_many),
    "busy, in many words": Row(acts.in_turn(acts.saying(acts.BUSY_WORDS))),
    "this key may not": Row(
        acts.in_turn(acts.saying(["API key is not allowed to access blockchain"]))
    ),
    "HTTP 413": Row(acts.status(413)),
    "HTTP 429": Row(acts.status(429, b"slow down", ("retry-after", "1"))),
    "HTTP 500": Row(acts.status(500, b"internal error")),
    "HTTP 503": Row(acts.status(503, b"upstream unavailable")),
    "HTTP 403 with a web page": Row(acts.status(403, b"<!DOCTYPE html><html>no</html>")),
    "redirect to itself": Row(acts.status(302, b"", ("location", "/"))),
    "redirect to nowhere": Row(acts.status(307, b"", ("location", "http://127.0.0.1:9/"))),
    "any answer is 408": Row(acts.status_of_all(408)),
    "any answer is 413": Row(acts.status_of_all(413)),
    "any answer is 504": Row(acts.status_of_all(504)),
    "any answer is 524": Row(acts.status_of_all(524)),
    # answers that are none
    "web page": Row(acts.plain(b"<!DOCTYPE html><html>hello [world]</html>")),
    "empty body": Row(acts.plain(b"")),
    "null": Row(acts.plain(b"null")),
    "a list": Row(acts.plain(b"[]")),
    "nested": Row(acts.plain(b'{"a":' * 20_000)),
    "null result": Row(acts.to_logs(lambda asked: result(asked, None))),
    "a number for logs": Row(acts.to_logs(lambda asked: result(asked, 7))),
    "another's id": Row(acts.plain(b'{"jsonrpc":"2.0","id":77777,"result":[]}')),
    "cut body": Row(acts.to_logs(acts.cut)),
    "broken gzip": Row(acts.plain(b"\x1f\x8bbroken", headers={"content-encoding": "gzip"})),
    "cut gzip": Row(acts.to_logs(acts.cut_gzip)),
    # logs that no honest answer holds
    "log of another address": Row(acts.spoilt(address=_OTHER_ADDRESS), OF_LOGS),
    "log of a block not asked": Row(acts.first(lambda log: acts.moved(log, "blockNumber", 5_000))),
    "every log twice": Row(acts.each(lambda logs: [*logs, *logs]), OF_LOGS),
    "out of order": Row(acts.each(lambda logs: logs[::-1]), OF_LOGS),
    "removed": Row(acts.spoilt(removed=True)),
    "no index": Row(acts.spoilt(logIndex=None)),
    "half a byte of data": Row(acts.spoilt(data="0x123")),
    # logs withheld
    "all logs missing": Row(acts.each(lambda logs: []), OF_LOGS),
    "all missing, padded list": Row(acts.padded, OF_LOGS),
    "half missing": Row(acts.each(lambda logs: logs[::2]), OF_LOGS),
    "first missing": Row(acts.each(lambda logs: logs[1:]), OF_LOGS),
    "last missing": Row(acts.each(lambda logs: logs[:-1]), OF_LOGS),
    "one log missing": Row(acts.lie(acts.middle_missing), OF_LOGS),
    "one range missing": Row(acts.lie(acts.range_missing), OF_LOGS),
    "old logs missing": Row(acts.old_missing(12_000), _rarely("always")),
    # logs altered
    "fabricated log": Row(acts.each(acts.fabricated), OF_LOGS),
    "other transaction": Row(acts.spoilt(transactionHash="0x" + "ab" * 32), OF_LOGS),
    "other topic": Row(acts.first(acts.other_topic), OF_LOGS),
    "other data": Row(acts.first(acts.other_data), OF_LOGS),
    "a log under two indices": Row(
        acts.each(lambda logs: [*logs, acts.moved(logs[-1], "logIndex", 90)]), OF_LOGS
    ),
    "indices shifted by one": Row(
        acts.each(lambda logs: [acts.moved(log, "logIndex", 1) for log in logs]), OF_LOGS
    ),
    # times
    "logs a day late": Row(
        acts.timed(lambda log: hex(int(log["blockTimestamp"], 16) + DAY_S)), OF_BLOCKS
    ),
    "logs of 1970": Row(acts.timed(lambda log: hex(3_600)), OF_BLOCKS),
    "logs of 4147": Row(acts.timed(lambda log: hex(68_700_000_000)), OF_BLOCKS),
    "headers of time 0": Row(acts.header(lambda h: {"timestamp": "0x0"}), OF_BLOCKS, acts.UNTIMED),
    "headers' time is decimal": Row(
        acts.header(lambda h: {"timestamp": str(int(h["timestamp"], 16))}), OF_BLOCKS, acts.UNTIMED
    ),
    "headers a day late": Row(
        acts.header(lambda h: acts.moved(h, "timestamp", DAY_S)), OF_BLOCKS, acts.UNTIMED
    ),
    "bad hash of the newest block": Row(acts.bad_newest_hash, _rarely("always")),
    # heads and chains
    "300 blocks behind": Row(acts.behind(300), OF_BLOCKS),
    "1,000 blocks behind": Row(acts.behind(1_000), OF_BLOCKS),
    "logs end 300 before the head": Row(acts.newest_missing(300), OF_BLOCKS),
    "logs end 1,000 before the head": Row(acts.newest_missing(1_000), OF_BLOCKS),
    "head goes back 900": Row(acts.head(lambda head: hex(head - 900)), _rarely("half the time")),
    "head goes back 5,000": Row(
        acts.head(lambda head: hex(head - 5_000)), _rarely("half the time")
    ),
    "head 3,000 too high": Row(
        acts.head(lambda head: hex(head + 3_000)), _rarely("once", "always")
    ),
    "head of 2^63": Row(acts.head(lambda head: hex(2**63)), _rarely("once", "always")),
    "head of 2^70": Row(acts.head(lambda head: hex(2**70)), _rarely("once", "always")),
    "head is null": Row(acts.head(lambda head: None), _rarely("once", "always")),
    "another chain": Row(
        acts.other_chain(1), _rarely("from the 10th request", "from the 60th request")
    ),
    "another chain by our id": Row(
        acts.other_chain(31337), _rarely("from the 10th request", "from the 60th request")
    ),
    "a shorter chain by our id": Row(
        acts.other_chain(31337, 5_000), _rarely("from the 10th request", "from the 60th request")
    ),
    # answers that never end
    "silence": Row(acts.to_logs(lambda asked: Reply(b"", after_s=30))),
    "status line drips": Row(
        acts.raw(acts.endless(b"HTTP/1.1 200 ", b"O"), drip_s=0.1), unending=True
    ),
    "headers drip": Row(
        acts.raw(acts.endless(acts.OK + b"x-a: ", b"y"), drip_s=0.1), unending=True
    ),
    "headers without end": Row(
        acts.raw(acts.endless(acts.OK, b"x-a: y\r\n"), drip_s=0.1), unending=True
    ),
    "body drips": Row(acts.raw(acts.endless(acts.LONG_BODY, b" "), drip_s=0.1), unending=True),
    "body without end": Row(acts.raw(acts.endless(acts.LONG_BODY, b" " * 65_536)), unending=True),
    "gzip bomb": Row(acts.raw(acts.bombs)),
}
