"""A published store that nobody wrote since is known without reading it; any other is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from data.store.sealed import SEAL, is_copy_of_sealed, is_proved, seal
from data.store.writer import discard, lock, open_next, publish
from tests.log_lines import FANTOM
from tests.store_steps import insert, published


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Published by a sync that knew its logs to the end."""
    path = tmp_path / "store.duckdb"
    with lock(path):
        insert(path, 1)
        publish(path, proved=True)
    return path


def opens_proved(path: Path) -> bool:
    with lock(path), open_next(path, FANTOM) as con:
        return is_proved(con)


def _written_by(statement: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with duckdb.connect(path) as con:
            con.execute(statement)

    return write


def _with_the_times_of_before(path: Path) -> None:
    """Written, and the time at which that was done set back."""
    before = path.stat()
    _written_by("UPDATE store_info SET source = 'another'")(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _one_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        (last,) = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))


def _copied_back(path: Path) -> None:
    """The same bytes at the same time, in another file."""
    shutil.copy2(path, path.with_suffix(".kept"))
    path.with_suffix(".kept").replace(path)


def _torn_seal(path: Path) -> None:
    file = path.with_name(path.name + SEAL)
    file.write_text(file.read_text()[:-9])


def _of_another_form(path: Path) -> None:
    path.with_name(path.name + SEAL).write_text("{}")


def test_what_a_sync_published_is_known_when_the_next_goes_on_from_it(store: Path) -> None:
    assert opens_proved(store)
    # It is what a stopped sync left by now, and nobody knows what that wrote.
    assert not opens_proved(store)


@pytest.mark.parametrize(
    "happens",
    [
        _written_by("UPDATE pool_balances SET balance_wei = 2"),
        _written_by("DELETE FROM pool_balances"),
        _written_by("CREATE TABLE another (n INTEGER)"),
        _with_the_times_of_before,
        _one_byte,
        _copied_back,
        _torn_seal,
        _of_another_form,
        lambda path: path.with_name(path.name + SEAL).unlink(),
        lambda path: published(path),  # by who did not prove anything
    ],
    ids=lambda happens: happens.__name__.strip("_<>"),
)
def test_what_was_written_since_is_not(store: Path, happens: Callable[[Path], None]) -> None:
    happens(store)
    assert not is_copy_of_sealed(store, store)


def test_a_copy_whose_head_is_of_another_state_is_not_of_what_was_sealed(store: Path) -> None:
    copy = Path(shutil.copy(store, store.with_suffix(".copy")))
    assert is_copy_of_sealed(copy, store)
    _written_by("CREATE TABLE another (n INTEGER)")(copy)
    assert not is_copy_of_sealed(copy, store)


def test_where_no_seal_can_be_written_the_store_is_published_all_the_same(store: Path) -> None:
    file = store.with_name(store.name + SEAL)
    file.unlink()
    file.mkdir()  # in its place
    with store.open("rb") as opened:
        seal(store, opened)
    assert not opens_proved(store)
    assert [each.name for each in store.parent.iterdir() if each.name.count(SEAL)] == [file.name]


def test_what_another_program_put_in_its_place_at_that_moment_is_not_sealed(store: Path) -> None:
    with store.open("rb") as opened:
        _copied_back(store)
        seal(store, opened)
    assert not opens_proved(store)


def test_a_store_that_is_built_anew_leaves_no_seal(store: Path) -> None:
    with lock(store):
        discard(store)
    assert {path.name for path in store.parent.iterdir()} == {"store.duckdb.lock"}
