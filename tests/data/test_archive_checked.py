"""`python -m data.archive compare` and `verify` name what differs, or say what they bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.archive import main
from devnet import Devnet
from tests.app import edited
from tests.data.archive_steps import CLASHES, LATER, write
from tests.fake_node import changed, devnet_answers, fake_node
from tests.syncing import column, sync

pytestmark = pytest.mark.node


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("SELECT 1", "the same"),
        ("DELETE FROM raw_logs WHERE block = $block", "block $block: log 0 is missing in B"),
        (CLASHES["a log that the archive lacks"], "block $block: log 999 is missing in A"),
        (CLASHES["a log with other content"], "block $block: log 0 has other content: data"),
        (LATER, "block $block: another time of the block"),
        ("UPDATE store_info SET pool = '0x12'", "another chain or pool: pool is"),
        (CLASHES["another hash of the last block"], "block $last: another hash or time"),
        ("UPDATE contract_views SET value = 7", "block $last: the contract said something else"),
    ],
)
def test_the_first_log_that_differs_is_named(
    statement: str,
    why: str,
    archive: Path,
    devnet_store: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = "SELECT block FROM raw_logs, store_info WHERE address = bond AND log_index = 0 ORDER BY 1"
    block = str(column(devnet_store, row)[3])
    store = edited(devnet_store, tmp_path / "b.duckdb", statement.replace("$block", block))
    capsys.readouterr()
    assert main(["compare", str(archive), str(store)]) == (why != "the same")
    last = str(column(devnet_store, "SELECT synced_block FROM store_info")[0])
    told = why.replace("$block", block).replace("$last", last)
    assert capsys.readouterr().out.splitlines()[2].startswith(told)


@pytest.fixture(scope="module")
def own_store(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of this process's node: the shared store may be of another one."""
    store = tmp_path_factory.mktemp("own") / "own.duckdb"
    sync(store, devnet.rpc_url)
    return store


def verify(url: str, source: Path, *options: str) -> int:
    return main(["verify", "--network=devnet", "--rpc-url", url, *options, str(source)])


def test_a_true_history_is_what_the_node_tells(
    own_store: Path, devnet: Devnet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(own_store, tmp_path / "file")
    assert verify(devnet.rpc_url, file, "--all") == 0
    assert "no difference: every block was compared" in capsys.readouterr().out
    assert verify(devnet.rpc_url, own_store, "--sample", "50", "--seed", "7") == 0
    told = capsys.readouterr().out
    assert "(--seed 7). With 95 % confidence fewer than 6.00% of the ranges differ" in told
    assert verify(devnet.rpc_url, own_store, "--sample", "0") == 2


@pytest.mark.parametrize("name", [name for name in CLASHES if "hash" not in name])
def test_what_a_node_tells_otherwise_is_named(
    name: str,
    own_store: Path,
    devnet: Devnet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    block = column(own_store, "SELECT max(block) FROM raw_logs, store_info WHERE address = sfc")[0]
    store = edited(own_store, tmp_path / "s.duckdb", CLASHES[name].replace("$block", str(block)))
    assert verify(devnet.rpc_url, store, "--all") == 1
    assert f"\nblock {block}: " in capsys.readouterr().out


def test_a_node_that_leaves_a_log_out_is_not_the_historys_fault(
    own_store: Path, devnet: Devnet, capsys: pytest.CaptureFixture[str]
) -> None:
    def but_one(logs: list[Any]) -> list[Any]:
        return logs[:-1] if len(logs) > 1 else logs

    with fake_node(devnet_answers(devnet.rpc_url), changed(but_one)) as node:
        assert verify(node.url, own_store, "--all", "--rpc-url", devnet.rpc_url) == 0
        told = capsys.readouterr()
        assert "no difference" in told.out
        assert verify(node.url, own_store, "--all") == 2
    told = capsys.readouterr()
    assert "a node's own fault: block " in told.err
    assert "difference" not in told.out


def test_nobody_to_ask_is_neither_a_difference_nor_none(archive: Path) -> None:
    nowhere = ["--rpc-url", "http://127.0.0.1:1"]
    assert main(["verify", "--network", "devnet", *nowhere, str(archive)]) == 2
    assert main(["verify", "--network", "fantom", *nowhere, str(archive)]) == 2
    assert main(["compare", str(archive), str(archive) + ".no"]) == 2
