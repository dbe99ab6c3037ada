"""What a faulty endpoint does: refuses, answers with what is no answer, lies, or never ends.

Each of these makes a fault in the logs of one contract, or of "all"; when it strikes is not said
here.
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from tests.fake_node import Asked, Fault, Log, Reply, error, only, result
from tests.faults.history import CONTRACTS, History, block_of

ALL = "all"
DAY_S = 86_400

# A fault of a history, in the logs of one contract (or of "all").
Make = Callable[[History, str], Fault]
Change = Callable[[list[Log]], list[Log]]


# Refusals, and answers that are none


def _everywhere(fault: Fault) -> Make:
    return lambda history, contract: fault


def to_logs(fault: Fault) -> Make:
    return _everywhere(only("eth_getLogs", fault))


def in_turn(replies: Iterable[Callable[[Asked], Reply]]) -> Make:
    """Another reply each time."""

    def make(history: History, contract: str) -> Fault:
        turns = itertools.cycle(replies)
        return only("eth_getLogs", lambda asked: next(turns)(asked))

    return make


def saying(texts: Iterable[str], code: int = -32000) -> list[Callable[[Asked], Reply]]:
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
BUSY_WORDS = """\
Too many requests, reason: call rate limit exhausted, retry in 10s
Public RPC Rate Limit Hit, limit will reset in 60 seconds
You have reached the maximum API usage limit of public
300/second request limit reached - reduce calls per second or upgrade your account
daily request count exceeded, request rate limited
429 Too Many Requests: {"error":{"code":-32016,"message":"over rate limit"}}
Requested data is not available
no backend is currently healthy to serve traffic""".splitlines()


def too_wide(history: History, contract: str) -> Fault:
    words = itertools.cycle(saying(_RANGE_WORDS))
    return only("eth_getLogs", lambda asked: next(words)(asked) if asked.length > _LIMIT else None)


def too_many(history: History, contract: str) -> Fault:
    words = itertools.cycle(saying(_RESULT_WORDS))
    return only(
        "eth_getLogs", lambda asked: next(words)(asked) if len(asked.honest()) > 25 else None
    )


def status(status: int, body: bytes = b"", *headers: tuple[str, str]) -> Make:
    return to_logs(lambda asked: Reply(body, status, headers=dict(headers)))


def status_of_all(status: int) -> Make:
    return _everywhere(lambda asked: Reply(b"", status))


def plain(body: bytes, **others: Any) -> Make:
    return to_logs(lambda asked: Reply(body, **others))


def raw(pieces: Callable[[], Iterable[bytes]], drip_s: float = 0.0) -> Make:
    return to_logs(lambda asked: Reply(b"", pieces=pieces(), drip_s=drip_s))


def endless(start: bytes, piece: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: itertools.chain([start], itertools.repeat(piece))


OK = b"HTTP/1.1 200 OK\r\n"
LONG_BODY = OK + b"content-length: 1000000000000\r\n\r\n"
_ZIPPED_BODY = OK + b"content-encoding: gzip\r\ncontent-length: 1000000000000\r\n\r\n"


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(50_000_000), 9)


def bombs() -> Iterable[bytes]:
    return itertools.chain([_ZIPPED_BODY], itertools.repeat(_bomb()))


def cut_gzip(asked: Asked) -> Reply:
    body = gzip.compress(result(asked, asked.honest()).body)
    return Reply(body[: len(body) // 2], headers={"content-encoding": "gzip"})


def cut(asked: Asked) -> Reply:
    body = result(asked, asked.honest()).body
    return Reply(body[: len(body) // 2], missing=len(body) - len(body) // 2)


# Lies about logs


def lie(change: Callable[[History, str], Change]) -> Make:
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


def each(change: Change) -> Make:
    return lie(lambda history, contract: change)


def first(change: Callable[[Log], Log]) -> Make:
    return each(lambda logs: [change(logs[0]), *logs[1:]])


def spoilt(**keys: Any) -> Make:
    return first(lambda log: log | keys)


def middle_missing(history: History, contract: str) -> Change:
    """One log of each contract is never told."""
    hidden = [
        logs[len(logs) // 2]
        for name in CONTRACTS
        if (logs := history.of(name)) and contract in (ALL, name)
    ]
    return lambda logs: [log for log in logs if log not in hidden]


def range_missing(history: History, contract: str) -> Change:
    """The middle fifth of the blocks is empty."""
    first, last = history.head * 2 // 5, history.head * 3 // 5
    return lambda logs: [log for log in logs if not first <= block_of(log) <= last]


def padded(history: History, contract: str) -> Fault:
    address = history.addresses.get(contract)

    def fault(asked: Asked) -> Reply | None:
        logs = asked.honest()
        if not logs or any(address not in (None, log["address"]) for log in logs):
            return None
        return Reply(result(asked, []).body.replace(b"[]", b"[" + b" " * 200 + b"]"))

    return only("eth_getLogs", fault)


def moved(log: Log, key: str, by: int) -> Log:
    return log | {key: hex(int(log[key], 16) + by)}


def fabricated(logs: list[Log]) -> list[Log]:
    made = moved(logs[-1], "logIndex", 90) | {"transactionHash": "0x" + "fa" * 32}
    return [*logs, made]


def other_topic(log: Log) -> Log:
    *topics, last = log["topics"]
    return log | {"topics": [*topics, last[:-1] + ("1" if last[-1] != "1" else "2")]}


def other_data(log: Log) -> Log:
    data = log["data"]
    return log | {"data": data[:-1] + ("1" if data[-1] != "1" else "2")}


def timed(time: Callable[[Log], str]) -> Make:
    return each(lambda logs: [log | {"blockTimestamp": time(log)} for log in logs])


# Lies about blocks, heads and the chain

UNTIMED: Fault = only(
    "eth_getLogs",
    lambda asked: result(
        asked,
        [{k: v for k, v in log.items() if k != "blockTimestamp"} for log in asked.honest()],
    ),
)


def header(change: Callable[[Log], Log]) -> Make:
    def fault(asked: Asked) -> Reply | None:
        header = asked.honest()
        return result(asked, header | change(header)) if header else None

    return _everywhere(only("eth_getBlockByNumber", fault))


def bad_newest_hash(history: History, contract: str) -> Fault:
    def fault(asked: Asked) -> Reply | None:
        newest = asked.params[0] in ("latest", hex(history.head))
        return result(asked, asked.honest() | {"hash": "0x" + "ba" * 32}) if newest else None

    return only("eth_getBlockByNumber", fault)


def head(change: Callable[[int], Any]) -> Make:
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


def newest_missing(blocks: int) -> Make:
    """Its logs lag behind the head it states."""

    def make(history: History, contract: str) -> Fault:
        return only(
            "eth_getLogs",
            lambda asked: result(
                asked, [log for log in asked.honest() if block_of(log) <= history.head - blocks]
            ),
        )

    return make


def old_missing(blocks: int) -> Make:
    """It keeps the newest blocks' logs alone, and tells of none before."""

    def make(history: History, contract: str) -> Fault:
        return only(
            "eth_getLogs",
            lambda asked: result(
                asked, [log for log in asked.honest() if block_of(log) > history.head - blocks]
            ),
        )

    return make


def other_chain(chain_id: int, length: int = 10**7) -> Make:
    """An endpoint that serves another chain, of so many blocks, on which the pool does not
    exist."""

    def make(history: History, contract: str) -> Fault:
        def fault(asked: Asked) -> Reply | None:
            match asked.method:
                case "eth_chainId":
                    return result(asked, hex(chain_id))
                case "eth_blockNumber":
                    return result(asked, hex(min(length, history.head + 500_000)))
                case "eth_getLogs":
                    return result(asked, [])
                case "eth_getBlockByNumber":
                    number = asked.params[0] if asked.params[0].startswith("0x") else hex(length)
                    if int(number, 16) > length:
                        return result(asked, None)
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
