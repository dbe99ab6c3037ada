"""Which blocks each filter was read over, and how sure each range is: closed ranges, merged as
they meet.

A range is `proved` where ids and views leave no room for a missing log, `agreed` where two hosts
gave the same logs, and `single` where one source alone gave it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import duckdb

POOL, BOND, SFC = "pool", "bond", "sfc"
# No filter: over these blocks the headers of two hosts have the times that are stored.
TIMES = "times"
Known = Literal["proved", "agreed", "single"]
# How the source of what a file gave begins. It does not say which hosts it was read from.
FROM_FILE, FROM_ARCHIVE = "file ", "archive "
_DUE = """
SELECT unnest(['pool', 'bond']) AS filter, first_block FROM store_info
UNION ALL
SELECT 'sfc', min(block) FROM stubs HAVING count(*) > 0
ORDER BY 1
"""


@dataclass(frozen=True)
class Range:
    """Blocks first..last of the filter `name`, how they are known, and the hosts or file that told
    them ("" where they are proved, or nobody kept it)."""

    name: str
    first: int
    last: int
    known: Known
    source: str


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


def cover(
    con: duckdb.DuckDBPyConnection,
    names: tuple[str, ...],
    first: int,
    last: int,
    known: Known = "single",
    source: str = "",
) -> None:
    """Record that the filters `names` were read over blocks first..last, both included.

    What was recorded of these blocks before gives way.
    """
    for name in names:
        _put(con, Range(name, first, last, known, source))


def prove(con: duckdb.DuckDBPyConnection, name: str, first: int, last: int) -> None:
    """Record that what the filter was read over of blocks first..last is proved."""
    for known in ranges(con, name, first, last):
        if known.known != "proved":
            _put(con, Range(name, known.first, known.last, "proved", ""))


def agree(
    con: duckdb.DuckDBPyConnection,
    name: str,
    first: int,
    last: int,
    host: str,
    liars: Collection[str] = (),
) -> None:
    """Record that `host` gave the same logs for blocks first..last as who gave them before. Where
    nobody kept who that was, or a file gave them, it may have been this host, and who is among
    `liars` bears nothing out: then `host` is the one that is known."""
    for known in ranges(con, name, first, last):
        if known.known == "single" and known.source != host:
            alone = known.source in ("", *liars)
            alone = alone or known.source.startswith((FROM_FILE, FROM_ARCHIVE))
            sure: Known = "single" if alone else "agreed"
            both = host if alone else ", ".join(sorted((known.source, host)))
            _put(con, Range(name, known.first, known.last, sure, both))


def disagree(con: duckdb.DuckDBPyConnection, host: str) -> None:
    """Take what `host` bore out, or had borne out, for told by the other alone."""
    con.execute(
        """
        UPDATE coverage SET known = 'single', source = array_to_string(
            list_filter(string_split(source, ', '), lambda each: each <> $host), ', '
        )
        WHERE known = 'agreed' AND source <> $host
            AND list_contains(string_split(source, ', '), $host)
        """,
        {"host": host},
    )


def ranges(con: duckdb.DuckDBPyConnection, name: str, first: int, last: int) -> list[Range]:
    """What is recorded of the filter over blocks first..last, cut to them and in order."""
    rows = con.execute(
        "SELECT greatest(from_block, $first), least(to_block, $last), known, source "
        "FROM coverage WHERE filter = $name AND from_block <= $last AND to_block >= $first "
        "ORDER BY from_block",
        {"name": name, "first": first, "last": last},
    ).fetchall()
    return [Range(name, *row) for row in rows]


def forget(con: duckdb.DuckDBPyConnection, first: int, last: int, name: str | None = None) -> None:
    """Take blocks first..last out of what was read from a node, so that they are read again: of
    the filter `name`, or of all."""
    touched = con.execute(
        "DELETE FROM coverage WHERE from_block <= $last AND to_block >= $first "
        "AND filter NOT LIKE 'file %' AND coalesce(filter = $name, TRUE) "
        "RETURNING filter, from_block, to_block, known, source",
        {"first": first, "last": last, "name": name},
    ).fetchall()
    for row in touched:
        _insert(con, _outside(Range(*row), first, last))


def _put(con: duckdb.DuckDBPyConnection, new: Range) -> None:
    """Add a range in place of what was known of its blocks; it grows by neighbours of its kind."""
    beside = con.execute(
        "DELETE FROM coverage WHERE filter = $name AND from_block <= $last + 1 "
        "AND to_block >= $first - 1 RETURNING filter, from_block, to_block, known, source",
        {"name": new.name, "first": new.first, "last": new.last},
    ).fetchall()
    first, last, others = new.first, new.last, []
    for old in (Range(*row) for row in beside):
        if (old.known, old.source) == (new.known, new.source):
            first, last = min(first, old.first), max(last, old.last)
        else:
            others += _outside(old, new.first, new.last)
    _insert(con, [*others, Range(new.name, first, last, new.known, new.source)])


def _outside(old: Range, first: int, last: int) -> list[Range]:
    """What is left of a range without blocks first..last."""
    pieces = ((old.first, min(old.last, first - 1)), (max(old.first, last + 1), old.last))
    return [Range(old.name, a, b, old.known, old.source) for a, b in pieces if a <= b]


def _insert(con: duckdb.DuckDBPyConnection, new: list[Range]) -> None:
    for each in new:
        con.execute(
            "INSERT INTO coverage VALUES (?, ?, ?, ?, ?)",
            [each.name, each.first, each.last, each.known, each.source],
        )


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


def without(
    ranges: Iterable[tuple[int, int]], taken: Iterable[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The blocks of some ranges that lie in none of `taken`, which are sorted and do not meet."""
    left = []
    others = list(taken)
    for first, last in ranges:
        for start, end in others[bisect_left(others, first, key=lambda each: each[1]) :]:
            if start > last:
                break
            if first < start:
                left.append((first, start - 1))
            first = end + 1
        if first <= last:
            left.append((first, last))
    return left


