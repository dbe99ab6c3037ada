"""What a sync writes is published whole or not, survives kill -9, and never wedges its user."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import pytest

from data import LogFileError, StoreError, StoreLockedError, StoreSchemaError
from data.ingest.coverage import cover, forget
from data.store.writer import discard, holds_fewer_blocks, lock, open_next, publish
from tests.log_lines import FANTOM
from tests.store_steps import blocks, digest, insert, published, sync_process, writer


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return published(tmp_path / "store.duckdb")


@pytest.fixture
def killed(store: Path) -> Path:
    """The same store beside a next one, whose writer was killed while it wrote."""
    with sync_process(store) as process:
        process.kill()
    return store


def test_nothing_is_seen_before_it_is_published_and_nothing_is_left_after(store: Path) -> None:
    before = digest(store)
    with lock(store):
        insert(store, 2)
        assert (digest(store), blocks(store)) == (before, [1])
        publish(store)
    assert blocks(store) == [1, 2]
    assert {path.name for path in store.parent.iterdir()} == {"store.duckdb", "store.duckdb.lock"}


def test_what_a_failed_sync_committed_is_continued(store: Path) -> None:
    def fail() -> None:
        with open_next(store, FANTOM) as con:
            con.execute("INSERT INTO pool_balances VALUES (2, '2026-01-01', 1)")
            con.execute("no SQL")

    with pytest.raises(StoreError, match="Parser Error"):
        fail()
    insert(store, 3)
    publish(store)
    assert blocks(store) == [1, 2, 3]


def test_what_a_killed_sync_committed_is_continued(killed: Path) -> None:
    assert killed.with_name("store.duckdb.next.wal").exists()
    assert blocks(killed) == [1]
    notes: list[str] = []
    with lock(killed):  # it went with its process
        insert(killed, 4, notes)
        publish(killed)
    assert (blocks(killed), notes) == ([1, 2, 4], [])


# A next store that somebody takes away while it is written


def _other(path: Path) -> None:
    """A whole store in its place, which holds another history."""
    other = published(path.parent / "other" / "store.duckdb")
    other.replace(path)


def _insert_and(store: Path, happens: Callable[[], object]) -> None:
    with open_next(store, FANTOM) as con:
        con.execute("INSERT INTO pool_balances VALUES (2, '2026-01-01', 1)")
        happens()


@pytest.mark.parametrize(
    "take_away",
    [
        pytest.param(Path.unlink, id="removed"),
        pytest.param(lambda path: path.unlink() or path.write_bytes(b""), id="emptied"),
        pytest.param(_other, id="replaced"),
    ],
)
@pytest.mark.parametrize("when", ["while it is written", "before it is published"])
def test_a_next_store_that_is_taken_away_replaces_nothing(
    when: str, take_away: Callable[[Path], object], store: Path
) -> None:
    before, following = digest(store), store.with_name("store.duckdb.next")
    with lock(store):
        if when == "while it is written":
            with pytest.raises(StoreError, match="removed or replaced"):
                _insert_and(store, lambda: take_away(following))
        else:
            insert(store, 2)
            take_away(following)
        with pytest.raises(StoreError, match=r"removed or replaced|sync again"):
            publish(store)
    assert (digest(store), blocks(store)) == (before, [1])


def test_a_next_store_that_is_gone_makes_no_first_store(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with lock(path):
        insert(path, 1)
        path.with_name("store.duckdb.next").unlink()
        with pytest.raises(StoreError, match="removed or replaced"):
            publish(path)
    assert not path.exists()


def test_the_log_of_a_next_store_that_is_gone_is_not_applied_to_another(killed: Path) -> None:
    killed.with_name("store.duckdb.next").unlink()
    with lock(killed):
        insert(killed, 5)
        publish(killed)
    assert blocks(killed) == [1, 5]


def test_a_next_store_with_fewer_logs_is_not_published(store: Path) -> None:
    with lock(store):
        with open_next(store, FANTOM) as con:
            con.execute(
                "INSERT INTO raw_logs BY NAME SELECT 1 AS block, 0 AS log_index, "
                "'2026-01-01'::TIMESTAMPTZ AS block_time, '0x' AS tx, '0x' AS address, '' AS data"
            )
        publish(store)
        before = digest(store)
        with open_next(store, FANTOM) as con:
            con.execute("DELETE FROM raw_logs")
        with pytest.raises(
            StoreError, match=r"holds 0 logs and 0 requests, .* holds 1 and 0: nothing was publish"
        ):
            publish(store)
    assert digest(store) == before


def test_a_next_store_that_has_read_fewer_blocks_is_not_published(store: Path) -> None:
    with lock(store):
        with open_next(store, FANTOM) as con:
            con.execute("UPDATE store_info SET synced_block = 1_000")
            cover(con, ("pool", "bond"), 1, 1_000)
        publish(store)
        with open_next(store, FANTOM) as con:
            con.execute("UPDATE store_info SET synced_block = 1_100")
            forget(con, 901, 1_000, "bond")
        assert holds_fewer_blocks(store)
        before = digest(store)
        with pytest.raises(
            StoreError, match=r"read 1,900 blocks .* block 1,000, .* 2,000: nothing"
        ):
            publish(store)
        assert digest(store) == before
        with open_next(store, FANTOM) as con:
            cover(con, ("bond",), 901, 1_000)
        assert not holds_fewer_blocks(store)
        publish(store)
    assert digest(store) != before


# A next store that cannot be continued


def _zeroed(path: Path) -> None:
    """All but the headers lost, as after a crash of the machine."""
    content = path.read_bytes()
    path.write_bytes(content[:12_288] + b"\0" * (len(content) - 12_288))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.write_bytes(b"garbage" * 5_000), id="garbage"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:20_000]), id="cut off"),
        pytest.param(_zeroed, id="zeroed"),
    ],
)
def test_an_unreadable_next_store_is_replaced_by_the_published_one_with_a_note(
    spoil: Callable[[Path], object], killed: Path
) -> None:
    following = killed.with_name("store.duckdb.next")
    spoil(following)
    notes: list[str] = []
    with lock(killed):
        insert(killed, 5, notes)
        publish(killed)
    assert blocks(killed) == [1, 5]
    assert len(notes) == 1
    assert notes[0].startswith(f"{following} was left unreadable by an earlier sync (")
    assert notes[0].endswith("): going on from the published store")


def test_an_unreadable_next_store_without_a_published_one_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    (tmp_path / "store.duckdb.next").write_bytes(b"garbage" * 5_000)
    notes: list[str] = []
    insert(path, 1, notes)
    publish(path)
    assert blocks(path) == [1]
    assert [note.endswith("): starting anew") for note in notes] == [True]


def test_a_next_store_that_a_person_has_open_is_not_thrown_away(killed: Path) -> None:
    following = killed.with_name("store.duckdb.next")
    with writer(following), pytest.raises(StoreError, match="open for writing in another program"):
        insert(killed, 5)
    insert(killed, 5)
    publish(killed)
    assert blocks(killed) == [1, 2, 5]


# Other stores


def test_another_networks_store_is_refused_with_the_difference(store: Path) -> None:
    before = digest(store)
    other = FANTOM.model_copy(update={"name": "mine", "pool": "0x" + "12" * 20})
    told = f"holds fantom with pool {FANTOM.pool}, but mine has {other.pool}: name another file"
    with pytest.raises(StoreError, match=told), open_next(store, other):
        pass
    assert digest(store) == before


def _other_schema(path: Path) -> None:
    with duckdb.connect(path) as con:
        con.execute("UPDATE store_info SET schema_version = 999")


@pytest.mark.parametrize("name", ["store.duckdb", "store.duckdb.next"])
def test_a_store_of_a_newer_version_says_what_to_do(name: str, killed: Path) -> None:
    if name == "store.duckdb":
        discarded = [killed.with_name(f"store.duckdb.next{end}") for end in ("", ".wal")]
        for path in discarded:
            path.unlink()
    _other_schema(killed.with_name(name))
    with pytest.raises(StoreSchemaError, match=r"has schema 999, .*: update the program"):
        insert(killed, 3)


@pytest.mark.parametrize("content", [b"notes, not a store\n", b""])
def test_a_file_that_is_no_store_is_not_replaced(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"notes\.txt"):
        insert(path, 1)
    assert path.read_bytes() == content
    assert not path.with_name("notes.txt.next").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "store.duckdb"
    with pytest.raises(StoreError, match=f"cannot write beside {path}"), lock(path):
        pass


def test_discarding_removes_all_that_belongs_to_a_store(killed: Path) -> None:
    killed.with_name("store.duckdb.next.tmp").mkdir()
    with lock(killed):
        discard(killed)
    assert [path.name for path in killed.parent.iterdir()] == ["store.duckdb.lock"]


def test_a_next_store_that_an_error_left_as_it_was_is_not_left_behind(
    store: Path, tmp_path: Path
) -> None:
    def fail(path: Path) -> None:
        with lock(path), open_next(path, FANTOM):
            raise LogFileError("no file")

    for path in (store, tmp_path / "new.duckdb"):
        with pytest.raises(LogFileError):
            fail(path)
    assert not list(tmp_path.glob("*.next*"))


def test_a_next_store_that_an_earlier_sync_began_is_left_alone_by_an_error(killed: Path) -> None:
    def fail() -> None:
        with lock(killed), open_next(killed, FANTOM):
            raise LogFileError("no file")

    with pytest.raises(LogFileError):
        fail()
    insert(killed, 4)
    publish(killed)
    assert blocks(killed) == [1, 2, 4]


# Two programs at one store


@pytest.mark.parametrize("step", ["before", "at the end"])
def test_a_store_that_another_program_writes_is_not_replaced(step: str, store: Path) -> None:
    if step == "at the end":
        insert(store, 2)
    before = digest(store)
    act = publish if step == "at the end" else partial(insert, block=2)
    with writer(store), pytest.raises(StoreError, match="open for writing in another program"):
        act(store)
    assert digest(store) == before
    insert(store, 3)
    publish(store)
    assert blocks(store) == ([1, 3] if step == "before" else [1, 2, 3])


def test_what_another_program_wrote_to_the_store_is_not_overwritten(store: Path) -> None:
    with writer(store, "INSERT INTO pool_balances VALUES (9, '2026-01-01', 1)") as process:
        process.kill()
    assert store.with_name("store.duckdb.wal").exists()
    insert(store, 2)
    with pytest.raises(StoreError, match=r"duckdb.wal shows that a program wrote to the store"):
        publish(store)
    assert blocks(store) == [1, 9]


def test_a_lock_names_its_holder_and_goes_with_it(store: Path) -> None:
    with sync_process(store) as process:
        told = f"is being synced by process {process.pid}: let it finish, or stop it"
        with pytest.raises(StoreLockedError, match=told), lock(store):
            pass
        process.kill()
        process.wait()
        with lock(store):
            pass


def test_where_no_file_can_be_locked_nobody_is_said_to_hold_it(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")  # as some network disks answer

    monkeypatch.setattr("data.store.writer.fcntl.flock", unable)
    told = "cannot be locked where it lies: No locks available"
    with pytest.raises(StoreError, match=told) as refused, lock(store):
        pass
    assert not isinstance(refused.value, StoreLockedError)


def test_a_lock_can_be_waited_for(store: Path) -> None:
    held = threading.Event()

    def waits() -> None:
        with lock(store, wait=True):
            held.set()

    with sync_process(store) as process, ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(waits)
        assert not held.wait(0.5)
        process.kill()
        waiting.result()
    assert held.is_set()
