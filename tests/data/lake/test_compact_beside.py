"""Files are laid together while others push: nothing stands there twice."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from data import StoreError
from data.config import ROOT
from data.lake.address import LakeAddress
from data.lake.connection import attach
from data.lake.pull import pull
from data.lake.push import push
from data.lake.upkeep import check
from tests.lake_steps import NOW, History
from tests.log_lines import FANTOM

pytestmark = pytest.mark.node

COMPACT = """
import sys
from data.lake.address import parse_lake
from data.lake.upkeep import compact
address = parse_lake(sys.argv[1])
print("begun", flush=True)
while True:
    print(compact(address), flush=True)
"""


def test_compacting_beside_pushes_doubles_nothing(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0)
    push(store, lake, FANTOM, NOW)
    command = [sys.executable, "-c", COMPACT, f"ducklake:postgres:{lake.catalog}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for number in range(8):
            following = Path(shutil.copyfile(store, tmp_path / "own.next"))
            with duckdb.connect(following) as con:
                con.execute("UPDATE store_info SET source = ?", [f"push {number}"])
            following.replace(store)
            assert push(store, lake, FANTOM, NOW).rows == 2
        assert process.poll() is None
        process.kill()
        assert len(process.stdout.read().split()) > 1  # so often it was done meanwhile
    assert all(each.same for each in check(lake, "fantom"))


def test_a_lake_with_two_pushes_is_refused_until_one_whole_push_mends_it(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0)
    push(store, lake, FANTOM, NOW)
    with attach(lake) as con:
        con.execute(
            "INSERT INTO lake.main.fantom "
            "SELECT * REPLACE (uuid() AS push_id) FROM lake.main.fantom"
        )
    for use in (
        lambda: push(store, lake, FANTOM, NOW),
        lambda: pull(lake, "fantom", tmp_path / "copy.duckdb"),
        lambda: check(lake, "fantom"),
    ):
        with pytest.raises(StoreError, match=r"holds more than one push of .* --whole"):
            use()
    push(store, lake, FANTOM, NOW, whole=True)
    assert all(each.same for each in check(lake, "fantom"))
    assert pull(lake, "fantom", tmp_path / "copy.duckdb")
