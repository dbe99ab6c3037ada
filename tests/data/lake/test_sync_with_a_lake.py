"""`python -m data.sync` with a lake: from its newest state on, and back into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from data import sync
from data.config import ROOT
from data.lake.address import LakeAddress, local_copy
from data.lake.connection import open_lake
from data.lake.pull import pull
from data.lake.push import push
from data.lake.upkeep import check
from data.lake.working import Lake
from data.store.reader import open_reader
from devnet import Devnet
from lakeside.postgres import Postgres
from tests.lake_steps import NOW, History, contents, read_rows, told_by_logs
from tests.log_lines import FANTOM
from tests.syncing import tables

pytestmark = pytest.mark.node

FOLLOWED = """
import sys
from pathlib import Path
import data.lake.address
from data import sync
from data.logs import begin
data.lake.address.VAR = Path(sys.argv[1])
begin()
sys.exit(sync.main(sys.argv[2:]))
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this machine keeps its own files; another name is another machine."""
    monkeypatch.setattr("data.lake.address.VAR", tmp_path / "one")
    return tmp_path / "one"


def _files(history: History, lake: LakeAddress, *parts: int) -> int:
    """Syncs from files, on this machine, for the lake."""
    return _synced(history, f"ducklake:postgres:{lake.catalog}", *parts)


def _synced(history: History, store: str, *parts: int) -> int:
    for part in parts:
        first, last = history.spans[part]
        arguments = ["--network", "fantom", "--logs", str(history.files[part])]
        arguments += ["--covers", f"{first}-{last}", "--store", store]
        status = sync.main(arguments)
        if status:
            return status
    return 0


def test_the_sample_is_moved_and_every_table_compared(
    lake: LakeAddress,
    sample_store: Path,
    catalog_server: Postgres,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = tmp_path / "sample.duckdb"
    store.write_bytes(sample_store.read_bytes())
    address = f"ducklake:postgres:{lake.catalog} password={catalog_server.password}"
    arguments = ["--network", "sample", "--store", str(store), "--to-lake", address]
    assert sync.main(arguments) == 0
    told = capsys.readouterr().out
    assert told.count("as pushed") == len(contents(store))
    assert f"{contents(store)['requests'].hash:016x}  as pushed" in told
    assert "new logs," in told
    assert sync.main(arguments) == 0
    told += capsys.readouterr().out
    assert "nothing new, the lake holds all of it" in told
    assert catalog_server.password not in told


def test_a_lake_that_is_not_there_is_told_before_anybody_is_asked(
    no_lake: LakeAddress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "sample.duckdb"
    address = f"ducklake:postgres:{no_lake.catalog}"
    assert sync.main(["--network", "sample", "--store", str(store), "--to-lake", address]) == 1
    assert "there is no lake at" in capsys.readouterr().err
    assert not store.exists()


def test_the_environment_names_the_lake_where_the_command_names_no_store(
    lake: LakeAddress, history: History, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTM_NETWORK", "fantom")
    monkeypatch.setenv("FTM_SYNC_STORE", f"ducklake:postgres:{lake.catalog}")
    assert sync.main(["--network", "fantom", "--logs", str(history.files[0])]) == 0
    assert all(each.same for each in check(lake, "fantom"))


def test_two_machines_sync_by_turns_and_each_goes_on_from_the_other(
    lake: LakeAddress,
    history: History,
    machine: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _files(history, lake, 0) == 0
    monkeypatch.setattr("data.lake.address.VAR", tmp_path / "two")
    assert _files(history, lake, 1) == 0
    monkeypatch.setattr("data.lake.address.VAR", machine)
    assert _files(history, lake, 2) == 0
    assert "is now what the lake holds" in capsys.readouterr().out
    alone = tmp_path / "alone.duckdb"
    assert _synced(history, str(alone), 0, 1, 2) == 0
    assert told_by_logs(local_copy(lake, "fantom")) == told_by_logs(alone)
    assert all(each.same for each in check(lake, "fantom"))


def test_what_could_not_be_pushed_is_kept_and_goes_with_the_next_sync(
    lake: LakeAddress,
    history: History,
    machine: Path,
    catalog_server: Postgres,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _files(history, lake, 0) == 0
    database = lake.words["dbname"]
    refused = f"ALTER DATABASE {database} SET default_transaction_read_only = on"
    catalog_server.tell(refused)
    assert _files(history, lake, 1) == 1
    assert "refuses this user" in capsys.readouterr().err
    with open_reader(local_copy(lake, "fantom")) as con:
        held = con.execute("SELECT count(*) FROM raw_logs").fetchone()
    catalog_server.tell(refused.replace(" = on", " = off"))
    assert _files(history, lake, 1) == 0
    assert "what an earlier sync had left here" in capsys.readouterr().out
    with open_lake(lake, "fantom") as con:
        assert con.execute("SELECT count(*) FROM raw_logs").fetchone() == held


def test_a_chain_read_by_two_syncs_is_the_chain_read_by_one(
    lake: LakeAddress,
    devnet: Devnet,
    devnet_store: Path,
    machine: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("data.ingest.from_node._TAIL_BLOCKS", 64)
    synced = read_rows(devnet_store, "SELECT synced_block FROM store_info")[0][0]
    address = ["--network", "devnet", "--rpc-url", devnet.rpc_url]
    address += ["--store", f"ducklake:postgres:{lake.catalog}"]
    assert sync.main([*address, "--to-block", str(synced // 2)]) == 0
    monkeypatch.setattr("data.lake.address.VAR", tmp_path / "two")
    assert sync.main(address) == 0
    assert pull(lake, "devnet", tmp_path / "copy.duckdb")
    assert tables(tmp_path / "copy.duckdb") == tables(devnet_store)
    told = "regexp_replace(message, '127.0.0.1:[0-9]+', 'the node', 'g')"  # another port each time
    checks = f"SELECT name, status, block, wr_id, {told} FROM checks ORDER BY ALL"
    assert read_rows(tmp_path / "copy.duckdb", checks) == read_rows(devnet_store, checks)


def test_followed_it_goes_on_when_the_lake_is_back(
    lake: LakeAddress, devnet: Devnet, catalog_server: Postgres, tmp_path: Path
) -> None:
    arguments = ["--network", "devnet", "--rpc-url", devnet.rpc_url, "--follow", "1"]
    arguments += ["--store", f"ducklake:postgres:{lake.catalog}"]
    command = [sys.executable, "-u", "-c", FOLLOWED, str(tmp_path / "var"), *arguments]
    connections = f"ALTER DATABASE {lake.words['dbname']} ALLOW_CONNECTIONS"
    catalog_server.tell(f"{connections} false", "postgres")
    environment = os.environ | {"FTM_LOG_FORMAT": "json"}
    pipes = {"stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
        too_long = threading.Timer(120, process.kill)
        too_long.start()
        try:
            told = _told(process.stderr, "the catalog of")
            assert "cannot be reached: see that PostgreSQL runs there" in told
            catalog_server.tell(f"{connections} true", "postgres")
            assert "the lake answers" in _told(process.stderr, "recovered")
        finally:
            too_long.cancel()
            process.kill()
    assert all(each.same for each in check(lake, "devnet"))


def _told(lines: Iterable[str], words: str) -> str:
    return next((line for line in lines if words in line), "")


def _stopped(store: Path, history: History, part: int) -> None:
    """Leave beside the store what a sync of a part had landed before it was stopped."""
    whole = store.with_name("whole.duckdb")
    shutil.copyfile(store, whole)
    history.store(whole, part)
    whole.rename(store.with_name(f"{store.name}.next"))


def test_what_a_stopped_sync_had_landed_is_kept_when_others_pushed_meanwhile(
    lake: LakeAddress, history: History, machine: Path, tmp_path: Path
) -> None:
    assert _files(history, lake, 0) == 0
    mine, other = local_copy(lake, "fantom"), tmp_path / "other.duckdb"
    _stopped(mine, history, 1)
    pull(lake, "fantom", other)
    push(history.store(other, 2), lake, FANTOM, NOW)
    list(Lake(lake, FANTOM, mine).take_newest(NOW))
    assert contents(mine) == contents(other)
    assert _files(history, lake, 3) == 0
    alone = tmp_path / "alone.duckdb"
    assert _synced(history, str(alone), 0) == 0
    history.store(alone, 1, 2)
    assert _synced(history, str(alone), 3) == 0
    assert told_by_logs(mine) == told_by_logs(alone)
    assert all(each.same for each in check(lake, "fantom"))


def test_a_store_that_is_refused_is_kept_beside_the_newest(
    lake: LakeAddress, history: History, machine: Path, tmp_path: Path
) -> None:
    assert _files(history, lake, 0) == 0
    mine = local_copy(lake, "fantom")
    whole = history.store(tmp_path / "whole.duckdb", 0, 1)
    lines = history.files[1].read_bytes().splitlines(keepends=True)
    short = tmp_path / "short.ndjson"
    short.write_bytes(b"".join(lines[:-3] + lines[-2:]))
    History((short,), history.spans[1:2]).store(mine, 0)
    _stopped(mine, history, 2)
    refused = contents(mine)
    push(whole, lake, FANTOM, NOW)
    told = list(Lake(lake, FANTOM, mine).take_newest(NOW))
    kept = mine.with_name(f"{mine.name}.refused-20261101T000000")
    assert any(str(kept) in line and "only a node can tell" in line for line in told)
    assert contents(kept) == refused
    assert contents(mine) == {each.name: each.held for each in check(lake, "fantom")}
    landed = mine.with_name(f"{mine.name}.landed.refused-20261101T000000")
    assert contents(landed)["raw_logs"].rows > refused["raw_logs"].rows
    assert not mine.with_name(f"{mine.name}.next").exists()
