"""Why the logs in `landing` cannot be the answer to what a node was asked.

Each function tells the first fault in words, with block and log, or None.
"""

from __future__ import annotations

import duckdb


def stray(
    con: duckdb.DuckDBPyConnection,
    first: int,
    last: int,
    addresses: tuple[str, ...],
    topics: tuple[tuple[str, ...], ...],
) -> str | None:
    """Why `landing` cannot be the answer to a filter over blocks first..last, or None."""
    wanted = [*topics, (), ()][:2]
    row = con.execute(
        """
        SELECT block, log_index, block NOT BETWEEN $first AND $last
        FROM landing
        WHERE block NOT BETWEEN $first AND $last
            OR NOT list_contains($addresses, address)
            OR len($topic0) > 0 AND NOT coalesce(list_contains($topic0, topic0), FALSE)
            OR len($topic1) > 0 AND NOT coalesce(list_contains($topic1, topic1), FALSE)
        ORDER BY 1, 2
        LIMIT 1
        """,
        {
            "first": first,
            "last": last,
            "addresses": list(addresses),
            "topic0": list(wanted[0]),
            "topic1": list(wanted[1]),
        },
    ).fetchone()
    if row is None:
        return None
    what = "lies outside the asked blocks" if row[2] else "is of another contract or event"
    return f"log {row[1]} of block {row[0]} {what}"


def withheld(
    con: duckdb.DuckDBPyConnection,
    ranges: list[tuple[int, int]],
    addresses: tuple[str, ...],
    topics: tuple[tuple[str, ...], ...],
) -> str | None:
    """Which stored log of a filter the answer in `landing` over some ranges lacks, or None.

    A log of a final block does not vanish: the node holds it back, or never had it.
    """
    wanted = [*topics, (), ()][:2]
    row = con.execute(
        """
        SELECT block, log_index FROM raw_logs
        WHERE block BETWEEN $first AND $last
            AND list_contains($addresses, address)
            AND (len($topic0) = 0 OR list_contains($topic0, topic0))
            AND (len($topic1) = 0 OR list_contains($topic1, topic1))
            AND EXISTS (
                FROM (SELECT unnest($firsts) AS first, unnest($lasts) AS last) AS ranges
                WHERE raw_logs.block BETWEEN ranges.first AND ranges.last
            )
            AND (block, log_index) NOT IN (SELECT (block, log_index) FROM landing)
        ORDER BY 1, 2 LIMIT 1
        """,
        {
            "first": ranges[0][0],
            "last": ranges[-1][1],
            "firsts": [first for first, _ in ranges],
            "lasts": [last for _, last in ranges],
            "addresses": list(addresses),
            "topic0": list(wanted[0]),
            "topic1": list(wanted[1]),
        },
    ).fetchone()
    if row is None:
        return None
    return f"leaves out log {row[1]} of block {row[0]}, which the store holds"


def malformed(con: duckdb.DuckDBPyConnection, source: str = "landing") -> str | None:
    """The first log of a known event that has not the event's shape, or None."""
    row = con.execute(
        f"SELECT block, log_index, event FROM malformed_logs('{source}') ORDER BY 1, 2 LIMIT 1"
    ).fetchone()
    return None if row is None else f"log {row[1]} of block {row[0]} does not decode as {row[2]}"
