"""One honest history to lie about: the devnet's, its blocks spread apart, served from memory.

Logs and headers are captured once. What is asked of the contracts goes to the real node behind,
once a question. Between two played blocks lie SPREAD - 1 empty ones, as on the real chain.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from typing import Any

from data.config import load_network
from data.pool.contracts import EVENTS
from devnet import DevnetError
from devnet.rpc import Rpc
from tests.fake_node import Answers, Log

SPREAD = 50
CONTRACTS = ("pool", "bond", "sfc")
_EMPTY = {"transactions": [], "logsBloom": "0x" + "00" * 256}


@dataclass(frozen=True)
class History:
    """`logs` are what an honest store holds, in the chain's order; `answers` what a node says."""

    logs: tuple[Log, ...]
    head: int
    addresses: dict[str, str]
    answers: Answers

    def of(self, contract: str) -> tuple[Log, ...]:
        """The logs of one contract, or of "all"."""
        address = self.addresses.get(contract)
        return tuple(log for log in self.logs if address in (None, log["address"]))


def block_of(log: Log) -> int:
    return int(log["blockNumber"], 16)


def captured(rpc_url: str) -> History:
    """The history of a played devnet that answers at `rpc_url`."""
    rpc = Rpc(rpc_url)
    network = load_network("devnet", ())
    addresses = {name: getattr(network, name) for name in CONTRACTS}
    played = int(rpc.call("eth_blockNumber"), 16)
    headers = [rpc.call("eth_getBlockByNumber", hex(n), False) for n in range(played + 1)]
    everything = [_spread(log) for log in rpc.call("eth_getLogs", _range(0, played))]
    stubs = {log["topics"][1] for log in everything if _is_of(log, "Deployed")}
    logs = [
        log
        for log in everything
        if log["address"] in (addresses["pool"], addresses["bond"])
        or (log["address"] == addresses["sfc"] and stubs.intersection(log["topics"][1:2]))
    ]
    answers = _answers(rpc, everything, headers)
    return History(tuple(logs), played * SPREAD, addresses, answers)


def _is_of(log: Log, event: str) -> bool:
    return any(e.name == event and e.topic0 == log["topics"][0] for e in EVENTS)


def _range(first: int, last: int) -> dict[str, str]:
    return {"fromBlock": hex(first), "toBlock": hex(last)}


def _hash(number: int) -> str:
    return "0x" + hashlib.sha256(f"block {number}".encode()).hexdigest()


def _spread(found: Any) -> Any:
    """A log, transaction or receipt of the devnet, with its blocks' spread numbers."""
    if isinstance(found, list):
        return [_spread(one) for one in found]
    if not isinstance(found, dict) or found.get("blockNumber") is None:
        return found
    number = int(found["blockNumber"], 16) * SPREAD
    moved = found | {"blockNumber": hex(number), "blockHash": _hash(number)}
    return moved | {"logs": _spread(found["logs"])} if "logs" in found else moved


def _answers(rpc: Rpc, logs: list[Log], headers: list[dict[str, Any]]) -> Answers:
    head = (len(headers) - 1) * SPREAD
    blocks = [block_of(log) for log in logs]

    def header(number: int) -> dict[str, Any] | None:
        if number > head:
            return None
        played, after = divmod(number, SPREAD)
        began, ended = _times(headers, played)
        of_block = {
            "number": hex(number),
            "hash": _hash(number),
            "parentHash": _hash(number - 1),
            "timestamp": hex(began + (ended - began) * after // SPREAD),
        }
        return headers[played] | of_block | (_EMPTY if after else {})

    def found(query: dict[str, Any]) -> list[Log]:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        some = logs[bisect_left(blocks, first) : bisect_right(blocks, last)]
        return [log for log in some if _fits(log, query)]

    @cache
    def real(method: str, params: str) -> Any:
        return _spread(rpc.call(method, *_at_played_block(json.loads(params))))

    def answer(method: str, params: list[Any]) -> Any:
        match method:
            case "eth_blockNumber":
                return hex(head)
            case "eth_getBlockByNumber":
                number = head if not params[0].startswith("0x") else int(params[0], 16)
                return header(number)
            case "eth_getLogs":
                return found(params[0])
            case _:
                return real(method, json.dumps(params))

    return answer


def _times(headers: list[dict[str, Any]], played: int) -> tuple[int, int]:
    """When a played block was made, and the next one."""
    following = headers[min(played + 1, len(headers) - 1)]
    return int(headers[played]["timestamp"], 16), int(following["timestamp"], 16)


def _fits(log: Log, query: dict[str, Any]) -> bool:
    addresses = query.get("address") or [log["address"]]
    addresses = [addresses] if isinstance(addresses, str) else addresses
    if log["address"] not in map(str.lower, addresses):
        return False
    for place, wanted in enumerate(query.get("topics") or []):
        alternatives = [wanted] if isinstance(wanted, str) else wanted
        if alternatives and (
            len(log["topics"]) <= place or log["topics"][place] not in alternatives
        ):
            return False
    return True


def _at_played_block(params: list[Any]) -> list[Any]:
    """The parameters of a call with the devnet's own number of the block it is asked at."""
    if len(params) < 2 or not isinstance(params[-1], str) or len(params[-1]) > 18:
        return params
    if not params[-1].startswith("0x"):
        return params
    try:
        return [*params[:-1], hex(int(params[-1], 16) // SPREAD)]
    except ValueError:
        raise DevnetError(f"{params[-1]} is no block") from None
