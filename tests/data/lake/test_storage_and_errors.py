"""Rows in S3, and what is said where a lake cannot be used: a sentence, and never a secret."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import duckdb
import pytest

from data import ConfigError, StoreError, StoreSchemaError
from data.config import ROOT
from data.lake import send
from data.lake.address import LakeAddress, parse_lake, shown
from data.lake.connection import allow_storage, attach, engine, open_lake
from data.lake.create import create_lake
from data.lake.errors import translated
from data.lake.migrate import migrate
from data.lake.pull import pull
from data.lake.push import push
from data.lake.pushes import Push, write_push
from data.lake.tables import Table, content, create_table, tables_of
from data.lake.upkeep import check, compact
from data.store.reader import SCHEMA_VERSION
from lakeside.objects import BUCKET, ObjectStore
from lakeside.postgres import Postgres
from tests.lake_steps import NOW, History, contents
from tests.log_lines import FANTOM

pytestmark = pytest.mark.node


@pytest.fixture
def in_s3(
    no_lake: LakeAddress, object_server: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> LakeAddress:
    """An empty lake with its rows in an S3 server."""
    for name, value in object_server.environment.items():
        monkeypatch.setenv(name, value)
    create_lake(no_lake, f"s3://{BUCKET}/{uuid.uuid4().hex}")
    return no_lake


def test_rows_lie_in_s3_and_come_back_the_same(
    in_s3: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0, 1)
    pushed = push(store, in_s3, FANTOM, NOW, whole=True)
    with attach(in_s3) as con:
        con.execute("CALL ducklake_flush_inlined_data('lake')")
    assert pull(in_s3, "fantom", tmp_path / "copy.duckdb")
    assert contents(tmp_path / "copy.duckdb") == pushed.tables


def test_a_wrong_key_is_told_and_nothing_is_pushed(
    in_s3: LakeAddress, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0, 1, 2, 3)
    with attach(in_s3) as con:
        con.execute("CALL lake.set_option('data_inlining_row_limit', 0)")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrongsecret")
    with pytest.raises(StoreError, match="refuses this program: set AWS_ACCESS_KEY_ID") as told:
        push(store, in_s3, FANTOM, NOW)
    assert "wrongsecret" not in str(told.value)
    with pytest.raises(StoreError, match="holds no fantom"):
        open_lake(in_s3, "fantom")


def test_a_bucket_that_is_not_there_is_named_at_once(
    in_s3: LakeAddress,
    catalog_server: Postgres,
    history: History,
    tmp_path: Path,
) -> None:
    gone = "there is no bucket no-such in the storage of .*: make it, or see that AWS_ENDPOINT_URL"
    words = catalog_server.make_database(f"lake_{uuid.uuid4().hex[:12]}")
    other = parse_lake(f"ducklake:postgres:{words}")
    with pytest.raises(StoreError, match=gone):
        create_lake(other, "s3://no-such/lake")
    assert (
        catalog_server.tell("SELECT to_regclass('ducklake_metadata')", words.split()[0][7:]) == ""
    )
    store = history.store(tmp_path / "own.duckdb", 0)
    push(store, in_s3, FANTOM, NOW)
    moved = "UPDATE ducklake_metadata SET value = 's3://no-such/lake/' WHERE key = 'data_path'"
    catalog_server.tell(moved, in_s3.words["dbname"])
    uses = (
        lambda: push(store, in_s3, FANTOM, NOW),  # which would find nothing to write
        lambda: pull(in_s3, "fantom", tmp_path / "copy.duckdb"),
        lambda: open_lake(in_s3, "fantom"),
        lambda: compact(in_s3),
    )
    for use in uses:
        with pytest.raises(StoreError, match=gone):
            use()


def test_a_storage_that_does_not_answer_is_asked_for_its_bucket_once(
    in_s3: LakeAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.lake.connection._LOOK_S", 1)
    waits = "SELECT current_setting('http_timeout'), current_setting('http_retries')"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with attach(in_s3) as con, engine() as other:
            assert con.execute(waits).fetchone() == other.execute(waits).fetchone()
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


@pytest.mark.parametrize("place", ["s3:bucket/lake", "s3:///lake", "gs://bucket/lake", "S3://b/l"])
def test_a_place_that_is_neither_folder_nor_bucket_is_refused(place: str) -> None:
    with pytest.raises(ConfigError, match="want --data FOLDER or s3://BUCKET/PREFIX"):
        create_lake(parse_lake("ducklake:postgres:dbname=ftm"), place)


def test_a_half_written_object_stops_a_pull_and_is_named(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0)
    with attach(lake) as con:
        con.execute("CALL lake.set_option('data_inlining_row_limit', 0)")
    push(store, lake, FANTOM, NOW)
    copy = tmp_path / "copy.duckdb"
    pull(lake, "fantom", copy)
    push(history.store(store, 1), lake, FANTOM, NOW)
    before = contents(copy)
    for file in (tmp_path / "rows").rglob("*.parquet"):
        if "raw_logs" in str(file):
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(StoreError, match=r"\(ducklake-.*\.parquet\).*push ADDRESS .* --whole"):
        pull(lake, "fantom", copy)
    assert contents(copy) == before
    push(store, lake, FANTOM, NOW, whole=True)
    assert pull(lake, "fantom", copy)
    assert contents(copy) == contents(store)


def test_rows_changed_behind_our_back_are_not_taken(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    push(history.store(tmp_path / "own.duckdb", 0), lake, FANTOM, NOW)
    with attach(lake) as con:
        con.execute("UPDATE lake.fantom.requests SET payout_wei = payout_wei + 1 WHERE wr_id = 3")
    assert [each.name for each in check(lake, "fantom") if not each.same] == ["requests"]
    with pytest.raises(StoreError, match=r"requests of the lake .* is not what was pushed"):
        pull(lake, "fantom", tmp_path / "copy.duckdb")
    assert not (tmp_path / "copy.duckdb").exists()


def test_a_commit_whose_answer_was_lost_is_found_in_the_lake(
    lake: LakeAddress, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0)
    real = send.snapshot_of

    def lost(_con: duckdb.DuckDBPyConnection) -> int:
        monkeypatch.setattr(send, "snapshot_of", real)
        raise duckdb.IOException("server closed the connection unexpectedly")

    monkeypatch.setattr(send, "snapshot_of", lost)
    pushed = push(store, lake, FANTOM, NOW)
    assert pushed.tables == contents(store)
    assert push(store, lake, FANTOM, NOW).rows == 0


def test_an_earlier_version_is_rebuilt_from_its_own_logs_and_a_newer_one_refused(
    lake: LakeAddress, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.lake.address.VAR", tmp_path / "var")
    store = history.store(tmp_path / "own.duckdb", 0, 1)
    push(store, lake, FANTOM, NOW)
    with attach(lake) as con:
        con.begin()
        for statement in (
            "DROP TABLE lake.fantom.contradictions",
            "DROP TABLE lake.fantom.searched_in_vain",
            "DROP TABLE lake.fantom.money",
            "DROP TABLE lake.fantom.rebuilt",
            "ALTER TABLE lake.fantom.coverage DROP COLUMN known",
            "ALTER TABLE lake.fantom.coverage DROP COLUMN source",
            "DELETE FROM lake.fantom.coverage WHERE filter NOT IN ('pool', 'bond')",
            "UPDATE lake.fantom.store_info SET schema_version = 1",
        ):
            con.execute(statement)
        _as_pushed(con)
        con.commit()
    with pytest.raises(StoreSchemaError, match=r"data\.lake migrate"):
        pull(lake, "fantom", tmp_path / "copy.duckdb")
    migrate(lake, FANTOM, NOW)
    assert pull(lake, "fantom", tmp_path / "copy.duckdb")
    kept = ("requests", "raw_logs", "head_moves", "payouts", "money", "stubs", "stakes")
    assert {name: contents(tmp_path / "copy.duckdb")[name] for name in kept} == {
        name: contents(store)[name] for name in kept
    }
    with attach(lake) as con:
        con.execute(f"UPDATE lake.fantom.store_info SET schema_version = {SCHEMA_VERSION + 1}")
    for use in (lambda: open_lake(lake, "fantom"), lambda: push(store, lake, FANTOM, NOW)):
        with pytest.raises(StoreSchemaError, match="update the program"):
            use()


def test_a_lake_that_lost_what_it_says_of_itself_takes_a_whole_store_alone(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0, 1)
    push(store, lake, FANTOM, NOW)
    less = history.store(tmp_path / "less.duckdb", 0)

    def lost(statement: str, told: str) -> None:
        with attach(lake) as con:
            con.execute(statement)
            con.execute("CALL ducklake_flush_inlined_data('lake')")
        before = _rows(lake)
        for use in (
            lambda: push(less, lake, FANTOM, NOW),
            lambda: pull(lake, "fantom", tmp_path / "copy.duckdb"),
        ):
            with pytest.raises(StoreError, match=told):
                use()
        assert _rows(lake) == before
        push(store, lake, FANTOM, NOW, whole=True)
        assert all(each.same for each in check(lake, "fantom"))

    lost(
        "DELETE FROM lake.fantom.store_info",
        "damaged: store_info of its fantom is empty. Run .*--network fantom --whole`",
    )
    lost("DELETE FROM lake.main.fantom", "does not say what it holds of fantom. Run .* --whole`")
    with attach(lake) as con:
        con.execute("CALL ducklake_flush_inlined_data('lake')")
    for file in (tmp_path / "rows" / "fantom" / "store_info").glob("*.parquet"):
        file.unlink()
    with pytest.raises(StoreError, match="is missing, half-written or damaged"):
        push(less, lake, FANTOM, NOW)
    push(store, lake, FANTOM, NOW, whole=True)
    assert all(each.same for each in check(lake, "fantom"))


def test_a_whole_store_takes_no_other_chains_place(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    store = history.store(tmp_path / "own.duckdb", 0)
    push(store, lake, FANTOM, NOW)
    with attach(lake) as con:
        con.execute("UPDATE lake.fantom.store_info SET chain_id = 4002")
    before = _rows(lake)
    with pytest.raises(
        StoreError, match=r"another one, with chain_id 4002 and not \d+: use a lake"
    ):
        push(store, lake, FANTOM, NOW, whole=True)
    assert _rows(lake) == before


def _rows(lake: LakeAddress) -> list[tuple[object, ...]]:
    with attach(lake, read_only=True) as con:
        return con.execute("FROM lake.fantom.raw_logs ORDER BY block, log_index").fetchall()


def _as_pushed(con: duckdb.DuckDBPyConnection) -> None:
    """Note of what is there now that it was pushed."""
    tables = tables_of(con, "lake", "fantom")
    held = {name: content(con, f"lake.fantom.{name}", each) for name, each in tables.items()}
    write_push(con, "fantom", Push(uuid.uuid4(), duckdb.__version__, held))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("dbname={db} host=127.0.0.1 port=1 user=ftm", "cannot be reached: see that PostgreSQL"),
        ("dbname=none host=127.0.0.1 port={port} user=ftm", "no such database"),
        ("dbname={db} host=127.0.0.1 port={port} user=ftm", "there is no lake at .*lake create"),
        (
            "dbname={db} host=127.0.0.1 port={port} user=ftm password=wr0ng",
            r"password=\*\*\* refuses this user: set the right PGPASSWORD",
        ),
    ],
)
def test_a_lake_that_cannot_be_used_is_told_without_its_password(
    no_lake: LakeAddress, words: str, message: str
) -> None:
    there = no_lake.words
    address = parse_lake("ducklake:postgres:" + words.format(db=there["dbname"], **there))
    with pytest.raises(StoreError, match=message) as told:
        open_lake(address, "fantom")
    assert "wr0ng" not in str(told.value)
    assert told.value.__cause__ is None


@pytest.mark.parametrize(
    "text",
    [
        "ducklake:sqlite:x.db",
        "dbname=x password=s3cret",
        "ducklake:postgres:",
        "ducklake:postgres:host=h",
        "ducklake:postgres:postgresql://user:s3cret@host/db",
        "ducklake:postgres:dbname='x password=s3cret",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigError, match="want ducklake:postgres:dbname=NAME") as told:
        parse_lake(text)
    assert "s3cret" not in str(told.value)


def test_an_address_is_shown_without_its_password() -> None:
    address = parse_lake(r"ducklake:postgres:dbname=a password='two \'words' host=h")
    assert shown(address) == "ducklake:postgres:dbname=a password=*** host=h"
    assert "words" not in repr(address)


def test_a_type_that_parquet_would_change_is_refused() -> None:
    table = Table("sums", None, (("total", "HUGEINT", True, None),))
    with duckdb.connect() as con, pytest.raises(StoreError, match="type HUGEINT"):
        create_table(con, "sums", table)


def test_a_full_disk_here_is_not_told_as_one_of_the_lake(
    lake: LakeAddress, history: History, tmp_path: Path
) -> None:
    push(history.store(tmp_path / "own.duckdb", 0), lake, FANTOM, NOW)
    command = [sys.executable, "-m", "data.lake", "pull", f"ducklake:postgres:{lake.catalog}"]
    command += ["--network", "fantom", "--store", str(tmp_path / "copy.duckdb")]
    limited = ["prlimit", "--fsize=100000", *command]  # no file larger than this
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "no space left to write" in done.stderr
    assert not (tmp_path / "copy.duckdb").exists()


def test_nor_is_one_that_a_push_spills_to(
    lake: LakeAddress, sample_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / "own.duckdb"
    store.write_bytes(sample_store.read_bytes())
    little = (
        "import sys; from data.lake import __main__, connection; connection._MEMORY = '20MB'; "
        "sys.exit(__main__.main())"
    )
    command = ["prlimit", "--fsize=2500000", sys.executable, "-c", little, "push"]
    command += [f"ducklake:postgres:{lake.catalog}", "--network", "sample", "--store", str(store)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert f"no space left to write {store}: free some" in done.stderr
    with pytest.raises(StoreError, match="holds no sample"):
        open_lake(lake, "sample")


def test_a_full_disk_is_told_with_its_side(no_lake: LakeAddress) -> None:
    for words, side in (
        ('Could not write to file "/rows/a.parquet": No space left on device', "keeps its rows:"),
        (
            'Failed to execute query "COPY ...": ERROR:  could not extend file "base/1": '
            "No space left on device",
            "keeps its catalog, PostgreSQL's disk:",
        ),
    ):
        assert side in str(translated(duckdb.IOException(words), no_lake))


def test_a_conflict_is_told_as_one_and_a_refusal_in_the_words_of_the_catalog(
    no_lake: LakeAddress,
) -> None:
    statement = 'IO Error: Failed to execute query "INSERT INTO ducklake_snapshot ...": '
    for words, told in (
        ("ERROR:  could not serialize access due to concurrent update", "others write to"),
        ("ERROR:  value too long for type", "ERROR:  value too long for type"),
        ("server closed the connection unexpectedly", "cannot be reached"),
    ):
        assert told in str(translated(duckdb.IOException(statement + words), no_lake))


def test_an_object_store_without_keys_is_asked_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with engine() as con:
        allow_storage(con, "s3://bucket/rows/")
        assert con.execute("SELECT type FROM duckdb_secrets()").fetchall() == [("s3",)]
