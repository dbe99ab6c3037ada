"""Made-up logs in a node's own form, spread over as many blocks as one likes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb

from bench.large_store import FIRST_BLOCK, FIRST_TIME, LOGS_A_REQUEST, SPAN_S, make_logs
from data.config import Network

# The logs that were made a block a second, in `blocks` blocks; a log in the form of eth_getLogs.
_NODE_LOGS = """
WITH placed AS (
    SELECT
        *, getvariable('first_block') AS first, getvariable('span_s') AS span,
        first + (block - first) * getvariable('blocks') // span AS moved
    FROM made_logs
)

SELECT
    address,
    list_filter([topic0, topic1, topic2, topic3], lambda topic: topic IS NOT NULL) AS topics,
    data,
    format('0x{:x}', moved) AS "blockNumber",
    '0x' || sha256('block ' || moved) AS "blockHash",
    tx AS "transactionHash",
    '0x0' AS "transactionIndex",
    format(
        '0x{:x}', getvariable('first_time') + (moved - first) * span // getvariable('blocks')
    ) AS "blockTimestamp",
    format(
        '0x{:x}', row_number() OVER (PARTITION BY moved ORDER BY block, log_index) - 1
    ) AS "logIndex",
    FALSE AS removed
FROM placed
ORDER BY moved, block, log_index
"""


def written(folder: Path, logs: int, network: Network, blocks: int = SPAN_S) -> Path:
    """The file of `write_logs` in a folder, written by a process of its own: a child is charged
    with what its parent held when it began."""
    file = folder / "history.ndjson"
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(write_logs, file, logs, network, blocks).result()
    return file


def write_logs(file: Path, logs: int, network: Network, blocks: int) -> None:
    """Write `logs` logs of every event that fills a table, one JSON log a line, in the chain's
    order."""
    with duckdb.connect() as con:
        make_logs(con, network, logs // LOGS_A_REQUEST, logs)
        con.execute("SET VARIABLE blocks = ?::BIGINT", [blocks])
        con.execute(f"COPY ({_NODE_LOGS}) TO '{file}' (FORMAT json)")


def time_of_block(number: int, head: int) -> int:
    """Seconds since 1970 of a block, in a history that ends at `head`."""
    return FIRST_TIME + (number - FIRST_BLOCK) * SPAN_S // (head - FIRST_BLOCK)
