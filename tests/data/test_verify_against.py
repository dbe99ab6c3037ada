"""`python -m data.sync verify --against ARCHIVE` holds a store against a file, and asks no node."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.sync import main
from devnet import Devnet
from tests.app import edited
from tests.data.archive_steps import CLASHES, LATER, write
from tests.syncing import column, head_of

pytestmark = pytest.mark.node

KNOWN = "SELECT filter || known || source FROM coverage ORDER BY ALL"


def against(store: Path, archive: Path, *options: str) -> int:
    words = ["verify", "--network=devnet", f"--store={store}", f"--against={archive}", *options]
    return main(words)


def test_an_archive_that_tells_the_same_makes_nothing_surer_and_writes_nothing(
    archive: Path, devnet_store: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(devnet_store, store)
    before, known = store.read_bytes(), column(store, KNOWN)
    assert any("single" in row for row in known)
    assert against(store, archive) == 0
    told = capsys.readouterr().out
    assert "no difference in blocks 0-" in told
    assert "nothing is surer by it" in told
    assert store.read_bytes() == before
    assert column(store, KNOWN) == known


def test_what_an_earlier_version_did_not_keep_is_no_difference(
    archive: Path, devnet_store: Path, store: Path
) -> None:
    kept_by_now = "DELETE FROM contract_views WHERE value LIKE '0x%' OR view LIKE 'eth_get%'"
    assert against(edited(devnet_store, store, kept_by_now), archive) == 0
    other = "UPDATE contract_views SET value = value::HUGEINT + 1 WHERE view = 'feeShift'"
    assert against(edited(devnet_store, store, other), archive) == 1


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (CLASHES["a log that the store lacks"], "block $block: log 0 is missing in the store"),
        (
            CLASHES["a log that the archive lacks"],
            "$block: log 999 is missing in the archive",
        ),
        (CLASHES["a log with other content"], "block $block: log 0 has other content: data"),
        (LATER, "block $block: another time of the block"),
        (CLASHES["another hash of the last block"], "block $last: another hash or time"),
    ],
)
def test_every_block_that_differs_is_told(
    statement: str,
    why: str,
    archive: Path,
    devnet_store: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blocks = column(devnet_store, "SELECT DISTINCT block FROM raw_logs ORDER BY 1")
    (last,) = column(devnet_store, "SELECT synced_block FROM store_info")
    some = [blocks[len(blocks) // 3], blocks[-1]] if "$block" in statement else [last]
    store = devnet_store
    for number, block in enumerate(some):
        named = statement.replace("$block", str(block))
        store = edited(store, tmp_path / f"{number}.duckdb", named)
    assert against(store, archive) == 1
    told = capsys.readouterr().out
    for block in some:
        assert why.replace("$block", str(block)).replace("$last", str(last)) in told


def test_what_only_one_of_them_holds_is_said_to_be_not_compared(
    devnet: Devnet, devnet_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = write(devnet_store, tmp_path / "early", "--to-block", 300)
    assert against(devnet_store, early) == 0
    told = capsys.readouterr().out
    assert "no difference in blocks 0-300" in told
    assert f"what else of its blocks 0-{head_of(devnet)} the store holds" in told


def test_what_is_no_archive_of_this_pool_is_refused(
    archive: Path, devnet_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = tmp_path / "torn"
    torn.write_bytes(archive.read_bytes()[:-20])
    assert against(devnet_store, torn) == 1
    assert "no whole archive" in capsys.readouterr().err
    other = edited(devnet_store, tmp_path / "other.duckdb", "UPDATE store_info SET pool = '0x12'")
    assert against(other, archive) == 1
    assert "another chain or pool" in capsys.readouterr().err
    assert against(devnet_store, archive, "--all") == 2
    assert "--against asks no node" in capsys.readouterr().err
