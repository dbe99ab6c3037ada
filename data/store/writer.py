"""The next store: what a sync writes, beside the published one, until it is renamed.

`<store>.next` survives kill -9 and is continued. One that a crash left unreadable is
thrown away: it holds nothing published that the store beside it does not. What is made of the
published store alone has a name of its own, `<store>.upgrade`, and is begun anew each time.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import duckdb

from data import StoreError, StoreLockedError, TrackerError
from data.config import Network
from data.store.nothing_lost import blocks_of_both, refuse_to_lose
from data.store.reader import (
    SCHEMA_VERSION,
    StoreInfo,
    check_schema,
    is_full,
    is_locked,
    open_reader,
    read_info,
    translated,
)
from data.store.sealed import NEXT_SEAL, SEAL, is_copy_of_sealed, seal, set_proved
from data.store.upgrade import OLDEST, upgrade

SCHEMA = Path(__file__).with_name("schema.sql")
_NOT_STORED = {"name", "rpc_urls", "ends_on", "ends_told_by", "ends_confirmed"}  # may change
NEXT, UPGRADE = ".next", ".upgrade"
_HAS_TABLES = "SELECT count(*) FROM duckdb_tables() WHERE NOT temporary AND NOT internal"
# Landing spills to disk beyond this; a sync stays small beside the app.
# What was landed is written into the file once a row group or so is full, not with each commit.
# One thread: what comes at a time is too little for two, and who has nothing to do waits by asking.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "128MB",
    "threads": 1,
    "checkpoint_threshold": "64MB",
}


@contextmanager
def lock(path: Path, wait: bool = False) -> Iterator[None]:
    """Hold the right to write the store at `path`.

    Where another process has it, `wait` for it or raise StoreLockedError, naming it. The
    lock goes with its process, so none is ever stale.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _beside(path, ".lock").open("a+")
    except OSError as error:
        raise StoreError(f"cannot write beside {path}: {error.strerror}") from error
    with handle:
        try:
            _take(handle, wait)
        except BlockingIOError as error:
            handle.seek(0)
            holder = handle.read().strip() or "another process"
            raise StoreLockedError(
                f"{path} is being synced by {holder}: let it finish, or stop it, then try again"
            ) from error
        except OSError as error:
            raise StoreError(
                f"{path} cannot be locked where it lies: {error.strerror}. Two syncs could write "
                "to it at once: put the store on a local disk"
            ) from error
        handle.truncate(0)
        handle.write(f"process {os.getpid()}")
        handle.flush()
        yield


def _take(handle: IO[str], wait: bool) -> None:
    """Lock a file, exclusively. A process that only looks whether it is locked holds it for an
    instant."""
    for _ in range(4):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            return
        except BlockingIOError:
            time.sleep(0.05)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _say(text: str) -> None:
    logging.getLogger("data.sync").warning(text)


