"""The newest state of a network in a lake as a local store: the very file that pages, the API and
the next sync work with. It is made beside and renamed, so that no reader sees half of it, and only
where each table hashes to what the push has written beside it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from data import StoreError
from data.fetched import Tell
from data.lake.address import LakeAddress, shown
from data.lake.changes import bring_up, differs, snapshot_of
from data.lake.connection import attach, check_holds, place
from data.lake.errors import BESIDE, lake_errors
from data.lake.pushes import Push, install, latest, noted, push_of, remember, untold
from data.lake.tables import KEYS, create_table, tables_of
from data.store.reader import SCHEMA_VERSION, literal
from data.store.reader import translated as store_error

# Rows that changed are written after the others: now and then a copy is made anew.
_MOST_CHANGES = 200
_HELD = "held"  # locked while its folder is in use


def _nobody(done: int, of: int) -> None:
    """Nobody looks how far it is."""


def pull(
    address: LakeAddress,
    network: str,
    path: Path,
    *,
    oldest: int = SCHEMA_VERSION,
    tell: Tell = _nobody,
) -> bool:
    """Bring the store at `path` to the newest state of the network in the lake, and `tell` how many
    of its rows are there; whether that was another state than it is already.

    Any store that lies there is replaced, and what was never pushed of it is lost: a sync pushes.
    Raises StoreError with the store as it was, StoreSchemaError where another version wrote the
    lake.
    """
    with attach(address, read_only=True) as con:
        push, snapshot = _newest(con, address, network, oldest)
        if push.id == push_of(path):
            return False
        before = noted(path) if push_of(path) else None
        with beside(path) as folder:
            file = folder / path.name
            con.execute(f"SET temp_directory = {literal(folder)}")
            changes = 0
            if before is not None and before.changes < _MOST_CHANGES:
                rows = sum(each.rows for each in push.tables.values())
                tell(0, rows)
                shutil.copyfile(path, file)
                if bring_up(con, network, push, snapshot, before, file):
                    changes = before.changes + 1
                    tell(rows, rows)
                else:
                    file.unlink()
                    push, snapshot = _newest(con, address, network, oldest)
            if not changes:
                with lake_errors(address, local=path):
                    _write(con, address, network, push, file, tell)
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
            remember(file, push, snapshot, changes)
            install(file, path)
    return True


def _newest(
    con: duckdb.DuckDBPyConnection, address: LakeAddress, network: str, oldest: int
) -> tuple[Push, int]:
    """The newest push and its snapshot, in a transaction that sees all tables as of then."""
    with lake_errors(address):
        con.begin()
        check_holds(con, address, network, oldest)
        push, snapshot = latest(con, address, network), snapshot_of(con)
    if push is None:
        raise untold(address, network)
    return push, snapshot


def _write(
    con: duckdb.DuckDBPyConnection,
    address: LakeAddress,
    network: str,
    push: Push,
    file: Path,
    tell: Tell,
) -> None:
    """A new store of all tables. Raises duckdb.Error, StoreError where one is not what was
    pushed."""
    tables = tables_of(con, "lake", network)
    if tables.keys() != push.tables.keys():
        raise _differs(address, min(tables.keys() ^ push.tables.keys()))
    con.execute(f"ATTACH {literal(file)} AS copy")
    done, of = 0, sum(each.rows for each in push.tables.values())
    for name, table in tables.items():
        create_table(con, f"copy.main.{name}", table)
        order = KEYS.get(name, "rowid")
        con.execute(
            f"INSERT INTO copy.main.{name} SELECT {table.names} FROM {place(network, name)} "
            f"ORDER BY {order}"
        )
        done += push.tables[name].rows
        tell(done, of)
    con.commit()
    differing = differs(con, push, tables)
    con.execute("CHECKPOINT copy; DETACH copy")
    if differing is not None:
        raise _differs(address, differing)


def _differs(address: LakeAddress, table: str) -> StoreError:
    return StoreError(
        f"{table} of the lake {shown(address)} is not what was pushed: nothing was taken. Run "
        "`python -m data.lake push ADDRESS --network NAME --whole` where a whole store is"
    )


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A folder for files that are to take a store's place; what a killed process left of such goes
    too: its lock went with it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{path.name}{BESIDE}*"):
            with suppress(OSError), (left / _HELD).open() as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
        name = f"{path.name}{BESIDE}"
        with (
            tempfile.TemporaryDirectory(prefix=name, dir=path.parent) as folder,
            (Path(folder) / "making").open("w") as held,
        ):
            fcntl.flock(held, fcntl.LOCK_EX)
            Path(held.name).rename(Path(folder) / _HELD)
            yield Path(folder)
    except OSError as error:
        raise store_error(error, path) from error
