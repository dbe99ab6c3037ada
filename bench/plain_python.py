"""The store's tables as anyone would first write them: json and eth_abi, one log at a time.

The baseline that the ingest is measured against, and the yardstick that its every value
is compared with: nothing here is shared with the SQL but the events' signatures.
"""

from __future__ import annotations

import json
import sys
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from eth_abi.abi import decode

from data.config import Network, load_network
from data.pool.burn import NEVER_WEI
from data.pool.contracts import EVENTS, Event

Row = tuple[Any, ...]
_DIGITS_38, _BIGINT = 10**38, 2**63
_SUMMABLE = 10**33
_CLASSES = [100 * 10**18, 1_000 * 10**18, 10_000 * 10**18]


@dataclass(frozen=True)
class Decoded:
    """One log: its event, its values by name, and where it stands."""

    event: Event
    values: Mapping[str, Any]
    block: int
    log_index: int
    at: datetime
    tx: str

    @property
    def place(self) -> tuple[datetime, int, str]:
        return self.at, self.block, self.tx


@dataclass
class Queue:
    """The requests as they are made and settled, and how much is owed from the head on."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    head: int = 0
    refused: set[int] = field(default_factory=set)

    def ahead(self, wr_id: int) -> int | None:
        """What is owed to the requests between the head and this one; None if not known."""
        total = 0
        for each in range(min(self.head, wr_id), wr_id):
            payout: int | None = self.rows[each]["payout_wei"]
            if payout is None or payout > _SUMMABLE:
                return None
            total += payout
        return total


def fitting(number: int, limit: int = _DIGITS_38) -> int | None:
    """The number where the store can hold it, None where it has more than 38 digits."""
    return number if number < limit else None


def reachable(threshold: int) -> int | None:
    """An amount that something is to reach: from 2**160 on none ever does."""
    return NEVER_WEI if threshold >= 1 << 160 else fitting(threshold, NEVER_WEI)


def decode_log(log: Mapping[str, Any], events: Mapping[tuple[str, str, int], Event]) -> Decoded:
    """One log of eth_getLogs through eth_abi."""
    topics = log["topics"]
    event = events[log["address"], topics[0], len(topics)]
    words = list(
        decode([f.type for f in event.fields if not f.indexed], bytes.fromhex(log["data"][2:]))
    )
    values = {}
    for each in event.fields:
        if each.indexed:
            topics = topics[1:]
            (values[each.name],) = decode([each.type], bytes.fromhex(topics[0][2:]))
        else:
            values[each.name] = words.pop(0)
    return Decoded(
        event,
        values,
        int(log["blockNumber"], 16),
        int(log["logIndex"], 16),
        datetime.fromtimestamp(int(log["blockTimestamp"], 16), UTC),
        log["transactionHash"],
    )


def decode_logs(logs: Iterable[Mapping[str, Any]], network: Network) -> list[Decoded]:
    """Every log, in the chain's order."""
    events = {
        (getattr(network, event.contract), event.topic0, event.topics_count): event
        for event in EVENTS
    }
    decoded = [decode_log(log, events) for log in logs]
    return sorted(decoded, key=lambda each: (each.block, each.log_index))


def tables(logs: list[Decoded]) -> dict[str, list[Row]]:
    """The rows of each derived table, in order, with columns as in data/ingest/tables/."""
    stubs = {log.values["proxy"] for log in logs if log.event.name == "Deployed"}
    rows: dict[str, list[Row]] = defaultdict(list)
    queue = Queue()
    for log in logs:
        if log.event.contract == "pool":
            _pool_log(rows, queue, log)
        elif log.event.contract == "bond":
            rows["ratios"].append((*log.place, fitting(log.values["newRatio"])))
        elif log.values["delegator"] in stubs:
            _sfc_log(rows, log)
    rows |= {"requests": _requests(queue)}
    return rows | {"hourly_flows": _hourly_flows(rows, queue), "waits": _waits(queue)}


def _pool_log(rows: dict[str, list[Row]], queue: Queue, log: Decoded) -> None:
    values = log.values
    match log.event.name:
        case "TokensBurned" | "TokensBurned2":
            _burn(queue, log)
        case "Withdrawn" | "ManualWithdrawalExpected":
            _settle(rows, queue, log)
        case "StakeReceived" | "StakeReceived2":
            token = {None: None, True: "aFTMb", False: "aFTMc"}[values.get("isRebasing")]
            staked = (*log.place, values["staker"], fitting(values["amount"]), token)
            rows["stakes"].append(staked)
        case "FeeRuleUpdated":
            shift = values.get("feeShift")
            least, most, *thresholds = list(values.values())[:4]
            start, stop = map(reachable, thresholds)
            rule = [fitting(least), fitting(most), start, stop]
            if start == 0 and stop == NEVER_WEI:  # the contract refuses every burn
                rule[-1] = None
            shift_wei = None if shift is None else fitting(shift)
            rows["fee_rules"].append((*log.place, *rule, shift_wei))
        case "Deployed":
            rows["stubs"].append((fitting(values["id"], _BIGINT), values["proxy"], *log.place))


def _burn(queue: Queue, log: Decoded) -> None:
    values = log.values
    gross, fee = fitting(values["amount"]), fitting(values["fee"])
    row: dict[str, Any] = {
        "wr_id": values["wrId"],
        "staker": values["staker"],
        "token": "aFTMb" if values.get("isRebasing", True) else "aFTMc",
        "gross_wei": gross,
        "fee_wei": fee,
        "payout_wei": None if gross is None or fee is None else gross - fee,
        "shares_wei": fitting(values["shares"]),
        "requested_at": log.at,
        "requested_block": log.block,
        "requested_tx": log.tx,
        "status": "pending",
        "manual_at": None,
        "paid_at": None,
        "paid_block": None,
        "paid_tx": None,
        "ahead_wei_at_request": queue.ahead(values["wrId"]),
        "ahead_wei": None,
    }
    queue.rows[values["wrId"]] = row


