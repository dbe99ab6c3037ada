"""Whether the next store holds all that the published one does: else it does not take its place."""

from __future__ import annotations

from pathlib import Path

import duckdb

from data import StoreError
from data.store.reader import open_reader
from data.store.upgrade import OLDEST

_HAS_COVERAGE = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'coverage'"


def refuse_to_lose(path: Path, following: Path, newer: duckdb.DuckDBPyConnection) -> None:
    """Raise StoreError where the published store, if there is one, is written by a program, or
    holds what the next one does not."""
    if path.with_name(f"{path.name}.wal").exists():
        raise StoreError(
            f"{path}.wal shows that a program wrote to the store: close it, remove that file, "
            "sync again, and open the store with `duckdb -readonly` from now on"
        )
    next_id, next_logs, next_requests = _identity(newer)
    if not path.exists():
        return
    # A program that writes it would go on beside the new one: then it cannot be opened.
    with open_reader(path, OLDEST) as con:
        store_id, logs, requests = _identity(con)
        if next_id != store_id or next_logs < logs or next_requests < requests:
            raise StoreError(
                f"{following} holds {next_logs:,} logs and {next_requests:,} requests, {path} "
                f"holds {logs:,} and {requests:,}"
                + ("" if next_id == store_id else ", and one is no copy of the other")
                + f": nothing was published. Remove {following.name} and sync again"
            )
        block, read, next_read = blocks_of_both(con, newer)
    if next_read < read:
        raise StoreError(
            f"{following} has read {next_read:,} blocks of the pool and the bond token up "
            f"to block {block:,}, {path} {read:,}: nothing was published. Remove "
            f"{following.name} and try again, without --from-block or --to-block"
        )


def _identity(con: duckdb.DuckDBPyConnection) -> tuple[object, int, int]:
    """The store's id, which its copies share, and how many logs and requests it holds, each with
    those that were dropped because the chain has them not; nothing of an empty file."""
    tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    if not tables:
        return None, 0, 0
    dropped = "coalesce((SELECT sum(dropped_logs)::BIGINT FROM contradictions), 0)"
    if ("contradictions",) not in tables:  # of an earlier version
        dropped = "0"
    requests = "(SELECT count(*) FROM requests)" if ("requests",) in tables else "0"
    row = con.execute(
        "SELECT (SELECT any_value(store_id) FROM store_info), "
        f"(SELECT count(*) FROM raw_logs) + {dropped}, {requests} + {dropped}"
    ).fetchone()
    assert row is not None
    return row


def blocks_of_both(
    con: duckdb.DuckDBPyConnection, newer: duckdb.DuckDBPyConnection
) -> tuple[int, int, int]:
    """The last block that the published and the next store both come to, and how many blocks each
    has read up to it."""
    block = min(_synced_block(con), _synced_block(newer))
    return block, _blocks_read(con, block), _blocks_read(newer, block)


def _synced_block(con: duckdb.DuckDBPyConnection) -> int:
    if not con.execute(_HAS_COVERAGE).fetchone():
        return 0
    row = con.execute("SELECT max(synced_block) FROM store_info").fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


def _blocks_read(con: duckdb.DuckDBPyConnection, last: int) -> int:
    """Of how many blocks up to `last` the pool's and the bond token's logs were read, in all.
    Stubs come and go with the logs that name them, so their blocks are not counted."""
    if not con.execute(_HAS_COVERAGE).fetchone():
        return 0
    row = con.execute(
        "SELECT sum(least(to_block, $last) - from_block + 1) FROM coverage "
        "WHERE filter IN ('pool', 'bond') AND from_block <= $last",
        {"last": last},
    ).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])
