"""Made-up logs in a node's own form, spread over as many blocks as one likes."""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench.large_store import FIRST_BLOCK, FIRST_TIME, LOGS_A_REQUEST, SPAN_S, make_logs
from data.config import Network

# The logs that were made a block a second, in `blocks` blocks; a log in the form of eth_getLogs.
_NODE_LOGS = """
WITH placed AS (
    SELECT *, $first + (block - $first) * $blocks // $span AS moved FROM made_logs
)

SELECT
    address,
    list_filter([topic0, topic1, topic2, topic3], lambda topic: topic IS NOT NULL) AS topics,
    data,
    format('0x{:x}', moved) AS "blockNumber",
    '0x' || sha256('block ' || moved) AS "blockHash",
    tx AS "transactionHash",
    '0x0' AS "transactionIndex",
    format('0x{:x}', $began + (moved - $first) * $span // $blocks) AS "blockTimestamp",
    format(
        '0x{:x}', row_number() OVER (PARTITION BY moved ORDER BY block, log_index) - 1
    ) AS "logIndex",
    FALSE AS removed
FROM placed
ORDER BY moved, block, log_index
"""


def write_logs(file: Path, logs: int, network: Network, blocks: int = SPAN_S) -> None:
    """Write `logs` logs of every event that fills a table, one JSON log a line, in the chain's
    order."""
    numbers = {"first": FIRST_BLOCK, "began": FIRST_TIME, "span": SPAN_S, "blocks": blocks}
    query = _NODE_LOGS
    for name, number in numbers.items():  # COPY takes no parameters
        query = query.replace(f"${name}", str(number))
    with duckdb.connect() as con:
        make_logs(con, network, logs // LOGS_A_REQUEST, logs)
        con.execute(f"COPY ({query}) TO '{file}' (FORMAT json)")


def time_of_block(number: int, head: int) -> int:
    """Seconds since 1970 of a block, in a history that ends at `head`."""
    return FIRST_TIME + (number - FIRST_BLOCK) * SPAN_S // (head - FIRST_BLOCK)
