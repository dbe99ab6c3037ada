"""The faults a node commits, each alone: what is done, at which rate, and to whose logs.

A fault is made anew for each run, since some count what they were asked.
"""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from tests.fake_node import Asked, Fault, Log, Reply, at_most, either, error, only, result
from tests.faults.history import CONTRACTS, History, block_of

ALL = "all"
# No honest endpoint of these runs takes more blocks: one answer does not hold everything.
WIDEST = 1_000
DAY_S = 86_400

Strikes = Callable[[Asked], bool]
# A fault of a history, in the logs of one contract (or of "all").
Make = Callable[[History, str], Fault]
Change = Callable[[list[Log]], list[Log]]


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
    """One fault. `besides` is what an endpoint with it does all the time, lie or no lie."""

    make: Make
    plan: Plan = OF_REFUSALS
    besides: Fault | None = None

    def fault(self, history: History, contract: str, rate: str, seed: int) -> Fault:
        made, strikes = self.make(history, contract), RATES[rate](seed)
        struck: Fault = lambda asked: made(asked) if strikes(asked) else None  # noqa: E731
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


# Refusals, and answers that are none


def _everywhere(fault: Fault) -> Make:
    return lambda history, contract: fault


def _to_logs(fault: Fault) -> Make:
    return _everywhere(only("eth_getLogs", fault))


def _in_turn(replies: Iterable[Callable[[Asked], Reply]]) -> Make:
    """Another reply each time."""

    def make(history: History, contract: str) -> Fault:
        turns = itertools.cycle(replies)
        return only("eth_getLogs", lambda asked: next(turns)(asked))

    return make


def _words(texts: Iterable[str], code: int = -32000) -> list[Callable[[Asked], Reply]]:
    return [lambda asked, text=text: error(asked, text, code) for text in texts]


_LIMIT = 300
_RANGE_WORDS = f"""\
block range is too wide
maximum [from, to] blocks distance: {_LIMIT}
ranges over {_LIMIT} blocks are not supported on freetier
exceed maximum block range: {_LIMIT}
eth_getLogs is limited to a {_LIMIT} blocks range
the range 55074203 - 55124202 exceeds the range allowed for your plan (49999 > {_LIMIT}).
too wide blocks range, the limit is {_LIMIT}
range 1000000 exceeds limit of {_LIMIT}
Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: {_LIMIT}
Maximum allowed number of requested blocks is {_LIMIT}
block range is larger than max block range, block range = 5120, max block range = {_LIMIT}
block range too high""".splitlines()
_RESULT_WORDS = """\
query returned more than 10000 results. Try with this block range [0x12B460, 0x12B4A3].
logs matched by query exceeds limit of 10000
query returns too many logs, narrow your filter: 20000
More than 50000 logs returned
Response is too big
response size should not greater than 10000000 bytes
limit exceeded
context deadline exceeded""".splitlines()
_BUSY_WORDS = """\
Too many requests, reason: call rate limit exhausted, retry in 10s
Public RPC Rate Limit Hit, limit will reset in 60 seconds
You have reached the maximum API usage limit of public
300/second request limit reached - reduce calls per second or upgrade your account
daily request count exceeded, request rate limited
429 Too Many Requests: {"error":{"code":-32016,"message":"over rate limit"}}
Requested data is not available
no backend is currently healthy to serve traffic""".splitlines()


def _too_wide(history: History, contract: str) -> Fault:
    words = itertools.cycle(_words(_RANGE_WORDS))
    return only("eth_getLogs", lambda asked: next(words)(asked) if asked.length > _LIMIT else None)


def _too_many(history: History, contract: str) -> Fault:
    words = itertools.cycle(_words(_RESULT_WORDS))
    return only(
        "eth_getLogs", lambda asked: next(words)(asked) if len(asked.honest()) > 25 else None
    )


def _status(status: int, body: bytes = b"", *headers: tuple[str, str]) -> Make:
    return _to_logs(lambda asked: Reply(body, status, headers=headers))


def _status_of_all(status: int) -> Make:
    return _everywhere(lambda asked: Reply(b"", status))


def _plain(body: bytes, **others: Any) -> Make:
    return _to_logs(lambda asked: Reply(body, **others))


def _raw(pieces: Callable[[], Iterable[bytes]], drip_s: float = 0.0) -> Make:
    return _to_logs(lambda asked: Reply(b"", raw=pieces, drip_s=drip_s))


