"""A sync through a node that lies about logs: nothing is lost, doubled or quietly believed."""

from __future__ import annotations

import shutil
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import NodeError, WrongChainError
from data import sync as command
from data.ingest.coverage import forget
from data.ingest.from_node import Looks
from data.pool.contracts import EVENTS
from devnet import Devnet
from tests.fake_node import (
    Asked,
    Fault,
    Log,
    Reply,
    at_most,
    changed,
    devnet_answers,
    either,
    error,
    fake_node,
    only,
    result,
)
from tests.syncing import ONE_SOURCE, dicts, failed, head_of, not_passed, sync, tables

pytestmark = pytest.mark.node

Change = Callable[[list[Log]], list[Any]]
TOPIC0 = {event.canonical: event.topic0 for event in EVENTS}
BURNED = TOPIC0["TokensBurned2(address,uint256,uint256,uint256,uint256,bool)"]
WITHDRAWN = TOPIC0["Withdrawn(address,uint256,uint256)"]
RATIO = TOPIC0["RatioUpdate(uint256)"]


def with_first(**keys: Any) -> Change:
    return lambda logs: [logs[0] | keys, *logs[1:]]


def elsewhere(logs: list[Log]) -> list[Log]:
    return [*logs, logs[-1] | {"blockNumber": hex(int(logs[-1]["blockNumber"], 16) + 400)}]


LIES: dict[str, Change] = {
    "a log of a block outside the range": elsewhere,
    "a log of another address": with_first(address="0x" + "ee" * 20),
    "a log marked as removed": with_first(removed=True),
    "data that is no hex": with_first(data="0xzz"),
    "data of half a byte": with_first(data="0x123"),
    "a topic that is no word": with_first(topics=["0x12"]),
    "topics that are no list": with_first(topics="0x12"),
    "five topics": with_first(topics=["0x" + "12" * 32] * 5),
    "a block that is no number": with_first(blockNumber="latest"),
    "a block as a JSON number": with_first(blockNumber=7),
    "no index": with_first(logIndex=None),
    "no transaction": with_first(transactionHash=None),
    "null for a log": lambda logs: [None, *logs],
    "a text for a log": lambda logs: ["log", *logs],
    "an empty object": lambda logs: [{}, *logs],
}


