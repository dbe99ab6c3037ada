"""A store of an earlier version brought to this one's tables; nothing is read from a node again.

Version 1 kept no evidence: whatever it had read counts as given by one source alone. It kept the
staking contract's logs by stub; now all stubs are one filter. Versions 2 and 3 lacked tables that
are made of the logs, as all those are that a sync makes anew.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from data.store.reader import SCHEMA_VERSION

OLDEST = 1
_SCHEMA = Path(__file__).with_name("schema.sql")
# Blocks that were read for every stub there was at the time, as the blocks of one filter.
_COVERAGE = """
CREATE TEMP TABLE stub_ranges AS
SELECT filter, from_block, to_block FROM coverage WHERE filter LIKE 'sfc %';
CREATE TEMP TABLE kept AS
SELECT filter, from_block, to_block FROM coverage WHERE filter NOT LIKE 'sfc %';
DROP TABLE coverage;
"""
_WHOLE = """
WITH stubs AS (
    SELECT filter, min(from_block) AS deployed FROM stub_ranges GROUP BY filter
),

edges AS (
    SELECT from_block AS edge FROM stub_ranges
    UNION
    SELECT to_block + 1 FROM stub_ranges
),

pieces AS (
    SELECT edge AS first, lead(edge) OVER (ORDER BY edge) - 1 AS last FROM edges
)

SELECT first, last
FROM pieces
WHERE last IS NOT NULL AND (
    SELECT bool_and(EXISTS (
        FROM stub_ranges
        WHERE stub_ranges.filter = stubs.filter AND from_block <= pieces.first
            AND to_block >= pieces.last
    ))
    FROM stubs
    WHERE deployed <= pieces.last
)
ORDER BY first
"""


def upgrade(con: duckdb.DuckDBPyConnection, version: int) -> None:
    """Give a store written by schema `version` (from `OLDEST` on) this version's tables, but for
    those made of the logs. Runs inside the caller's transaction."""
    if version == OLDEST:
        _from_first(con)
    con.execute("UPDATE store_info SET schema_version = ?", [SCHEMA_VERSION])


def _from_first(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(_COVERAGE)
    con.execute(_SCHEMA.read_text().replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
    con.execute("INSERT INTO coverage SELECT filter, from_block, to_block, 'single', '' FROM kept")
    merged: list[list[int]] = []
    for first, last in con.execute(_WHOLE).fetchall():
        if merged and merged[-1][1] == first - 1:
            merged[-1][1] = last
        else:
            merged.append([first, last])
    for first, last in merged:
        con.execute("INSERT INTO coverage VALUES ('sfc', ?, ?, 'single', '')", [first, last])
    con.execute("DROP TABLE stub_ranges")
    con.execute("DROP TABLE kept")
