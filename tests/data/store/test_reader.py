"""Readers see whole stores only: they keep the one they opened, and open the newest."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection as Connection

from data import StoreError, StoreSchemaError
from data.store.reader import SCHEMA_VERSION, open_reader, read_info, version
from data.store.writer import lock, open_next, publish
from tests.log_lines import FANTOM, rows
from tests.store_steps import writer


def _publish(path: Path, block: int) -> None:
    """A store whose one balance is of `block`."""
    with lock(path):
        with open_next(path, FANTOM) as con:
            con.execute("DELETE FROM pool_balances")
            con.execute(f"INSERT INTO pool_balances VALUES ({block}, '2026-01-01', 1)")
        publish(path)


def _block(con: Connection) -> int:
    ((block,),) = rows(con, "SELECT block FROM pool_balances")
    return int(block)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "it's a store.duckdb"
    _publish(path, 1)
    return path


def test_a_reader_keeps_the_store_it_opened_and_the_next_reader_gets_the_new_one(
    store: Path,
) -> None:
    """duckdb.connect(path) would hand the second reader the first one's file."""
    with open_reader(store) as before:
        assert _block(before) == 1
        _publish(store, 2)
        with open_reader(store) as after:
            assert (_block(before), _block(after)) == (1, 2)
            _publish(store, 3)
            with open_reader(store) as last:
                assert (_block(before), _block(after), _block(last)) == (1, 2, 3)


def test_the_version_changes_with_every_publishing_and_only_then(store: Path) -> None:
    versions = [version(store), version(store)]
    for block in (2, 3):
        _publish(store, block)
        with open_reader(store):
            versions.append(version(store))
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_a_reader_cannot_write_and_thinks_in_utc(store: Path) -> None:
    with open_reader(store) as con:
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            con.execute("DELETE FROM pool_balances")
        assert rows(con, "SELECT current_setting('TimeZone')") == [("UTC",)]


def test_a_new_store_says_whose_it_is(store: Path) -> None:
    with open_reader(store) as con:
        info = read_info(con)
    assert (info.network, info.chain_id, info.simulated) == ("fantom", 250, False)
    assert (info.pool, info.cert) == (FANTOM.pool, FANTOM.cert)
    assert (info.schema_version, info.first_block) == (SCHEMA_VERSION, FANTOM.first_block)
    assert info.synced_block is None


def test_a_store_keeps_its_id_and_two_stores_differ_in_it(store: Path, tmp_path: Path) -> None:
    def store_id(path: Path) -> object:
        with open_reader(path) as con:
            return read_info(con).store_id

    before = store_id(store)
    _publish(store, 2)
    _publish(tmp_path / "other.duckdb", 2)
    assert store_id(store) == before != store_id(tmp_path / "other.duckdb")


def test_a_missing_store_says_to_sync(tmp_path: Path) -> None:
    for ask in (open_reader, version):
        with pytest.raises(StoreError, match=r"no store at .*none: sync the network first"):
            ask(tmp_path / "none")


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\0" * 20_000])
def test_a_file_that_is_no_store_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"notes.csv is no DuckDB store: move it aside and sync"):
        open_reader(path)


def test_an_empty_file_and_a_folder_are_no_stores(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path / "empty", tmp_path):
        with pytest.raises(StoreError, match=str(path)):
            open_reader(path)


def test_a_database_of_another_kind_or_version_says_what_to_do(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    with duckdb.connect(other) as con:
        con.execute("CREATE TABLE t AS SELECT 1")
    with pytest.raises(StoreSchemaError, match="has no schema of ours"):
        open_reader(other)
    with duckdb.connect(store) as con:
        con.execute("UPDATE store_info SET schema_version = 999")
    with pytest.raises(StoreSchemaError, match=f"has schema 999, .* reads schema {SCHEMA_VERSION}"):
        open_reader(store)


def test_a_store_that_another_program_writes_names_the_program(store: Path) -> None:
    with writer(store) as process, pytest.raises(StoreError) as error:
        open_reader(store)
    assert f"is open for writing in another program (python3.11, process {process.pid})" in str(
        error.value
    ).replace(Path(sys.executable).resolve().name, "python3.11")
    assert "close it, or open it there with `duckdb -readonly`" in str(error.value)
    with open_reader(store) as con:
        assert _block(con) == 1
