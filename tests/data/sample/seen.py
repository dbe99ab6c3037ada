"""The sample's logs as tests read them: decoded by the project's own events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from data.pool.contracts import EVENTS, Event

ADDRESSES = {
    "pool": "0x84db6eE82b7Cf3b47E8F19270abdE5718B936670",
    "bond": "0xB42bF10ab9Df82f9a47B86dd76EEE4bA848d0Fa2",
    "sfc": "0xFC00FACE00000000000000000000000000000000",
}
WEI = 10**18
DAY = 86_400
LOCKS_END = datetime(2024, 12, 18, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Seen:
    """One log, decoded: addresses as text, all else as numbers."""

    event: Event
    values: dict[str, Any]
    raw: dict[str, Any]
    time: int

    @property
    def place(self) -> tuple[int, int]:
        return int(self.raw["blockNumber"], 16), int(self.raw["logIndex"], 16)


def decode(line: bytes) -> Seen:
    raw = json.loads(line)
    words = [raw["data"][at : at + 64] for at in range(2, len(raw["data"]), 64)]
    (event,) = (
        event
        for event in EVENTS
        if ADDRESSES[event.contract].lower() == raw["address"]
        and event.topic0 == raw["topics"][0]
        and (event.topics_count, event.words_count) == (len(raw["topics"]), len(words))
    )
    topics = [topic[2:] for topic in raw["topics"][1:]]
    values: dict[str, Any] = {}
    for field in event.fields:
        word = (topics if field.indexed else words).pop(0)
        values[field.name] = "0x" + word[24:] if field.type == "address" else int(word, 16)
    return Seen(event, values, raw, int(raw["blockTimestamp"], 16))


def named(logs: list[Seen], *names: str, contract: str = "pool") -> list[Seen]:
    return [log for log in logs if log.event.contract == contract and log.event.name in names]


def head_moves(logs: list[Seen]) -> list[Seen]:
    """Events by which the head passed a request: not the later fetching by hand."""
    refused: set[int] = set()
    moves = []
    for log in named(logs, "Withdrawn", "ManualWithdrawalExpected"):
        if log.values["wrId"] not in refused:
            moves.append(log)
        if log.event.name == "ManualWithdrawalExpected":
            refused.add(log.values["wrId"])
    return moves


def payout(request: Seen) -> int:
    value: int = request.values["amount"] - request.values["fee"]
    return value
