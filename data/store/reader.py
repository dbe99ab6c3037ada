"""The published store, as every reader sees it: one DuckDB file, opened read-only.

DuckDB locks a file for its writer against every other process, so nobody ever writes this
file: a sync builds the next one beside it and renames it into place (data.store.writer).
A reader keeps the file it opened.
"""

from __future__ import annotations

import errno
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data import NewerStoreError, OlderStoreError, StoreError, StoreSchemaError

SCHEMA_VERSION = 4
# How the source of a store begins that data/ingest/past.py built.
OF_THE_PAST = "rebuilt from the logs up to block"


@dataclass(frozen=True)
class StoreInfo:
    """What a store holds and how current it is. Times are UTC; None where not yet known."""

    network: str
    chain_id: int
    simulated: bool
    schema_version: int
    store_id: uuid.UUID
    first_block: int
    synced_block: int | None
    synced_hash: str | None
    synced_at: datetime | None
    head_block: int | None
    source: str | None
    published_at: datetime | None
    pool: str
    bond: str
    cert: str
    sfc: str
    native_symbol: str
    explorer: str

    @property
    def is_of_the_past(self) -> bool:
        """Whether it was rebuilt as of an earlier block of a store: nobody forecasts from it."""
        return (self.source or "").startswith(OF_THE_PAST)


def version(path: Path) -> tuple[str, int, int]:
    """The key for caches over a store: it changes whenever a sync publishes.

    Raises StoreError where there is no store.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise StoreError(f"no store at {path}: sync the network first") from error
    return str(path), status.st_ino, status.st_mtime_ns


def open_reader(path: Path, oldest: int = SCHEMA_VERSION) -> duckdb.DuckDBPyConnection:
    """A connection whose default database is the store, read-only.

    It is attached to an instance in memory: duckdb.connect(path) would hand back the
    instance of a replaced file for as long as anyone in this process still reads it.
    Raises StoreError where there is no store, it is no DuckDB file or another program
    has it open for writing, OlderStoreError where its schema is older than `oldest`,
    NewerStoreError where it is newer than this version's.
    """
    version(path)
    con = duckdb.connect(":memory:")
    try:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"ATTACH {literal(path)} AS store (READ_ONLY, TYPE duckdb)")
        con.execute("USE store")
        check_schema(con, path, oldest)
    except duckdb.Error as error:
        con.close()
        raise translated(error, path) from error
    except StoreError:
        con.close()
        raise
    return con


def read_info(con: duckdb.DuckDBPyConnection) -> StoreInfo:
    """The store's one row about itself."""
    row = con.execute("SELECT * FROM store_info").fetchone()
    if row is None:
        raise StoreError("the store says nothing of itself: sync again")
    return StoreInfo(*row)


def check_schema(con: duckdb.DuckDBPyConnection, path: Path, oldest: int = SCHEMA_VERSION) -> int:
    """The version of the store's schema. Raises StoreSchemaError unless it lies from `oldest` to
    this version's."""
    try:
        row = con.execute("SELECT schema_version FROM store_info").fetchone()
    except duckdb.CatalogException:
        row = None
    version: int = row[0] if row else 0
    if oldest <= version <= SCHEMA_VERSION:
        return version
    if 0 < version < SCHEMA_VERSION:
        raise OlderStoreError(
            f"{path} was written by an earlier version: `python -m data.sync upgrade --store "
            f"{path}` brings it up to date from its own logs"
        )
    if version > SCHEMA_VERSION:
        raise NewerStoreError(
            f"{path} has schema {version}, this version reads schema {SCHEMA_VERSION}: update the "
            "program, as a newer version of it wrote the store, or name another file with --store"
        )
    raise StoreSchemaError(
        f"{path} has no schema of ours: it is no store. Name another file, or move it aside (and "
        f"{path.name}.next, if there is one) and sync again"
    )


def translated(error: Exception, path: Path) -> StoreError:
    """A database or file error as a StoreError that says what to do."""
    text = str(error).split("\n")[0]
    if is_full(error):
        return StoreError(
            f"no space left to write {path}: free some, then sync again; what is published is whole"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(
            f"{path} needs more memory than a sync takes for one of its size: nothing was "
            "published, and what landed is kept. Report it with the number of requests that wait"
        )
    if is_locked(error):
        holder = re.search(r"held in (?:.*/)?(\S+) \(PID (\d+)\)", text)
        program = f" ({holder[1]}, process {holder[2]})" if holder else ""
        return StoreError(
            f"{path} is open for writing in another program{program}: close it, or open it there "
            "with `duckdb -readonly`"
        )
    if isinstance(error, duckdb.IOException) and "not a valid DuckDB" in text:
        return StoreError(f"{path} is no DuckDB store: move it aside and sync again")
    return StoreError(f"cannot use {path}: {text}")


def is_full(error: Exception) -> bool:
    """Whether there was no room to write."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
    return is_spilt(error) or bool(re.search("No space left|File too large", str(error)))


def is_spilt(error: Exception) -> bool:
    """Whether what does not fit into memory found no room in the temporary folder."""
    return isinstance(error, duckdb.Error) and "max_temp_directory_size" in str(error)


def is_locked(error: Exception) -> bool:
    """Whether another process has the file open in a way that excludes us."""
    return isinstance(error, duckdb.IOException) and "Could not set lock" in str(error)


def is_ctrl_c(error: BaseException) -> bool:
    """Whether somebody pressed Ctrl-C: in a query DuckDB makes a RuntimeError of it."""
    return isinstance(error, KeyboardInterrupt) or str(error) == "Query interrupted"


def literal(text: object) -> str:
    """A text as SQL writes it, for statements that take no parameter."""
    return "'" + str(text).replace("'", "''") + "'"
