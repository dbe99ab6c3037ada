"""A store that another program made, brought to this one's tables from its own logs.

It may have an older schema, or tables of an older decode; no node is asked. What is made lies
beside the published store, which is read until then, and takes its place by a rename.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from data.ingest import decode
from data.ingest.appended import OnProgress, made_here
from data.ingest.checks import Finding
from data.ingest.finish import Reached, finish
from data.pool.state import Block, PoolState
from data.store.reader import SCHEMA_VERSION, StoreInfo, open_reader, read_info
from data.store.upgrade import OLDEST
from data.store.writer import SCHEMA, upgraded

_NOT_ASKED = "no node was asked when the store was brought up to date"
# Of the whole work: when the copy is made, and when the tables are and only checks are left.
_COPIED, _REBUILT = 0.05, 0.85


def is_due(path: Path) -> bool:
    """Whether another program than this made the tables of a store. Raises StoreError."""
    with open_reader(path, OLDEST) as con:
        info = read_info(con)
        if info.schema_version < SCHEMA_VERSION:
            return True
        decode.prepare(con, info)
        return info.synced_block is not None and not made_here(con)


def upgrade_store(path: Path, now: datetime, on_progress: OnProgress) -> Sequence[Finding] | None:
    """Make every table of the store at `path` anew from its logs and publish it, with all that it
    knows beside them: what the checks found; None where it is up to date.

    `on_progress` hears which share of the work is done. To be called under store.writer.lock.
    Raises StoreError with the store as it was.
    """
    if not is_due(path):
        return None
    on_progress(0.0)
    findings: Sequence[Finding] = ()
    with upgraded(path) as con:
        on_progress(_COPIED)
        info = read_info(con)
        _drop_unknown(con)
        if info.synced_block is not None and info.synced_at is not None:
            decode.prepare(con, info)
            block = Block(info.synced_block, info.synced_hash, info.synced_at)
            width = _REBUILT - _COPIED
            findings = finish(
                con,
                _reached(con, info, block, now),
                on_progress=lambda share: on_progress(_COPIED + share * width),
            )
        on_progress(_REBUILT)
    return findings


def _drop_unknown(con: duckdb.DuckDBPyConnection) -> None:
    """Remove the tables that only the older program derived from the logs."""
    known = {*re.findall(r"CREATE TABLE (\w+)", SCHEMA.read_text()), *decode.DERIVED}
    found = con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    for (name,) in found:
        if name not in known:
            con.execute(f'DROP TABLE "{name}"')


def _reached(
    con: duckdb.DuckDBPyConnection, info: StoreInfo, block: Block, now: datetime
) -> Reached:
    """Where the last sync came to, and what the contract said there as far as the store has all of
    it: since it was asked no log may have come."""
    newest = "(SELECT coalesce(max(block), 0) FROM raw_logs)"
    views = con.execute(f"SELECT view, value, block >= {newest} FROM contract_views").fetchall()
    held = con.execute(
        "SELECT balance_wei FROM pool_balances WHERE block = ?", [block.number]
    ).fetchone()
    state = None
    if views and held is not None and all(is_newest for *_, is_newest in views):
        texts = {view: value for view, value, _ in views}
        state = PoolState.of_texts(block, int(held[0]), texts)
    return Reached(block, info.head_block, info.source or "", now, state, _NOT_ASKED)
