"""What single hosts say of single logs and blocks: receipts and headers, as a second opinion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from data.node.endpoint import Endpoint
from data.node.endpoints import Endpoints
from data.node.refusals import EndpointError
from data.pool.calls import quantity

_BATCH = 50
_ASKED = 3  # hosts, at the most
_MANY = 10
# Of so few logs it is believed that receipts have none: see on_chain.
FEW = _MANY - 1
_AT_ONCE = 5  # requests, at the least


@dataclass(frozen=True)
class ChainLog:
    """One log and its place on the chain; all text is lower-case, as it is stored.

    Two are equal whatever their index: some nodes count a receipt's logs in another way.
    """

    block: int
    log_index: int = field(compare=False)
    tx: str
    address: str
    topics: tuple[str, ...]
    data: str


def on_chain(
    endpoints: Endpoints,
    logs: Sequence[ChainLog],
    told_by: str,
    *,
    at_its_index: bool = False,
    places: dict[ChainLog, set[int]] | None = None,
    counts: dict[ChainLog, int] | None = None,
) -> dict[ChainLog, bool | None]:
    """Whether each log stands in its transaction's receipt, as most hosts say; None where none
    knows, or they disagree.

    `told_by` is asked last: it gave the logs. One host's yes is enough where nobody denies it.
    Who denies most of many logs has no receipts worth the name, and denies nothing.
    With `at_its_index` it must stand under the same index too. `places` gets the indices under
    which receipts hold each, of hosts with a receipt that begins above 0: some number each anew.
    `counts` gets how often receipts hold each.
    """
    votes = {log: [0, 0] for log in logs}
    others = sorted(endpoints.serving, key=lambda each: (each.host == told_by, each.lied))
    for endpoint in others[:_ASKED]:
        open_ = [log for log, (no, yes) in votes.items() if not yes or no]
        if not open_:
            break
        try:
            receipts = _receipts(endpoints, endpoint, {log.tx for log in open_})
        except EndpointError:
            continue
        verdicts: dict[ChainLog, bool] = {}
        known = [held for held in receipts.values() if held]
        if places is not None and any(min(log.log_index for log in held) for held in known):
            for log in chain.from_iterable(known):
                places.setdefault(log, set()).add(log.log_index)
        if counts is not None:
            for log, often in Counter(chain.from_iterable(known)).items():
                counts[log] = max(often, counts.get(log, 0))
        for log in open_:
            held = receipts[log.tx]
            # A host that keeps no old blocks knows no old transaction, and some leave out all logs
            # of a receipt: that denies nothing.
            if held or (held is None and (endpoint.keeps_history or endpoint.host == told_by)):
                verdicts[log] = any(
                    log == each and (not at_its_index or log.log_index == each.log_index)
                    for each in held or ()
                )
        if len(verdicts) < _MANY or sum(verdicts.values()) >= len(verdicts) / 2:
            for log, yes in verdicts.items():
                votes[log][yes] += 1
    return {log: None if no == yes else yes > no for log, (no, yes) in votes.items()}


def misplaced(
    endpoints: Endpoints, moved: Mapping[ChainLog, ChainLog], told_by: str
) -> list[ChainLog]:
    """Those of some logs that receipts do not hold under their index but under that of the log
    they are mapped to."""
    there = on_chain(endpoints, list(moved.values()), told_by, at_its_index=True)
    found = [log for log, other in moved.items() if there[other]]
    wrong: list[ChainLog] = []
    # Few at a time: the hosts have shown that they have receipts, so that most are denied is no
    # reason to doubt them.
    for start in range(0, len(found), FEW):
        part = on_chain(endpoints, found[start : start + FEW], told_by, at_its_index=True)
        wrong += [log for log, yes in part.items() if yes is False]
    return wrong


def times_at(
    endpoints: Endpoints, endpoint: Endpoint, numbers: Sequence[int]
) -> dict[int, datetime | None]:
    """Each block's time (UTC) by this endpoint's headers; None where it does not tell."""
    times: dict[int, datetime | None] = dict.fromkeys(numbers)
    try:
        for part in _parts(list(numbers)):
            requests = [("eth_getBlockByNumber", [hex(number), False]) for number in part]
            replies = endpoints.ask_batch(endpoint, list(requests))
            for number, reply in zip(part, replies, strict=True):
                times[number] = _time(number, reply.get("result"))
    except EndpointError:
        pass
    return times


def _receipts(
    endpoints: Endpoints, endpoint: Endpoint, txs: Iterable[str]
) -> dict[str, tuple[ChainLog, ...] | None]:
    """The logs in each transaction's receipt; None where the host knows no such transaction."""

    def ask(part: list[str]) -> dict[str, tuple[ChainLog, ...] | None]:
        held: dict[str, tuple[ChainLog, ...] | None] = {}
        requests = [("eth_getTransactionReceipt", [tx]) for tx in part]
        for tx, reply in zip(part, endpoints.ask_batch(endpoint, list(requests)), strict=True):
            if "error" in reply:
                raise EndpointError("tells no receipts")
            held[tx] = None if reply["result"] is None else _logs(reply["result"])
        return held

    first, *rest = [*_parts(sorted(txs))] or [[]]
    held = ask(first) if first else {}
    # A host is far away: not one after the other, but as many as it was found to bear.
    with ThreadPoolExecutor(max(_AT_ONCE, int(endpoint.pace.at_once))) as pool:
        for more in pool.map(ask, rest):
            held |= more
    return held


def _logs(receipt: Any) -> tuple[ChainLog, ...]:
    try:
        return tuple(
            ChainLog(
                quantity(log["blockNumber"]),
                quantity(log["logIndex"]),
                log["transactionHash"].lower(),
                log["address"].lower(),
                tuple(topic.lower() for topic in log["topics"]),
                log["data"].lower(),
            )
            for log in receipt["logs"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EndpointError("tells receipts that cannot be read") from error


def _time(number: int, header: Any) -> datetime | None:
    try:
        if quantity(header["number"]) != number:
            return None
        return datetime.fromtimestamp(quantity(header["timestamp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def _parts(items: list[Any]) -> Iterable[list[Any]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))