def due(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """The filters that a whole history needs, each with its first block. To be called after a
    rebuild."""
    return con.execute(_DUE).fetchall()


def times_alone(con: duckdb.DuckDBPyConnection, last: int) -> tuple[int, int | None]:
    """How many blocks up to `last` with logs have a time that no second host bore out, and the
    first of them."""
    row = con.execute(
        "SELECT count(DISTINCT block), min(block) FROM raw_logs "
        f"WHERE {in_any(_not_borne_out(con, last))}"
    ).fetchone()
    assert row is not None
    return row


def is_a_time_alone(con: duckdb.DuckDBPyConnection, last: int) -> bool:
    """Whether there is any such block, which is told at once."""
    some = f"SELECT 1 FROM raw_logs WHERE {in_any(_not_borne_out(con, last))} LIMIT 1"
    return con.execute(some).fetchone() is not None


def _not_borne_out(con: duckdb.DuckDBPyConnection, last: int) -> list[tuple[int, int]]:
    """The blocks up to `last` of whose times no second host gave."""
    sure = [
        (each.first, each.last) for each in ranges(con, TIMES, 0, last) if each.known != "single"
    ]
    return without([(0, last)], sure)


def in_any(ranges: Sequence[tuple[int, int]]) -> str:
    """SQL that holds where the column `block` lies in one of some ranges. It looks only at what of
    a table can lie there."""
    if not ranges:
        return "FALSE"
    least, most = min(first for first, _ in ranges), max(last for _, last in ranges)
    near = f"block BETWEEN {least:d} AND {most:d}"
    if len(ranges) == 1:
        return near
    firsts, lasts = [first for first, _ in ranges], [last for _, last in ranges]
    return (
        f"{near} AND EXISTS (FROM (SELECT unnest({firsts}) AS first, unnest({lasts}) AS last) "
        "AS asked WHERE block BETWEEN asked.first AND asked.last)"
    )


def holes(con: duckdb.DuckDBPyConnection) -> list[Hole]:
    """All holes of the store up to its synced block. To be called after a rebuild."""
    row = con.execute("SELECT synced_block FROM store_info").fetchone()
    assert row is not None
    filed = _filed(con)
    missing = []
    for name, start in due(con):
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