def _settle(rows: dict[str, list[Row]], queue: Queue, log: Decoded) -> None:
    wr_id, payout = log.values["wrId"], fitting(log.values["amount"])
    refused = log.event.name == "ManualWithdrawalExpected"
    by_hand = wr_id in queue.refused and not refused
    position = log.block * 2**24 + log.log_index
    rows["head_moves"].append(
        (wr_id, refused, payout, position, log.at, log.block, log.tx, by_hand)
    )
    row = queue.rows[wr_id]
    if refused:
        queue.refused.add(wr_id)
        row |= {"status": "manual", "manual_at": log.at}
    else:
        rows["payouts"].append((log.at, log.block, log.tx, wr_id, payout, by_hand))
        row |= {
            "status": "paid",
            "paid_at": log.at,
            "paid_block": log.block,
            "paid_tx": log.tx,
        }
    if not by_hand:
        queue.head = max(queue.head, wr_id + 1)


def _sfc_log(rows: dict[str, list[Row]], log: Decoded) -> None:
    values = list(log.values.values())
    stub, validator = values[:2]
    match log.event.name:
        case "ClaimedRewards" | "RestakedRewards":
            parts = [fitting(value) for value in values[2:]]
            reward = None if None in parts else fitting(sum(values[2:]))
            restaked = log.event.name == "RestakedRewards"
            rows["reward_claims"].append((*log.place, stub, validator, reward, restaked))
        case "LockedUpStake":
            duration_s = fitting(values[2], _BIGINT)
            ends_at = None if duration_s is None else log.at + timedelta(seconds=duration_s)
            lock_up = (log.at, ends_at, log.block, log.tx, stub, validator)
            rows["lock_ups"].append((*lock_up, fitting(values[3]), duration_s))
        case "Withdrawn":
            rows["returned_stakes"].append((*log.place, stub, validator, fitting(values[3])))


def _hourly_flows(rows: dict[str, list[Row]], queue: Queue) -> list[Row]:
    """What moved in each hour, as sums."""
    moves: list[tuple[str, str | None, datetime | None, int | None]] = []
    for row in queue.rows.values():
        refused_at, paid_at = row["manual_at"], row["paid_at"]
        times = {
            "request": row["requested_at"],
            "release": refused_at or paid_at,
            "payment": paid_at,
            "refusal": refused_at,
            "late payment": refused_at and paid_at,
        }
        moves += [(flow, row["token"], at, row["payout_wei"]) for flow, at in times.items()]
    for _, refused, payout, _, at, _, _, by_hand in rows["head_moves"]:
        flow = "claimed by hand" if by_hand else "push refused" if refused else "push"
        moves.append((flow, None, at, payout))
    for at, *_, reward, restaked in rows["reward_claims"]:
        moves.append(("reward restaked" if restaked else "reward", None, at, reward))
    for at, *_, amount in rows["returned_stakes"]:
        moves.append(("stake returned", None, at, amount))
    for at, *_, amount, _ in rows["stakes"]:
        moves.append(("stake", None, at, amount))
    hours: dict[Row, list[tuple[datetime, int | None]]] = defaultdict(list)
    for flow, token, at, amount in moves:
        if at is not None:
            hour = at.replace(minute=0, second=0, microsecond=0)
            hours[hour, flow, token].append((at, amount))
    return [_summed(hour, hours[hour]) for hour in sorted(hours, key=_place)]


def _place(hour: Row) -> Row:
    """Where an hour of a flow stands in its table."""
    at, flow, token = hour
    return at, flow, token or ""


def _summed(hour: Row, moves: list[tuple[datetime, int | None]]) -> Row:
    known = [amount for _, amount in moves if amount is not None and amount < _SUMMABLE]
    times = [at for at, _ in moves]
    unknown = len(moves) - len(known)
    return (*hour, len(moves), sum(known), unknown, min(times), max(times))


def _waits(queue: Queue) -> list[Row]:
    """How many requests of each day and class of amounts were released after how many minutes."""
    counts: Counter[tuple[datetime, int, int]] = Counter()
    for row in queue.rows.values():
        at, payout = row["requested_at"], row["payout_wei"]
        if (released_at := row["manual_at"] or row["paid_at"]) is not None:
            # As in a sorted table, what is not known comes last.
            kind = 5 if payout is None else bisect(_CLASSES, payout) + 1
            day = at.replace(hour=0, minute=0, second=0, microsecond=0)
            counts[day, kind, (released_at - at) // timedelta(minutes=1)] += 1
    return [
        (day, None if kind == 5 else kind, minutes, counts[day, kind, minutes])
        for day, kind, minutes in sorted(counts)
    ]


def _requests(queue: Queue) -> list[Row]:
    """The requests by id, each with what is ahead of it at the end."""
    ahead: int | None = 0
    for wr_id, row in sorted(queue.rows.items()):
        row["ahead_wei"] = ahead if row["status"] == "pending" else 0
        if wr_id >= queue.head:
            payout = row["payout_wei"]
            unknown = ahead is None or payout is None or payout > _SUMMABLE
            ahead = None if unknown else ahead + payout
    return [tuple(queue.rows[wr_id].values()) for wr_id in sorted(queue.rows)]


def read_file(path: Path, network: Network) -> list[Decoded]:
    """Every log of a file with one log a line, in the chain's order."""
    with path.open("rb") as lines:
        return decode_logs(map(json.loads, lines), network)


if __name__ == "__main__":
    print(len(read_file(Path(sys.argv[1]), load_network(sys.argv[2]))))
