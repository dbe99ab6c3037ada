"""Which blocks each filter was read over: closed ranges, merged as they meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import duckdb

# The filters that a whole history needs, each from its own first block on.
_DUE = """
SELECT unnest(['pool', 'bond']) AS filter, first_block FROM store_info
UNION ALL
SELECT 'sfc ' || stub, min(block) FROM stubs GROUP BY stub
ORDER BY 1
"""


@dataclass(frozen=True)
class Hole:
    """Blocks first..last that no node was asked for through the filter `name`, though the store
    counts as read beyond them.

    `from_file` is true where only files cover them, and for the blocks before the first file of a
    store that begins with a file.
    """

    name: str
    first: int
    last: int
    from_file: bool


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
    """Take blocks first..last out of what was read from a node, so that they are read again."""
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


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same blocks as sorted ranges; ranges that meet become one."""
    whole: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if whole and first <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(whole[-1][1], last))
        else:
            whole.append((first, last))
    return whole


def holes(con: duckdb.DuckDBPyConnection) -> list[Hole]:
    """All holes of the store up to its synced block. To be called after a rebuild."""
    row = con.execute("SELECT synced_block FROM store_info").fetchone()
    assert row is not None
    filed = _filed(con)
    missing = []
    for name, start in con.execute(_DUE).fetchall():
        for first, last in gaps(con, name, start, row[0]):
            inside = [(max(a, first), min(b, last)) for a, b in filed if a <= last and b >= first]
            edges = [(first - 1, first - 1), *inside, (last + 1, last + 1)]
            outside = [(before + 1, after - 1) for (_, before), (after, _) in pairwise(edges)]
            missing += [Hole(name, a, b, True) for a, b in inside]
            missing += [Hole(name, a, b, False) for a, b in outside if a <= b]
    return sorted(missing, key=lambda hole: (hole.name, hole.first))


def _filed(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """The blocks that files cover, as sorted ranges that do not meet."""
    ranges = con.execute(
        "SELECT from_block, to_block, filter LIKE 'file %' FROM coverage ORDER BY 1"
    ).fetchall()
    filed = [(first, last) for first, last, of_file in ranges if of_file]
    if ranges and ranges[0][2]:
        filed.append((0, ranges[0][0] - 1))  # its first log may not be the first block asked
    return merged((first, last) for first, last in filed if first <= last)