@contextmanager
def open_next(
    path: Path, network: Network, note: Callable[[str], None] = _say
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The next store, continued from a stopped sync or copied from the published one.

    One that was begun here and that an error left as it was is removed again. To be called
    under `lock`. What is committed to it is kept until `publish`. `note` is called where an
    unreadable next store was thrown away. Raises StoreError, with the published store as it
    was, for a full disk, a store that another program writes, another network's store or
    one of another schema.
    """
    following = _beside(path, NEXT)
    con: duckdb.DuckDBPyConnection | None = None
    begun = not following.exists()
    in_vain = proved = False
    try:
        if following.exists():
            _drop_unreadable(path, following, note)
        if not following.exists():
            remove_next(path)  # the log of a next store that was taken away fits no other
            if path.exists():
                open_reader(path, OLDEST).close()  # nobody writes it, and it can be read
                _copy(path, following)
                proved = is_copy_of_sealed(following, path)
        con = duckdb.connect(following, config=_CONFIG)
        set_proved(con, proved)
        opened = following.stat().st_ino
        _initialise(con, network)
        written_by = check_schema(con, path, OLDEST)
        if written_by < SCHEMA_VERSION:
            with transaction(con):
                upgrade(con, written_by)
        _check_network(read_info(con), network, path)
        held = _held(con)
        try:
            yield con
        except (TrackerError, duckdb.Error):
            in_vain = begun and held is not None and _held(con) == held
            raise
        if not following.exists() or following.stat().st_ino != opened:
            raise _taken_away(following, path)
    except (duckdb.Error, OSError) as error:
        raise translated(error, path) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted" and con is not None:  # DuckDB's word for Ctrl-C
            con.interrupt()  # or closing waits for the end of the query all the same
            raise KeyboardInterrupt from error
        raise
    finally:
        if con is not None:
            with suppress(duckdb.Error):  # a failed write is reported above, once
                con.close()
        if in_vain:
            remove_next(path)


@contextmanager
def upgraded(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the published store with this version's schema, which takes its place at the end:
    what a stopped sync left in the next store stays.

    To be called under `lock`. Where an error ends it, it is removed again. Raises StoreError.
    """
    try:
        _remove(path, UPGRADE)  # left by a process that was killed
        open_reader(path, OLDEST).close()
        _copy(path, _beside(path, UPGRADE))
        with duckdb.connect(_beside(path, UPGRADE), config=_CONFIG) as con:
            written_by = check_schema(con, path, OLDEST)
            if written_by < SCHEMA_VERSION:
                with transaction(con):
                    upgrade(con, written_by)
            try:
                yield con
            except RuntimeError:
                con.interrupt()  # Ctrl-C: closing would wait for the end of the query
                raise
        publish(path, UPGRADE)
    except (duckdb.Error, OSError) as error:
        _remove(path, UPGRADE)
        raise translated(error, path) from error
    except BaseException:
        _remove(path, UPGRADE)
        raise


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A transaction: all that is done inside is committed, or nothing."""
    con.begin()
    try:
        yield
        con.commit()
    except BaseException:
        with suppress(duckdb.Error):  # a commit that failed, on a full disk, has ended it
            con.rollback()
        raise


def discard(path: Path) -> None:
    """Remove a store that is to be built anew. To be called under `lock`."""
    for suffix in ("", ".wal", ".copy", SEAL, NEXT_SEAL):
        _beside(path, suffix).unlink(missing_ok=True)
    _remove(path, NEXT)
    _remove(path, UPGRADE)


def publish(path: Path, suffix: str = NEXT, *, proved: bool = False) -> None:
    """Make the next store the published one, in one step that no reader can see half of.

    To be called under `lock`, after the connection of `open_next` was closed. `suffix` is another
    where it was made otherwise, `proved` says whether data.store.sealed knew its logs to the end.
    """
    following = _beside(path, suffix)
    if not following.exists():  # DuckDB would make an empty one
        raise _taken_away(following, path)
    try:
        with duckdb.connect(following) as newer:
            newer.execute("FORCE CHECKPOINT")
            refuse_to_lose(path, following, newer)
        with following.open("rb") as file:
            os.fsync(file.fileno())
            following.replace(path)
            if proved:
                seal(path, file)
        _remove(path, suffix)  # where a killed sync spilled to
    except (duckdb.Error, OSError) as error:
        raise translated(error, path) from error


def holds_fewer_blocks(path: Path) -> bool:
    """Whether the next store, which is closed, has read less than the published one: what is read
    again is not all there yet. Raises StoreError where it cannot be opened."""
    if not path.exists() or not _beside(path, NEXT).exists():
        return False
    try:
        with duckdb.connect(_beside(path, NEXT)) as newer, open_reader(path, OLDEST) as con:
            _, read, next_read = blocks_of_both(con, newer)
    except (duckdb.Error, OSError) as error:
        raise translated(error, path) from error
    return next_read < read


def _taken_away(following: Path, path: Path) -> StoreError:
    """The error where another program took the next store away."""
    return StoreError(
        f"{following.name} was removed or replaced while it was written: {path} stays as it was. "
        "Let no other program touch that file, and try again"
    )


def _held(con: duckdb.DuckDBPyConnection) -> object:
    """What the store holds of all that landing adds to; None where it cannot be read."""
    with suppress(duckdb.Error):
        return con.execute(
            "SELECT (SELECT count(*) FROM raw_logs), (SELECT count(*) FROM pool_balances), "
            "(SELECT list(coverage ORDER BY coverage) FROM coverage)"
        ).fetchone()
    return None


def remove_next(path: Path) -> None:
    """Remove the next store. To be called under `lock`."""
    _remove(path, NEXT)


def _remove(path: Path, suffix: str) -> None:
    """Remove what is beside the store, with its log and where DuckDB spilled to."""
    for each in (suffix, f"{suffix}.wal"):
        _beside(path, each).unlink(missing_ok=True)
    shutil.rmtree(_beside(path, f"{suffix}.tmp"), ignore_errors=True)


def _copy(path: Path, following: Path) -> None:
    """Copy the whole file or none: it has another name until it is whole."""
    copy = _beside(path, ".copy")
    try:
        shutil.copyfile(path, copy)
        copy.replace(following)
    except OSError:
        copy.unlink(missing_ok=True)  # on a full disk it is in the way
        raise


def _drop_unreadable(path: Path, following: Path, note: Callable[[str], None]) -> None:
    """Throw the next store away where a crash of the machine left it unreadable."""
    try:
        with duckdb.connect(following, config=_CONFIG) as con:
            tables = con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            # Reading a block checks it. An empty file is a database too, without tables.
            for (table,) in tables:
                con.execute(f"SELECT max(hash({table})) FROM {table}").fetchone()
        if tables or not path.exists():
            return
        why = "it is empty"
    except duckdb.Error as error:
        if is_locked(error) or is_full(error) or isinstance(error, duckdb.OutOfMemoryException):
            raise
        why = str(error).split("\n")[0]
    remove_next(path)
    start = "going on from the published store" if path.exists() else "starting anew"
    note(f"{following} was left unreadable by an earlier sync ({why}): {start}")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _initialise(con: duckdb.DuckDBPyConnection, network: Network) -> None:
    """The schema and the one row of store_info, in a file that has none."""
    if con.execute(_HAS_TABLES).fetchone() != (0,):
        return
    with transaction(con):
        con.execute(SCHEMA.read_text())
        info = network.model_dump(exclude=_NOT_STORED)
        info |= {"network": network.name, "schema_version": SCHEMA_VERSION}
        con.execute("INSERT INTO store_info BY NAME SELECT unnest(?), uuid() AS store_id", [info])


def _check_network(info: StoreInfo, network: Network, path: Path) -> None:
    for key in ("chain_id", "pool", "bond", "cert", "sfc"):
        stored, wanted = getattr(info, key), getattr(network, key)
        if stored != wanted:
            raise StoreError(
                f"{path} holds {info.network} with {key} {stored}, but {network.name} has {wanted}"
                ": name another file with --store, or move this one aside "
                f"(and {path.name}.next, if there is one)"
            )