def test_lies_told_once_of_each_range_are_asked_again(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    told = []

    def lie(logs: list[Log]) -> list[Any]:
        told.append(list(LIES)[len(told) % len(LIES)])
        return LIES[told[-1]](logs)

    once = changed(lie, lambda asked: asked.again == 0)
    with fake_node(devnet_answers(devnet.rpc_url), either(at_most(25), once)) as node:
        assert failed(sync(store, node.url)) == []
    assert set(told) == set(LIES)
    assert tables(store) == tables(devnet_store)


# Told once, most lies would leave a trace in the tables: some of those, and all that would not.
FOR_EVER = [
    "a log of another address",
    "a log marked as removed",
    "data of half a byte",
    "null for a log",
    "a text for a log",
    "an empty object",
]


@pytest.mark.parametrize("lie", FOR_EVER)
def test_a_lie_told_for_ever_is_an_error_and_publishes_nothing(
    lie: str, devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    shutil.copy(devnet_store, store)
    before = store.read_bytes()
    with (
        fake_node(devnet_answers(devnet.rpc_url), changed(LIES[lie])) as node,
        pytest.raises(NodeError, match=r"blocks? \d+.*127\.0\.0\.1:\d+: .*log"),
    ):
        sync(store, node.url)
    assert store.read_bytes() == before


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            changed(
                with_first(topics=["0x" + "12" * 32]),
                lambda asked: asked.again == 0 and len(asked.params[0]["topics"]) > 0,
            ),
            id="a log of another event, where events were asked for",
        ),
        pytest.param(
            changed(with_first(data="0x1234"), lambda asked: asked.again == 0),
            id="a log without its event's shape",
        ),
        pytest.param(
            changed(lambda logs: [*logs[::-1], *logs]), id="every log twice and out of order"
        ),
    ],
)
def test_what_an_answer_spoils_is_asked_again_or_landed_once_and_in_order(
    fault: Fault, devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    with fake_node(devnet_answers(devnet.rpc_url), fault) as node:
        assert failed(sync(store, node.url)) == []
    assert tables(store) == tables(devnet_store)


def test_times_that_logs_lack_come_from_headers_of_which_a_sample_is_asked_twice(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    def untimed(logs: list[Log]) -> list[Log]:
        keys = logs[0].keys() - {"blockTimestamp"}
        # Some nodes send a zero where they do not know the time, or what is none.
        odd = [{}, *({"blockTimestamp": time} for time in ("0x0", "yesterday", 1781414401000, 1.5))]
        return [
            {key: log[key] for key in keys} | odd[number % len(odd)]
            for number, log in enumerate(logs)
        ]

    with fake_node(devnet_answers(devnet.rpc_url), changed(untimed)) as node:
        assert failed(sync(store, node.url)) == []
        asked = [params[0] for method, params in node.asked if method == "eth_getBlockByNumber"]
    assert tables(store) == tables(devnet_store)
    blocks = {hex(row[0]) for row in tables(devnet_store)["raw_logs"]}
    assert blocks <= set(asked)
    # The newest block once more, for its hash; a known one at first, after landing and at the end.
    assert len(asked) <= len(blocks) + 1 + 3 + 50


def test_what_is_odd_and_leaves_no_doubt_is_taken(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    """Times as numbers, ids as texts, and a mark of the bytes' order before an answer."""

    def odd(asked: Asked) -> Reply | None:
        if asked.method != "eth_getLogs":
            return None
        logs = [log | {"blockTimestamp": int(log["blockTimestamp"], 16)} for log in asked.honest()]
        return result(replace(asked, id=str(asked.id)), logs)

    with fake_node(devnet_answers(devnet.rpc_url), odd) as node:
        node.begins = BOM_UTF8
        assert failed(sync(store, node.url)) == []
        assert node.posts < len(node.asked)  # batches were taken for what they are
    assert tables(store) == tables(devnet_store)


@pytest.mark.parametrize("topic0", [BURNED, WITHDRAWN], ids=["request", "payout"])
def test_a_log_withheld_at_first_is_missed_by_its_number_and_read_again(
    topic0: str, devnet: Devnet, store: Path, devnet_store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with fake_node(devnet_answers(devnet.rpc_url), withheld(topic0, 3, asks=1)) as node:
        assert failed(sync(store, node.url)) == []
    assert tables(store) == tables(devnet_store)
    assert "a log is missing" in capfd.readouterr().err


@pytest.mark.parametrize(("topic0", "check"), [(BURNED, "request ids"), (WITHDRAWN, "head order")])
def test_a_log_withheld_for_ever_is_a_failed_check_with_block_and_id(
    topic0: str, check: str, devnet: Devnet, store: Path
) -> None:
    with fake_node(devnet_answers(devnet.rpc_url), withheld(topic0, 3, asks=10**6)) as node:
        found = failed(sync(store, node.url))
    name, block, wr_id = next(finding for finding in found if finding[0] == check)
    requests = {row["wr_id"]: row for row in dicts(store, "requests")}
    moved = {row["wr_id"]: row["block"] for row in dicts(store, "head_moves")}
    assert wr_id - 1 not in (requests if check == "request ids" else moved)
    assert block == (requests[wr_id]["requested_block"] if topic0 == BURNED else moved[wr_id])
    assert name in {row["name"] for row in dicts(store, "checks") if row["status"] == "failed"}


def withheld(topic0: str, number: int, asks: int) -> Fault:
    """The log `number` of a kind is left out of the first answers that would hold it."""
    times = iter(range(asks))
    seen: list[str] = []

    def without(logs: list[Log]) -> list[Log]:
        mine = [log["topics"][2] for log in logs if log["topics"][0] == topic0]
        seen.extend(topic for topic in mine if topic not in seen)
        hidden = seen[number] if len(seen) > number else None
        if hidden in mine and next(times, None) is not None:
            return [log for log in logs if log["topics"][0] != topic0 or log["topics"][2] != hidden]
        return logs

    return changed(without)


def unread(store: Path) -> None:
    """As if no node had been asked yet, with every log still there."""
    with duckdb.connect(store) as con:
        forget(con, 0, 10**9)
        con.execute("UPDATE store_info SET source = 'another'")


def test_a_stored_log_that_a_second_reading_lacks_is_asked_for_again(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    shutil.copy(devnet_store, store)
    unread(store)
    with fake_node(devnet_answers(devnet.rpc_url), withheld(WITHDRAWN, 3, asks=1)) as node:
        assert failed(sync(store, node.url)) == []
    assert tables(store) == tables(devnet_store)


@pytest.mark.parametrize("kept", [1, 0])
def test_a_stored_log_that_no_reading_has_any_more_is_an_error_with_its_block(
    kept: int, devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    shutil.copy(devnet_store, store)
    unread(store)
    before = store.read_bytes()
    lie = changed(lambda logs: logs[1:] if kept else [])
    with (
        fake_node(devnet_answers(devnet.rpc_url), lie) as node,
        pytest.raises(NodeError, match=r"has not log \d+ of block \d+ as the store holds it"),
    ):
        sync(store, node.url)
    assert store.read_bytes() == before


@pytest.mark.timeout(60)
def test_a_log_that_stays_away_ends_a_sync_that_is_to_publish_at_once_too(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    shutil.copy(devnet_store, store)
    unread(store)
    with (
        fake_node(devnet_answers(devnet.rpc_url), changed(lambda logs: [])) as node,
        pytest.raises(NodeError, match=r"has not log \d+ of block \d+ as the store holds it"),
    ):
        sync(store, node.url, looks=Looks(0, 0))


# Chains and logs that contradict the store


def test_a_chain_that_was_restarted_is_told_by_its_hash(devnet: Devnet, synced_store: Path) -> None:
    def other_hash(asked: Asked) -> Reply:
        return result(asked, asked.honest() | {"hash": "0x" + "12" * 32})

    before = synced_store.read_bytes()
    forgotten = only("eth_getTransactionReceipt", lambda asked: result(asked, None))
    other = either(only("eth_getBlockByNumber", other_hash), forgotten)
    with (
        fake_node(devnet_answers(devnet.rpc_url), other) as node,
        pytest.raises(WrongChainError, match=f"block {head_of(devnet)} is 0x.*restarted"),
    ):
        sync(synced_store, node.url)
    assert node.count("eth_getLogs") == 0
    assert synced_store.read_bytes() == before


def test_a_node_far_behind_the_store_is_refused(devnet: Devnet, synced_store: Path) -> None:
    with duckdb.connect(synced_store) as con:
        con.execute("UPDATE store_info SET synced_block = 5_000")
        con.execute("INSERT INTO raw_logs BY NAME SELECT * REPLACE (4_000 AS block) FROM raw_logs")
    before = synced_store.read_bytes()
    with pytest.raises(NodeError, match=f"newest block is {head_of(devnet)}, but .* to 5000"):
        sync(synced_store, devnet.rpc_url)
    assert synced_store.read_bytes() == before


def test_a_node_a_little_behind_the_store_has_no_news_and_changes_nothing(
    devnet: Devnet, store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sync(store, devnet.rpc_url)
    before = store.read_bytes()
    behind = only("eth_blockNumber", lambda asked: result(asked, hex(head_of(devnet) - 10)))
    with fake_node(devnet_answers(devnet.rpc_url), behind) as node:
        assert sync(store, node.url).block == head_of(devnet)
    assert f"node is at block {head_of(devnet) - 10}" in capfd.readouterr().err
    assert node.count("eth_getLogs") == 0
    assert store.read_bytes() == before
    sync(store, devnet.rpc_url)
    assert not_passed(store) == ONE_SOURCE


def test_a_stored_log_that_comes_with_other_content_stops_the_sync(
    devnet: Devnet, synced_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def altered(logs: list[Log]) -> list[Log]:
        return [*logs[:-1], logs[-1] | {"data": logs[-1]["data"][:-1] + "7"}]

    before = synced_store.read_bytes()
    with fake_node(devnet_answers(devnet.rpc_url), changed(altered)) as node:
        with pytest.raises(NodeError, match=r"has not log \d+ of block \d+ as the store holds it"):
            sync(synced_store, node.url)
        words = ["--network", "devnet", "--store", str(synced_store), "--rpc-url", node.url]
        assert command.main(words) == 1
    assert "as the store holds it" in capsys.readouterr().err
    assert synced_store.read_bytes() == before
    # Nothing of the lie was kept for later.
    assert failed(sync(synced_store, devnet.rpc_url)) == []


def test_an_endpoint_that_will_not_serve_us_is_told_and_the_work_goes_on(
    devnet: Devnet, store: Path, devnet_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    used_up = only("eth_getLogs", lambda asked: error(asked, "Monthly capacity limit exceeded."))
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, used_up) as node, fake_node(answers) as other:
        urls = [word for url in (node.url, other.url) for word in ("--rpc-url", url)]
        words = ["--network", "devnet", "--store", str(store), *urls]
        assert command.main(words) == 0
    place = node.url.removeprefix("http://")
    assert f"{place} is not used: Monthly capacity limit exceeded." in capsys.readouterr().err
    assert node.count("eth_getLogs") < 20
    assert tables(store) == tables(devnet_store)


def test_a_log_of_a_wrong_shape_that_no_receipt_denies_is_kept_raw_and_fails_a_check_with_its_block(
    devnet: Devnet, devnet_store: Path, store: Path
) -> None:
    spoilt: list[Any] = []

    def spoil(logs: list[Log]) -> list[Log]:
        # The bond's own log: a request's would leave a hole in the numbers too.
        mine = [log for log in logs if log["address"] == devnet.addresses.bond]
        spoilt[:] = spoilt or mine[:1]
        return [log | {"data": "0x1234"} if log in spoilt else log for log in logs]

    no_receipts = only("eth_getTransactionReceipt", lambda asked: error(asked, "not found"))
    with fake_node(devnet_answers(devnet.rpc_url), either(no_receipts, changed(spoil))) as node:
        found = failed(sync(store, node.url))
    block = int(spoilt[0]["blockNumber"], 16)
    assert found == [("logs decode", block, None)]
    raw = [row for row in tables(store)["raw_logs"] if row[-1] == "0x1234"]
    assert [(row[0], row[1]) for row in raw] == [(block, int(spoilt[0]["logIndex"], 16))]
    assert len(dicts(store, "ratios")) == len(dicts(devnet_store, "ratios")) - 1
    ranges = [blocks for blocks in node.blocks_asked() if blocks[0] <= block <= blocks[1]]
    assert max(ranges.count(blocks) for blocks in ranges) == 2
    # It stops no honest sync: the receipts that it has now deny that log.
    with duckdb.connect(store) as con:
        forget(con, block, block, "bond")
    assert failed(sync(store, devnet.rpc_url)) == []
    assert tables(store) == tables(devnet_store)


def test_a_log_of_a_wrong_shape_that_a_receipt_denies_is_never_stored(
    devnet: Devnet, devnet_store: Path, store: Path
) -> None:
    def spoil(logs: list[Log]) -> list[Log]:
        return [log | {"data": "0x1234"} if log["address"] == bond else log for log in logs]

    bond, answers = devnet.addresses.bond, devnet_answers(devnet.rpc_url)
    with fake_node(answers, changed(spoil)) as node, fake_node(answers) as other:
        with pytest.raises(NodeError, match="does not decode as"):
            sync(store, node.url)
        assert failed(sync(store, node.url, other.url)) == []
    assert tables(store) == tables(devnet_store)
