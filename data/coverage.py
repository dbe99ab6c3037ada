"""Which blocks each filter was read over: closed ranges, merged as they meet."""

from __future__ import annotations

import duckdb


def cover(con: duckdb.DuckDBPyConnection, names: tuple[str, ...], first: int, last: int) -> None:
    """Record that the filters `names` were read over blocks first..last, both included."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE merged AS
        SELECT
            name AS filter,
            least(coalesce(min(from_block), $first), $first) AS from_block,
            greatest(coalesce(max(to_block), $last), $last) AS to_block
        FROM unnest($names) AS asked(name)
        LEFT JOIN coverage
            ON filter = name AND from_block <= $last + 1 AND to_block >= $first - 1
        GROUP BY name
        """,
        {"names": list(names), "first": first, "last": last},
    )
    con.execute(
        "DELETE FROM coverage USING merged WHERE coverage.filter = merged.filter AND "
        "coverage.from_block >= merged.from_block AND coverage.to_block <= merged.to_block"
    )
    con.execute("INSERT INTO coverage FROM merged")


def forget(con: duckdb.DuckDBPyConnection, first: int, last: int) -> None:
    """Take blocks first..last out of what a node was asked for, so that they are read again."""
    touched = con.execute(
        "DELETE FROM coverage WHERE from_block <= $last AND to_block >= $first "
        "AND filter NOT LIKE 'file %' RETURNING *",
        {"first": first, "last": last},
    ).fetchall()
    for name, start, end in touched:
        for piece in ((start, first - 1), (last + 1, end)):
            if piece[0] <= piece[1]:
                con.execute("INSERT INTO coverage VALUES (?, ?, ?)", [name, *piece])


def gaps(con: duckdb.DuckDBPyConnection, name: str, first: int, last: int) -> list[tuple[int, int]]:
    """The block ranges within first..last that the filter `name` was not yet read over."""
    covered = con.execute(
        "SELECT from_block, to_block FROM coverage WHERE filter = ? ORDER BY from_block", [name]
    ).fetchall()
    missing = []
    for start, end in covered:
        if first < start:
            missing.append((first, min(start - 1, last)))
        first = max(first, end + 1)
        if first > last:
            return [gap for gap in missing if gap[0] <= gap[1]]
    return [gap for gap in [*missing, (first, last)] if gap[0] <= gap[1]]
