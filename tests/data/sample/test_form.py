"""The simulated logs have the form of a node's, and are the same for the same seed."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from data.pool.contracts import EVENTS
from data.sample import SAMPLE_UNTIL, Simulation, simulate
from tests.data.sample.seen import ADDRESSES, Seen


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    until = datetime(2024, 6, 1, tzinfo=UTC)
    first = simulate(1, until, 120, addresses=ADDRESSES)
    assert simulate(1, until, 120, addresses=ADDRESSES) == first
    assert simulate(2, until, 120, addresses=ADDRESSES).logs != first.logs


def test_a_time_without_zone_or_between_hours_is_refused() -> None:
    for until in (SAMPLE_UNTIL.replace(tzinfo=None), SAMPLE_UNTIL + timedelta(minutes=1)):
        with pytest.raises(ValueError, match="full hour"):
            simulate(1, until, 30, addresses=ADDRESSES)


def test_every_event_occurs_and_web3_reads_it_as_it_was_meant(logs: list[Seen]) -> None:
    from web3 import Web3
    from web3.types import HexBytes

    examples = {log.event: log for log in logs}
    assert set(examples) == set(EVENTS)
    for event, log in examples.items():
        contract = Web3().eth.contract(
            address=Web3.to_checksum_address(ADDRESSES[event.contract]), abi=[event.abi]
        )
        receipt = {
            **log.raw,
            "topics": [HexBytes(topic) for topic in log.raw["topics"]],
            "data": HexBytes(log.raw["data"]),
        }
        read = dict(contract.events[event.name]().process_log(receipt)["args"])
        lowered = {k: v.lower() if isinstance(v, str) else int(v) for k, v in read.items()}
        assert lowered == log.values


def test_a_line_has_a_nodes_keys_and_lower_case_hex(simulation: Simulation) -> None:
    for line in simulation.logs.splitlines()[::97]:
        log = json.loads(line)
        assert set(log) == {
            "address",
            "topics",
            "data",
            "blockNumber",
            "blockHash",
            "blockTimestamp",
            "transactionHash",
            "transactionIndex",
            "logIndex",
            "removed",
        }
        assert log["removed"] is False
        for text in (*log["topics"], log["blockHash"], log["transactionHash"]):
            assert len(text) == 66
            assert text == text.lower()


def test_logs_stand_in_the_chains_order_and_a_block_has_one_time_and_hash(
    simulation: Simulation, logs: list[Seen]
) -> None:
    places = [log.place for log in logs]
    assert all(before < after for before, after in pairwise(places))
    times = [log.time for log in logs]
    assert times == sorted(times)
    blocks = defaultdict(set)
    transactions = defaultdict(set)
    for log in logs:
        blocks[log.place[0]].add((log.time, log.raw["blockHash"]))
        transactions[log.raw["transactionHash"]].add((log.place[0], log.raw["transactionIndex"]))
    assert {len(found) for found in blocks.values()} == {1}
    assert {len(found) for found in transactions.values()} == {1}
    assert simulation.first_block <= places[0][0]
    assert places[-1][0] <= simulation.state.block.number
    assert simulation.state.block.at == SAMPLE_UNTIL


def test_blocks_come_at_no_constant_pace(logs: list[Seen]) -> None:
    paces = [
        (late.time - early.time) / (late.place[0] - early.place[0])
        for early, late in pairwise(logs[::40])
        if late.place[0] > early.place[0]
    ]
    assert min(paces) < 1.1
    assert max(paces) > 1.6
    assert len({round(pace, 4) for pace in paces}) > len(paces) * 0.9
