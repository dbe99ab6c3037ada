"""Chains and logs that contradict the store: refused, with the store as it was."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import ChangedLogError, NodeError, WrongChainError
from data import sync as command
from devnet import Devnet
from devnet.rpc import Rpc
from tests.fake_node import Asked, Log, Reply, changed, devnet_answers, fake_node, only, result
from tests.syncing import dicts, failed, sync, tables

pytestmark = pytest.mark.node


@pytest.fixture
def store(devnet_store: Path, tmp_path: Path) -> Path:
    """The whole history, to go on from."""
    return Path(shutil.copy(devnet_store, tmp_path / "devnet.duckdb"))


def head_of(devnet: Devnet) -> int:
    return int(Rpc(devnet.rpc_url).call("eth_blockNumber"), 16)


def test_a_chain_that_was_restarted_is_told_by_its_hash(devnet: Devnet, store: Path) -> None:
    def other_hash(asked: Asked) -> Reply:
        return result(asked, asked.honest() | {"hash": "0x" + "12" * 32})

    before = store.read_bytes()
    other = only("eth_getBlockByNumber", other_hash)
    with (
        fake_node(devnet_answers(devnet.rpc_url), other) as node,
        pytest.raises(WrongChainError, match=f"block {head_of(devnet)} is 0x.*restarted"),
    ):
        sync(store, node.url)
    assert node.count("eth_getLogs") == 0
    assert store.read_bytes() == before


def test_a_node_far_behind_the_store_is_refused(devnet: Devnet, store: Path) -> None:
    with duckdb.connect(store) as con:
        con.execute("UPDATE store_info SET synced_block = 5_000")
    before = store.read_bytes()
    with pytest.raises(NodeError, match=f"newest block is {head_of(devnet)}, but .* to 5000"):
        sync(store, devnet.rpc_url)
    assert store.read_bytes() == before


def test_a_node_a_little_behind_the_store_has_no_news_and_changes_nothing(
    devnet: Devnet, store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = store.read_bytes()
    behind = only("eth_blockNumber", lambda asked: result(asked, hex(head_of(devnet) - 10)))
    with fake_node(devnet_answers(devnet.rpc_url), behind) as node:
        assert sync(store, node.url).block == head_of(devnet)
    assert f"node is at block {head_of(devnet) - 10}" in capfd.readouterr().err
    assert node.count("eth_getLogs") == 0
    assert store.read_bytes() == before
    sync(store, devnet.rpc_url)
    assert {check["status"] for check in dicts(store, "checks")} == {"passed"}


def test_a_stored_log_that_comes_with_other_content_stops_the_sync(
    devnet: Devnet, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def altered(logs: list[Log]) -> list[Log]:
        return [*logs[:-1], logs[-1] | {"data": logs[-1]["data"][:-1] + "7"}]

    before = store.read_bytes()
    with fake_node(devnet_answers(devnet.rpc_url), changed(altered)) as node:
        with pytest.raises(ChangedLogError, match=r"block \d+, log \d+ came with two different"):
            sync(store, node.url)
        words = ["--network", "devnet", "--store", str(store), "--rpc-url", node.url]
        assert command.main(words) == 1
    assert "came with two different contents" in capsys.readouterr().err
    assert store.read_bytes() == before
    # Nothing of the lie was kept for later.
    assert failed(sync(store, devnet.rpc_url)) == []


def malformed(logs: list[Log]) -> list[Log]:
    return [logs[0] | {"data": "0x1234"}, *logs[1:]]


def test_a_log_that_has_not_its_events_shape_is_asked_again(
    devnet: Devnet, devnet_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / "other.duckdb"
    once = changed(malformed, lambda asked: asked.again == 0)
    with fake_node(devnet_answers(devnet.rpc_url), once) as node:
        assert failed(sync(store, node.url)) == []
    assert tables(store) == tables(devnet_store)


def test_a_log_that_keeps_its_wrong_shape_is_kept_raw_and_fails_a_check_with_its_block(
    devnet: Devnet, devnet_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / "other.duckdb"
    spoilt: list[Any] = []

    def spoil(logs: list[Log]) -> list[Log]:
        # The bond's own log: a request's would leave a hole in the numbers too.
        mine = [log for log in logs if log["address"] == devnet.addresses.bond]
        spoilt[:] = spoilt or mine[:1]
        return [log | {"data": "0x1234"} if log in spoilt else log for log in logs]

    with fake_node(devnet_answers(devnet.rpc_url), changed(spoil)) as node:
        found = failed(sync(store, node.url))
    block = int(spoilt[0]["blockNumber"], 16)
    assert found == [("logs decode", block, None)]
    raw = [row for row in tables(store)["raw_logs"] if row[-1] == "0x1234"]
    assert [(row[0], row[1]) for row in raw] == [(block, int(spoilt[0]["logIndex"], 16))]
    assert len(dicts(store, "ratios")) == len(dicts(devnet_store, "ratios")) - 1
    ranges = [blocks for blocks in node.blocks_asked() if blocks[0] <= block <= blocks[1]]
    assert max(ranges.count(blocks) for blocks in ranges) == 2