def _endless(start: bytes, piece: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: itertools.chain([start], itertools.repeat(piece))


_OK = b"HTTP/1.1 200 OK\r\n"
_LONG_BODY = _OK + b"content-length: 1000000000000\r\n\r\n"
_ZIPPED_BODY = _OK + b"content-encoding: gzip\r\ncontent-length: 1000000000000\r\n\r\n"


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(50_000_000), 9)


def _bombs() -> Iterable[bytes]:
    return itertools.chain([_ZIPPED_BODY], itertools.repeat(_bomb()))


def _cut_gzip(asked: Asked) -> Reply:
    body = gzip.compress(result(asked, asked.honest()).body)
    return Reply(body[: len(body) // 2], headers=(("content-encoding", "gzip"),))


def _cut(asked: Asked) -> Reply:
    body = result(asked, asked.honest()).body
    return Reply(body[: len(body) // 2], missing=len(body) - len(body) // 2)


# Lies about logs


def _lie(change: Callable[[History, str], Change]) -> Make:
    """Other logs of the contract in an answer; it stays as it is where it holds none of them."""

    def make(history: History, contract: str) -> Fault:
        changed = change(history, contract)
        address = history.addresses.get(contract)

        def fault(asked: Asked) -> Reply | None:
            logs = asked.honest()
            mine = [log for log in logs if address in (None, log["address"])]
            if not mine:
                return None
            return result(asked, [log for log in logs if log not in mine] + changed(mine))

        return only("eth_getLogs", fault)

    return make


def _each(change: Change) -> Make:
    return _lie(lambda history, contract: change)


def _first(change: Callable[[Log], Log]) -> Make:
    return _each(lambda logs: [change(logs[0]), *logs[1:]])


def _set(**keys: Any) -> Make:
    return _first(lambda log: log | keys)


def _middle_missing(history: History, contract: str) -> Change:
    """One log of each contract is never told."""
    hidden = [
        logs[len(logs) // 2]
        for name in CONTRACTS
        if (logs := history.of(name)) and contract in (ALL, name)
    ]
    return lambda logs: [log for log in logs if log not in hidden]


def _range_missing(history: History, contract: str) -> Change:
    """The middle fifth of the blocks is empty."""
    first, last = history.head * 2 // 5, history.head * 3 // 5
    return lambda logs: [log for log in logs if not first <= block_of(log) <= last]


def _padded(history: History, contract: str) -> Fault:
    address = history.addresses.get(contract)

    def fault(asked: Asked) -> Reply | None:
        logs = asked.honest()
        if not logs or any(address not in (None, log["address"]) for log in logs):
            return None
        return Reply(result(asked, []).body.replace(b"[]", b"[" + b" " * 200 + b"]"))

    return only("eth_getLogs", fault)


def _moved(log: Log, key: str, by: int) -> Log:
    return log | {key: hex(int(log[key], 16) + by)}


def _fabricated(logs: list[Log]) -> list[Log]:
    made = _moved(logs[-1], "logIndex", 90) | {"transactionHash": "0x" + "fa" * 32}
    return [*logs, made]


def _other_topic(log: Log) -> Log:
    *topics, last = log["topics"]
    return log | {"topics": [*topics, last[:-1] + ("1" if last[-1] != "1" else "2")]}


def _other_data(log: Log) -> Log:
    data = log["data"]
    return log | {"data": data[:-1] + ("1" if data[-1] != "1" else "2")}


def _timed(time: Callable[[Log], str]) -> Make:
    return _each(lambda logs: [log | {"blockTimestamp": time(log)} for log in logs])


# Lies about blocks, heads and the chain

_UNTIMED: Fault = only(
    "eth_getLogs",
    lambda asked: result(
        asked,
        [{k: v for k, v in log.items() if k != "blockTimestamp"} for log in asked.honest()],
    ),
)


def _header(change: Callable[[Log], Log]) -> Make:
    def fault(asked: Asked) -> Reply | None:
        header = asked.honest()
        return result(asked, header | change(header)) if header else None

    return _everywhere(only("eth_getBlockByNumber", fault))


def _bad_newest_hash(history: History, contract: str) -> Fault:
    def fault(asked: Asked) -> Reply | None:
        newest = asked.params[0] in ("latest", hex(history.head))
        return result(asked, asked.honest() | {"hash": "0x" + "ba" * 32}) if newest else None

    return only("eth_getBlockByNumber", fault)


def _head(change: Callable[[int], Any]) -> Make:
    return lambda history, contract: only(
        "eth_blockNumber", lambda asked: result(asked, change(history.head))
    )


def behind(blocks: int) -> Make:
    """A node that has not the newest blocks: true in all it says."""

    def make(history: History, contract: str) -> Fault:
        head = history.head - blocks

        def fault(asked: Asked) -> Reply | None:
            match asked.method:
                case "eth_blockNumber":
                    return result(asked, hex(head))
                case "eth_getLogs":
                    return result(asked, [log for log in asked.honest() if block_of(log) <= head])
                case "eth_getBlockByNumber":
                    if asked.params[0].startswith("0x") and int(asked.params[0], 16) > head:
                        return result(asked, None)
                case "eth_call" | "eth_getBalance" | "eth_getCode":
                    if asked.params[-1].startswith("0x") and int(asked.params[-1], 16) > head:
                        return error(asked, "header not found")
            return None

        return fault

    return make


def _newest_missing(blocks: int) -> Make:
    """Its logs lag behind the head it states."""

    def make(history: History, contract: str) -> Fault:
        return only(
            "eth_getLogs",
            lambda asked: result(
                asked, [log for log in asked.honest() if block_of(log) <= history.head - blocks]
            ),
        )

    return make


def _other_chain(chain_id: int) -> Make:
    """An endpoint that serves another chain, on which the pool does not exist."""

    def make(history: History, contract: str) -> Fault:
        def fault(asked: Asked) -> Reply | None:
            match asked.method:
                case "eth_chainId":
                    return result(asked, hex(chain_id))
                case "eth_blockNumber":
                    return result(asked, hex(history.head + 500_000))
                case "eth_getLogs":
                    return result(asked, [])
                case "eth_getBlockByNumber":
                    number = asked.params[0] if asked.params[0].startswith("0x") else hex(10**6)
                    other = {"number": number, "hash": "0x" + number[2:].rjust(64, "c")}
                    times = {"timestamp": hex(1_600_000_000 + int(number, 16))}
                    return result(asked, (asked.honest() or {}) | other | times)
                case "eth_call" | "eth_getCode":
                    return result(asked, "0x")
                case "eth_getBalance":
                    return result(asked, "0x0")
                case "eth_getTransactionReceipt" | "eth_getTransactionByHash":
                    return result(asked, None)
            return None

        return fault

    return make


_OTHER_ADDRESS = "0x" + "ee" * 20

ROWS: dict[str, Row] = {
    # refusals
    "range limits in many words": Row(_too_wide),
    "result limits in many words": Row(_too_many),
    "busy, in many words": Row(_in_turn(_words(_BUSY_WORDS))),
    "this key may not": Row(_in_turn(_words(["API key is not allowed to access blockchain"]))),
    "HTTP 413": Row(_status(413)),
    "HTTP 429": Row(_status(429, b"slow down", ("retry-after", "1"))),
    "HTTP 503": Row(_status(503, b"upstream unavailable")),
    "HTTP 403 with a web page": Row(_status(403, b"<!DOCTYPE html><html>no</html>")),
    "redirect to itself": Row(_status(302, b"", ("location", "/"))),
    "redirect to nowhere": Row(_status(307, b"", ("location", "http://127.0.0.1:9/"))),
    "any answer is 408": Row(_status_of_all(408)),
    "any answer is 413": Row(_status_of_all(413)),
    "any answer is 504": Row(_status_of_all(504)),
    "any answer is 524": Row(_status_of_all(524)),
    # answers that are none
    "web page": Row(_plain(b"<!DOCTYPE html><html>hello [world]</html>")),
    "empty body": Row(_plain(b"")),
    "null": Row(_plain(b"null")),
    "a list": Row(_plain(b"[]")),
    "nested": Row(_plain(b'{"a":' * 20_000)),
    "null result": Row(_to_logs(lambda asked: result(asked, None))),
    "a number for logs": Row(_to_logs(lambda asked: result(asked, 7))),
    "another's id": Row(_plain(b'{"jsonrpc":"2.0","id":77777,"result":[]}')),
    "cut body": Row(_to_logs(_cut)),
    "broken gzip": Row(_plain(b"\x1f\x8bbroken", headers=(("content-encoding", "gzip"),))),
    "cut gzip": Row(_to_logs(_cut_gzip)),
    # logs that no honest answer holds
    "log of another address": Row(_set(address=_OTHER_ADDRESS), OF_LOGS),
    "log of a block not asked": Row(_first(lambda log: _moved(log, "blockNumber", 5_000))),
    "every log twice": Row(_each(lambda logs: [*logs, *logs]), OF_LOGS),
    "out of order": Row(_each(lambda logs: logs[::-1]), OF_LOGS),
    "removed": Row(_set(removed=True)),
    "no index": Row(_set(logIndex=None)),
    "half a byte of data": Row(_set(data="0x123")),
    # logs withheld
    "all logs missing": Row(_each(lambda logs: []), OF_LOGS),
    "all missing, padded list": Row(_padded, OF_LOGS),
    "half missing": Row(_each(lambda logs: logs[::2]), OF_LOGS),
    "first missing": Row(_each(lambda logs: logs[1:]), OF_LOGS),
    "last missing": Row(_each(lambda logs: logs[:-1]), OF_LOGS),
    "one log missing": Row(_lie(_middle_missing), OF_LOGS),
    "one range missing": Row(_lie(_range_missing), OF_LOGS),
    # logs altered
    "fabricated log": Row(_each(_fabricated), OF_LOGS),
    "other transaction": Row(_set(transactionHash="0x" + "ab" * 32), OF_LOGS),
    "other topic": Row(_first(_other_topic), OF_LOGS),
    "other data": Row(_first(_other_data), OF_LOGS),
    "indices shifted by one": Row(
        _each(lambda logs: [_moved(log, "logIndex", 1) for log in logs]), OF_LOGS
    ),
    # times
    "logs a day late": Row(
        _timed(lambda log: hex(int(log["blockTimestamp"], 16) + DAY_S)), OF_BLOCKS
    ),
    "logs of 1970": Row(_timed(lambda log: hex(3_600)), OF_BLOCKS),
    "logs of 4147": Row(_timed(lambda log: hex(68_700_000_000)), OF_BLOCKS),
    "headers of time 0": Row(_header(lambda h: {"timestamp": "0x0"}), OF_BLOCKS, _UNTIMED),
    "headers' time is decimal": Row(
        _header(lambda h: {"timestamp": str(int(h["timestamp"], 16))}), OF_BLOCKS, _UNTIMED
    ),
    "headers a day late": Row(
        _header(lambda h: _moved(h, "timestamp", DAY_S)), OF_BLOCKS, _UNTIMED
    ),
    "bad hash of the newest block": Row(_bad_newest_hash, _rarely("always")),
    # heads and chains
    "300 blocks behind": Row(behind(300), OF_BLOCKS),
    "1,000 blocks behind": Row(behind(1_000), OF_BLOCKS),
    "logs end 300 before the head": Row(_newest_missing(300), OF_BLOCKS),
    "logs end 1,000 before the head": Row(_newest_missing(1_000), OF_BLOCKS),
    "head goes back 900": Row(_head(lambda head: hex(head - 900)), _rarely("half the time")),
    "head goes back 5,000": Row(_head(lambda head: hex(head - 5_000)), _rarely("half the time")),
    "head 3,000 too high": Row(_head(lambda head: hex(head + 3_000)), _rarely("once", "always")),
    "head of 2^63": Row(_head(lambda head: hex(2**63)), _rarely("once", "always")),
    "head of 2^70": Row(_head(lambda head: hex(2**70)), _rarely("once", "always")),
    "head is null": Row(_head(lambda head: None), _rarely("once", "always")),
    "another chain": Row(
        _other_chain(1), _rarely("from the 10th request", "from the 60th request")
    ),
    "another chain by our id": Row(
        _other_chain(31337), _rarely("from the 10th request", "from the 60th request")
    ),
    # answers that never end
    "silence": Row(_to_logs(lambda asked: Reply(b"", after_s=30))),
    "status line drips": Row(_raw(_endless(b"HTTP/1.1 200 ", b"O"), drip_s=0.1)),
    "headers drip": Row(_raw(_endless(_OK + b"x-a: ", b"y"), drip_s=0.1)),
    "headers without end": Row(_raw(_endless(_OK, b"x-a: y\r\n"), drip_s=0.1)),
    "body drips": Row(_raw(_endless(_LONG_BODY, b" "), drip_s=0.1)),
    "body without end": Row(_raw(_endless(_LONG_BODY, b" " * 65_536))),
    "gzip bomb": Row(_raw(_bombs)),
}
