"""A store goes into a lake and comes out as it was, whoever pushes, how often, and at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from data import ChangedLogError, StoreError
from data.config import ROOT, load_network
from data.lake import send
from data.lake.address import LakeAddress
from data.lake.connection import open_lake
from data.lake.create import create_lake
from data.lake.pull import beside, pull
from data.lake.push import push
from data.lake.pushes import base_of, noted, push_of
from data.lake.upkeep import check, compact, expire
from tests.app import edited
from tests.lake_steps import NOW, History, contents, read_rows, told_by_logs
from tests.log_lines import FANTOM

pytestmark = pytest.mark.node


@pytest.mark.usefixtures("all_processors")
def test_a_store_comes_back_with_every_row_comment_and_order(
    lake: LakeAddress, sample_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / "sample.duckdb"
    store.write_bytes(sample_store.read_bytes())
    pushed = push(store, lake, load_network("sample"), NOW)
    assert pushed.logs > 10_000
    copy = tmp_path / "copy.duckdb"
    assert pull(lake, "sample", copy)
    assert contents(copy) == contents(store) == pushed.tables
    ordered = "SELECT hash(list(ratio_wei ORDER BY rowid)) FROM ratios"
    assert read_rows(copy, ordered) == read_rows(store, ordered)
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
        "WHERE database_name = 'store' ORDER BY table_name, column_index"
    )
    assert read_rows(copy, columns) == read_rows(store, columns)


def test_pushing_twice_changes_nothing_and_pulling_twice_neither(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0)
    first = push(store, lake, FANTOM, NOW)
    again = push(store, lake, FANTOM, NOW)
    assert first.logs > 0
    assert (again.rows, again.push, again.snapshot) == (0, first.push, first.snapshot)
    copy = tmp_path / "copy.duckdb"
    assert pull(lake, "fantom", copy)
    before = copy.stat().st_ino
    assert not pull(lake, "fantom", copy)
    assert copy.stat().st_ino == before


def test_a_store_replaced_in_the_midst_of_a_push_is_sent_as_it_was_hashed(
    lake: LakeAddress, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0)
    push(store, lake, FANTOM, NOW)
    history.store(store, 1)
    later = tmp_path / "later.duckdb"
    shutil.copyfile(store, later)
    history.store(later, 2)
    hashed, full = contents(store), contents(later)
    real = send.one_at_a_time

    @contextmanager
    def replaced(address: LakeAddress) -> Iterator[duckdb.DuckDBPyConnection]:
        if later.exists():
            later.replace(store)
        with real(address) as guard:
            yield guard

    monkeypatch.setattr(send, "one_at_a_time", replaced)
    assert push(store, lake, FANTOM, NOW).tables == hashed
    assert {each.name: each.held for each in check(lake, "fantom")} == hashed
    assert push_of(store) is None
    base = base_of(store)
    assert base is not None
    assert contents(base[1]) == hashed
    assert push(store, lake, FANTOM, NOW).tables == full
    assert all(each.same for each in check(lake, "fantom"))


def test_what_a_killed_process_left_beside_a_store_goes_and_what_a_running_one_uses_stays(
    tmp_path: Path,
) -> None:
    store = tmp_path / "own.duckdb"
    with beside(store) as running:
        left = tmp_path / "own.duckdb.from-lake-killed"
        shutil.copytree(running, left)
        with beside(store):
            assert running.exists()
            assert not left.exists()


def test_what_comes_later_is_sent_alone(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0, 1, 2)
    whole = push(store, lake, FANTOM, NOW)
    history.store(store, 3)
    later = push(store, lake, FANTOM, NOW)
    new = contents(store)["raw_logs"].rows - whole.tables["raw_logs"].rows
    assert later.logs == new > 0
    assert later.rows < whole.rows
    assert pull(lake, "fantom", tmp_path / "copy.duckdb")
    assert contents(tmp_path / "copy.duckdb") == contents(store)


@pytest.mark.usefixtures("all_processors")
def test_a_copy_takes_changes_alone_while_it_can_and_is_made_anew_where_it_cannot(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store, copy = tmp_path / "own.duckdb", tmp_path / "copy.duckdb"
    taken = []
    for parts in ((0,), (1,), (2, 3)):
        for part in parts:
            push(history.store(store, part), lake, FANTOM, NOW)
        if len(parts) > 1:  # the state between is forgotten
            expire(lake, datetime.now(UTC) + timedelta(days=1), timedelta(0))
        assert pull(lake, "fantom", copy)
        assert contents(copy) == contents(store)
        note = noted(copy)
        assert note is not None
        taken.append(note.changes)
    assert taken == [0, 1, 0]
    ordered = "SELECT list(position ORDER BY rowid) FROM head_moves"
    assert read_rows(copy, ordered) == read_rows(store, ordered)


def test_a_store_that_holds_less_adds_nothing_and_takes_nothing(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    full = push(history.store(tmp_path / "full.duckdb", 0, 1), lake, FANTOM, NOW)
    less = push(history.store(tmp_path / "less.duckdb", 0), lake, FANTOM, NOW)
    assert (less.rows, less.push) == (0, full.push)


@pytest.mark.parametrize(("mine", "theirs"), [((1,), (2, 3)), ((3,), (1,))])
def test_two_that_went_on_from_one_state_end_as_one_sync_would(
    lake: LakeAddress,
    history: History,
    tmp_path: Path,
    mine: tuple[int, ...],
    theirs: tuple[int, ...],
) -> None:
    begun = history.store(tmp_path / "begun.duckdb", 0)
    push(begun, lake, FANTOM, NOW)
    for name, parts in (("mine", mine), ("theirs", theirs)):
        store = tmp_path / f"{name}.duckdb"
        pull(lake, "fantom", store)
        history.store(store, *parts)
    push(tmp_path / "mine.duckdb", lake, FANTOM, NOW)
    push(tmp_path / "theirs.duckdb", lake, FANTOM, NOW, adopt=True)
    assert pull(lake, "fantom", tmp_path / "both.duckdb")
    alone = history.store(tmp_path / "alone.duckdb", 0, *sorted((*mine, *theirs)))
    assert told_by_logs(tmp_path / "both.duckdb") == told_by_logs(alone)
    assert contents(tmp_path / "theirs.duckdb") == contents(tmp_path / "both.duckdb")


def test_many_that_push_at_once_lose_and_double_nothing(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    push(history.store(tmp_path / "begun.duckdb", 0), lake, FANTOM, NOW)
    stores = [tmp_path / f"{part}.duckdb" for part in (1, 2, 3)]
    for part, store in enumerate(stores, start=1):
        pull(lake, "fantom", store)
        history.store(store, part)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda store: push(store, lake, FANTOM, NOW), stores))
    assert pull(lake, "fantom", tmp_path / "all.duckdb")
    alone = history.store(tmp_path / "alone.duckdb", 0, 1, 2, 3)
    assert told_by_logs(tmp_path / "all.duckdb") == told_by_logs(alone)
    assert all(each.same for each in check(lake, "fantom"))


def test_a_log_that_only_one_of_two_has_refuses_the_second(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    whole = history.store(tmp_path / "whole.duckdb", 0)
    lines = history.files[0].read_bytes().splitlines(keepends=True)
    short = tmp_path / "short.ndjson"
    short.write_bytes(b"".join(lines[:-3] + lines[-2:]))
    lacking = History((short,), history.spans[:1]).store(tmp_path / "lacking.duckdb", 0)
    pushed = push(whole, lake, FANTOM, NOW)
    with pytest.raises(ChangedLogError, match="do not tell the same of block"):
        push(lacking, lake, FANTOM, NOW)
    with open_lake(lake, "fantom") as con:
        assert con.execute("SELECT count(*) FROM raw_logs").fetchone() == (
            pushed.tables["raw_logs"].rows,
        )


def test_another_chain_under_the_same_name_is_refused(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0)
    push(store, lake, FANTOM, NOW)
    other = FANTOM.model_copy(update={"pool": "0x" + "77" * 20})
    with pytest.raises(StoreError, match="holds fantom, not fantom"):
        push(store, lake, other, NOW)


def test_networks_lie_side_by_side_and_neither_takes_the_other_s_store(
    lake: LakeAddress, history: History, sample_store: Path, tmp_path: Path
) -> None:
    sample = tmp_path / "sample.duckdb"
    sample.write_bytes(sample_store.read_bytes())
    made_up = load_network("sample")
    own = push(history.store(tmp_path / "own.duckdb", 0), lake, FANTOM, NOW)
    push(sample, lake, made_up, NOW)
    with pytest.raises(StoreError, match="holds sample, and it is simulated, not fantom"):
        push(sample, lake, FANTOM, NOW)
    with pytest.raises(StoreError, match="holds fantom, not sample"):
        push(tmp_path / "own.duckdb", lake, made_up, NOW)
    assert pull(lake, "fantom", tmp_path / "copy.duckdb")
    assert contents(tmp_path / "copy.duckdb") == own.tables


def test_a_shorter_simulation_takes_no_longer_one_s_place_unless_that_is_said(
    lake: LakeAddress, sample_store: Path, tmp_path: Path
) -> None:
    made_up = load_network("sample")
    push(edited(sample_store, tmp_path / "sample.duckdb"), lake, made_up, NOW)
    less = "UPDATE store_info SET synced_block = synced_block - 1"
    shorter = edited(sample_store, tmp_path / "shorter.duckdb", less)
    with pytest.raises(StoreError, match="nothing was pushed"):
        push(shorter, lake, made_up, NOW)
    assert push(shorter, lake, made_up, NOW, whole=True).rows > 0


def test_a_lake_is_made_once_by_any_number_at_once(no_lake: LakeAddress, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "data.lake", "create", f"ducklake:postgres:{no_lake.catalog}"]
    command += ["--data", str(tmp_path / "rows")]
    makers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(3)
    ]
    told = [maker.communicate(timeout=60)[0].decode() for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0, 0], told
    with pytest.raises(StoreError, match="its rows lie somewhere else"):
        create_lake(no_lake, str(tmp_path / "elsewhere"))


def test_a_new_lake_takes_no_place_that_holds_something(
    no_lake: LakeAddress, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.parquet").write_text("not ours")
    with pytest.raises(StoreError, match="is not empty: a lake wants a place of its own"):
        create_lake(no_lake, str(tmp_path / "photos"))
    create_lake(no_lake, str(tmp_path / "rows"))


def test_a_reader_goes_on_while_files_are_laid_together_and_old_ones_go(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = tmp_path / "own.duckdb"
    for part in range(4):
        push(history.store(store, part), lake, FANTOM, NOW)
    with open_lake(lake, "fantom") as con:
        con.begin()
        first = con.execute("SELECT count(*) FROM raw_logs").fetchone()
        assert compact(lake) > 0
        states, _ = expire(lake, datetime.now(UTC), timedelta(0))
        assert states > 0
        assert con.execute("SELECT count(*) FROM (FROM raw_logs)").fetchone() == first
        assert con.execute("SELECT sum(hash(tx)) IS NOT NULL FROM raw_logs").fetchone() == (True,)
    assert all(each.same for each in check(lake, "fantom"))
    assert pull(lake, "fantom", tmp_path / "copy.duckdb")
    assert contents(tmp_path / "copy.duckdb") == contents(store)
