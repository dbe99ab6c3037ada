"""Logs into raw_logs: what a node or a file gave, kept as it came and exactly once.

An answer is landed whole or not at all: a row that no node would give, or that contradicts
one already stored, refuses all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data import ChangedLogError
from data.store.sealed import set_proved

_COLUMNS = """{
    address: 'VARCHAR', topics: 'VARCHAR[]', data: 'VARCHAR', blockNumber: 'VARCHAR',
    blockTimestamp: 'VARCHAR', transactionHash: 'VARCHAR', logIndex: 'VARCHAR',
    removed: 'BOOLEAN'
}"""
# What is wrong with a line, in the words of the answer's own keys; NULL when nothing is.
_FAULT = r"""
CASE
    WHEN address IS NULL OR NOT regexp_full_match(address, '0x[0-9a-fA-F]{40}')
        THEN 'address is no 20-byte address'
    WHEN blockNumber IS NULL OR NOT regexp_full_match(blockNumber, '0x[0-9a-fA-F]{1,9}')
        THEN 'blockNumber is no hex number'
    WHEN logIndex IS NULL OR NOT regexp_full_match(logIndex, '0x[0-9a-fA-F]{1,6}')
        THEN 'logIndex is no hex number'
    WHEN transactionHash IS NULL OR NOT regexp_full_match(transactionHash, '0x[0-9a-fA-F]{64}')
        THEN 'transactionHash is no 32-byte hash'
    WHEN data IS NULL OR NOT regexp_full_match(data, '0x([0-9a-fA-F]{2})*')
        THEN 'data is no hex text'
    WHEN topics IS NULL OR topics > 4 OR topics <> len(list_filter(
        [topic0, topic1, topic2, topic3],
        lambda topic: topic IS NOT NULL AND regexp_full_match(topic, '0x[0-9a-fA-F]{64}')
    ))
        THEN 'topics are not up to four 32-byte words'
    WHEN removed THEN 'the log is marked as removed from the chain'
END
"""
# Whether nothing is wrong with a line: half the work of telling what is.
_SOUND = """
coalesce(
    regexp_full_match(blockNumber, '0x[0-9a-fA-F]{1,9}')
    AND regexp_full_match(logIndex, '0x[0-9a-fA-F]{1,6}')
    AND removed IS NOT TRUE
    AND starts_with(address, '0x') AND strlen(address) = 42
    AND starts_with(transactionHash, '0x') AND strlen(transactionHash) = 66
    AND starts_with(data, '0x') AND strlen(data) % 2 = 0
    AND topics BETWEEN 0 AND 4
    AND (starts_with(topic0, '0x') AND strlen(topic0) = 66 OR topics = 0)
    AND (starts_with(topic1, '0x') AND strlen(topic1) = 66 OR topics < 2)
    AND (starts_with(topic2, '0x') AND strlen(topic2) = 66 OR topics < 3)
    AND (starts_with(topic3, '0x') AND strlen(topic3) = 66 OR topics < 4)
    AND TRY(unhex(concat(
        substr(address, 3), substr(transactionHash, 3), substr(topic0, 3), substr(topic1, 3),
        substr(topic2, 3), substr(topic3, 3), substr(data, 3)
    ))) IS NOT NULL, FALSE
)
"""
# A line of the answer; of one that is not sound `landing` holds what can be read.
_ANSWER = f"""
SELECT
    * EXCLUDE topics, len(topics) AS topics, topics[1] AS topic0, topics[2] AS topic1,
    topics[3] AS topic2, topics[4] AS topic3
FROM read_json($path, format = $form, columns = {_COLUMNS}, maximum_object_size = 16777216)
"""
_LANDING = f"""
CREATE OR REPLACE TEMP TABLE landing AS
SELECT
    try_cast(blockNumber AS BIGINT) AS block,
    try_cast(logIndex AS INTEGER) AS log_index,
    -- Some nodes send 0 where they do not know the time. What is no number of seconds
    -- tells none either: then the block's header does.
    to_timestamp(nullif(CASE
        WHEN regexp_full_match(blockTimestamp, '0x[0-9a-fA-F]{{1,9}}|[0-9]{{1,10}}')
            THEN blockTimestamp::BIGINT
    END, 0)) AS block_time,
    lower(transactionHash) AS tx,
    lower(address) AS address,
    lower(topic0) AS topic0,
    lower(topic1) AS topic1,
    lower(topic2) AS topic2,
    lower(topic3) AS topic3,
    lower(data) AS data,
    {_SOUND} AS sound
