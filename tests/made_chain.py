"""A chain of made-up logs, and fetching all of it: what tests of ranges share."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

from data.node.endpoint import Manners
from data.node.endpoints import Endpoints
from data.node.log_ranges import LogFilter, LogRanges
from devnet import DevnetError
from tests.fake_node import Answers, FakeNode, Fault, Log, Reply, error, fake_node, only, result

HEAD = 40_000
POOL = "0x" + "11" * 20
FILTER = LogFilter(("pool",), (POOL,))
# A failure costs milliseconds here, and a busy machine is not taken for one.
BRISK = Manners(timeout_s=4.0, pause_s=0.005, longest_pause_s=0.02, first_span=2_000)
# What hangs is given up after half a second.
HASTY = replace(BRISK, timeout_s=0.5)


def ledger(logs: list[Log], head: int, chain_id: int = 31337, timed: bool = True) -> Answers:
    """A chain of these logs and nothing else; `timed` logs carry their block's time."""

    def answer(method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(chain_id)
        if method == "eth_blockNumber":
            return hex(head)
        if method == "eth_getBlockByNumber":
            number = int(params[0], 16)
            return header(number) if number <= head else None
        if method == "eth_getLogs":
            first, last = (int(params[0][key], 16) for key in ("fromBlock", "toBlock"))
            found = [log for log in logs if first <= int(log["blockNumber"], 16) <= last]
            return found if timed else [_untimed(log) for log in found]
        raise DevnetError(f"the method {method} does not exist")

    return answer


def header(number: int) -> dict[str, Any]:
    """As much of a block's header as anyone reads."""
    return {"number": hex(number), "hash": f"0x{number:064x}", "timestamp": hex(time_of(number))}


def time_of(block: int) -> int:
    """A ledger's clock: seconds since 1970."""
    return 1_700_000_000 + 7 * block


def made_log(block: int, index: int, address: str, topics: list[str], data: str = "0x") -> Log:
    """A log in the form of eth_getLogs."""
    return {
        "address": address,
        "topics": topics,
        "data": data,
        "blockNumber": hex(block),
        "blockTimestamp": hex(time_of(block)),
        "transactionHash": f"0x{block * 1000 + index:064x}",
        "logIndex": hex(index),
        "removed": False,
    }


def _untimed(log: Log) -> Log:
    return {key: value for key, value in log.items() if key != "blockTimestamp"}


def _blocks() -> list[int]:
    """Mostly empty stretches, and two dense ones."""
    dice = Random(7)
    sparse = dice.sample(range(HEAD), 150)
    return sorted([*sparse, 0, HEAD, *range(9_000, 9_100), *[20_000] * 40])


LOGS = [
    made_log(block, index, POOL, ["0x" + "22" * 32])
    for block, times in sorted(Counter(_blocks()).items())
    for index in range(times)
]
EXPECTED = sorted((int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in LOGS)


def fetch(*urls: str, manners: Manners = BRISK, in_flight: int = 4) -> list[tuple[int, int]]:
    """Every log's place, as often as it came, in order."""
    answers = LogRanges(Endpoints(urls, manners), FILTER, [(0, HEAD)], in_flight)
    logs = [log for answer in answers for log in json.loads(answer.logs.tobytes())]
    return sorted((int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in logs)


def fetch_with(fault: Fault, **others: object) -> tuple[list[tuple[int, int]], FakeNode]:
    with fake_node(ledger(LOGS, HEAD), only("eth_getLogs", fault)) as node:
        return fetch(node.url, **others), node


# Each of these may pass: the same question is answered later, or elsewhere.
PASSING = {
    "429": lambda asked: Reply(b"slow down", 429),
    "429 in JSON": lambda asked: error(asked, "range quota used", 429, status=429),
    "rate limit": lambda asked: error(asked, "query rate limit exceeded, try again later", -32005),
    "503": lambda asked: Reply(b"upstream unavailable", 503),
    "504": lambda asked: Reply(b"", 504),
    "redirect": lambda asked: Reply(b"", 302),
    "unauthorised": lambda asked: Reply(b'{"message": "no"}', 401),
    "error object": lambda asked: error(asked, "internal error", -32603),
    "cut body": lambda asked: Reply(b'{"jsonrpc":"2.0","id":0,"result":[{"addr', missing=500),
    "nothing": lambda asked: Reply(b"", missing=10),
    "empty body": lambda asked: Reply(b""),
    "web page": lambda asked: Reply(b"<!DOCTYPE html><html>hello [world]</html>"),
    "null result": lambda asked: result(asked, None),
    "number": lambda asked: result(asked, 7),
    "no result": lambda asked: Reply(b'{"jsonrpc":"2.0"}'),
    "another's answer": lambda asked: Reply(b'{"jsonrpc":"2.0","id":77777,"result":[]}'),
    "null": lambda asked: Reply(b"null"),
    "a list": lambda asked: Reply(b"[]"),
    "nested": lambda asked: Reply(b'{"a":' * 20_000),
    "empty lie": lambda asked: result(asked, []),
}