FROM ({_ANSWER})
"""
_FIRST_FAULT = f"""
SELECT row_number() OVER () - 1, {_FAULT} AS fault FROM ({_ANSWER})
QUALIFY fault IS NOT NULL ORDER BY 1 LIMIT 1
"""
_STORED_NEAR = """
SELECT * FROM raw_logs
WHERE block BETWEEN (SELECT min(block) FROM landing) AND (SELECT max(block) FROM landing)
"""
# Whether each log came once, which is told faster than what came twice.
_EACH_ONCE = "SELECT count(*) = count(DISTINCT block * 16777216 + log_index) FROM landing"
# One row where any log came twice: the first such place, one with two contents before others.
_DOUBLED = """
SELECT block, log_index, min(content) <> max(content) AS clashes
FROM (SELECT block, log_index, hash(landing) AS content FROM landing)
GROUP BY block, log_index
HAVING count(*) > 1
ORDER BY clashes DESC, block, log_index
LIMIT 1
"""
_DROP_DOUBLED = """
DELETE FROM landing WHERE rowid NOT IN (
    SELECT min(rowid) FROM landing GROUP BY block, log_index
)
"""
_CLASH = f"""
SELECT block, log_index
FROM (SELECT block, log_index, hash(landing) AS content FROM landing) AS came
INNER JOIN (
    SELECT block, log_index, hash(stored) AS content FROM ({_STORED_NEAR}) AS stored
) AS known USING (block, log_index)
WHERE came.content <> known.content
ORDER BY block, log_index
LIMIT 1
"""
# Whether the store has a log at the place of one that came, which is told without their contents.
_MET = f"""
SELECT 1 FROM landing SEMI JOIN ({_STORED_NEAR}) AS stored USING (block, log_index) LIMIT 1
"""
_INSERT = f"""
INSERT INTO raw_logs
SELECT * FROM landing ANTI JOIN ({_STORED_NEAR}) AS stored USING (block, log_index)
"""


@dataclass(frozen=True)
class Fault:
    """The first row of an answer that cannot be landed: its place from 0, and why."""

    row: int
    reason: str


def read_answer(con: duckdb.DuckDBPyConnection, path: Path, *, lines: bool = False) -> Fault | None:
    """Read a JSON array of logs (or one log a line) into the temporary table `landing`.

    Returns the first fault, or None. Raises duckdb.Error where the text is no JSON.
    """
    answer = {"path": str(path), "form": "newline_delimited" if lines else "array"}
    con.execute(_LANDING, answer)
    if con.execute("SELECT bool_and(sound) FROM landing").fetchone() == (False,):
        row = con.execute(_FIRST_FAULT, answer).fetchone()
        if row is not None:
            return Fault(row[0], row[1])
    con.execute("ALTER TABLE landing DROP COLUMN sound")
    return None


def blocks_without_time(con: duckdb.DuckDBPyConnection) -> list[int]:
    """Blocks of `landing` whose time neither the log nor the store knows."""
    timeless = con.execute("SELECT 1 FROM landing WHERE block_time IS NULL LIMIT 1").fetchone()
    if timeless is None:
        return []
    con.execute(f"""
        UPDATE landing SET block_time = known.block_time
        FROM (SELECT DISTINCT block, block_time FROM ({_STORED_NEAR})) AS known
        WHERE landing.block_time IS NULL AND landing.block = known.block
    """)
    blocks = con.execute("SELECT DISTINCT block FROM landing WHERE block_time IS NULL ORDER BY 1")
    return [block for (block,) in blocks.fetchall()]


def set_block_times(con: duckdb.DuckDBPyConnection, times: dict[int, datetime]) -> None:
    """Fill the missing times of `landing`."""
    con.execute(
        "UPDATE landing SET block_time = known.at "
        "FROM (SELECT unnest($blocks) AS block, unnest($times)::TIMESTAMPTZ AS at) AS known "
        "WHERE landing.block_time IS NULL AND landing.block = known.block",
        {"blocks": list(times), "times": list(times.values())},
    )


def change(con: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]) -> None:
    """Run a statement that changes or removes stored logs: what they were is proved no more."""
    set_proved(con, False)
    con.execute(sql, parameters)


def land(con: duckdb.DuckDBPyConnection) -> int:
    """Insert what `landing` adds to raw_logs; returns the number of new logs.

    Exactly once by (block, log_index): a log that is already there, or that stands twice
    in the answer, is counted once. Raises ChangedLogError where two logs of one place
    differ. Runs inside the caller's transaction.
    """
    once = con.execute(_EACH_ONCE).fetchone() == (True,)
    doubled = None if once else con.execute(_DOUBLED).fetchone()
    met = con.execute(_MET).fetchone() is not None
    clash = doubled if doubled is not None and doubled[2] else None
    if clash is None and met:
        clash = con.execute(_CLASH).fetchone()
    if clash is not None:
        raise ChangedLogError(
            f"block {clash[0]}, log {clash[1]} came with two different contents. Final blocks do "
            "not change: compare the endpoints (or the file's lines) for this block, and keep the "
            "one that an explorer confirms. Nothing of this answer was stored."
        )
    if doubled is not None:
        con.execute(_DROP_DOUBLED)
    inserted = con.execute(_INSERT if met else "INSERT INTO raw_logs FROM landing").fetchone()
    assert inserted is not None
    count: int = inserted[0]
    return count
