"""What was read is remembered exactly: ranges behave like the sets of blocks they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.coverage import cover, forget, gaps, holes
from tests.log_lines import empty_tables, rows

LAST = 40
RANGES = st.tuples(st.integers(0, LAST), st.integers(0, LAST)).map(lambda pair: sorted(pair))
NAMES = st.sampled_from([("pool",), ("bond",), ("sfc a", "sfc b"), ("sfc b",), ("file logs",)])
STEPS = st.lists(st.tuples(NAMES | st.none(), RANGES), max_size=12)  # None forgets


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_tables() as con:
        yield con


def _blocks(ranges: list[tuple[int, int]]) -> set[int]:
    return {block for first, last in ranges for block in range(first, last + 1)}


@settings(max_examples=50, deadline=None)
@given(steps=STEPS, asked=RANGES)
def test_coverage_is_the_set_of_blocks_that_were_read_and_not_forgotten(
    con: duckdb.DuckDBPyConnection,
    steps: list[tuple[tuple[str, ...] | None, list[int]]],
    asked: list[int],
) -> None:
    con.execute("DELETE FROM coverage")
    model: dict[str, set[int]] = {name: set() for name in ("pool", "bond", "sfc a", "sfc b")}
    model["file logs"] = set()
    for names, (first, last) in steps:
        blocks = _blocks([(first, last)])
        if names is None:
            forget(con, first, last)
            for name in model.keys() - {"file logs"}:  # a file cannot be asked again
                model[name] -= blocks
        else:
            cover(con, names, first, last)
            for name in names:
                model[name] |= blocks
    for name, covered in model.items():
        ranges = rows(
            con, f"SELECT from_block, to_block FROM coverage WHERE filter = '{name}' ORDER BY 1"
        )
        assert _blocks(ranges) == covered
        # Merged: no two ranges touch.
        assert all(end + 1 < start for (_, end), (start, _) in pairwise(ranges))
        missing = gaps(con, name, *asked)
        assert _blocks(missing) == _blocks([(asked[0], asked[1])]) - covered
        assert sum(last - first + 1 for first, last in missing) == len(_blocks(missing))


@settings(max_examples=25, deadline=None)
@given(covered=st.lists(RANGES, max_size=5), synced=st.integers(5, LAST))
def test_holes_are_the_blocks_up_to_the_synced_one_that_were_not_read(
    con: duckdb.DuckDBPyConnection, covered: list[list[int]], synced: int
) -> None:
    con.execute("DELETE FROM coverage")
    con.execute("CREATE OR REPLACE TABLE stubs AS SELECT '0xa' AS stub, 9::BIGINT AS block")
    con.execute(f"UPDATE store_info SET first_block = 3, synced_block = {synced}")
    for first, last in covered:
        cover(con, ("pool", "sfc 0xa"), first, last)
    cover(con, ("bond",), 0, LAST)
    found = holes(con)
    read = _blocks([(first, last) for first, last in covered])
    for name, start in (("pool", 3), ("bond", 0), ("sfc 0xa", 9)):
        due = set() if name == "bond" else _blocks([(start, synced)]) - read
        assert _blocks([(hole.first, hole.last) for hole in found if hole.name == name]) == due
    assert not any(hole.from_file for hole in found)


def test_a_hole_that_a_file_reaches_into_is_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM coverage")
    con.execute("CREATE OR REPLACE TABLE stubs AS SELECT '0xa' AS stub, 9::BIGINT AS block LIMIT 0")
    con.execute("UPDATE store_info SET first_block = 0, synced_block = 40")
    for first, last in ((0, 10), (15, 20), (31, 40)):
        cover(con, ("pool", "bond"), first, last)
    cover(con, ("file logs",), 22, 25)
    found = [(hole.name, hole.first, hole.last, hole.from_file) for hole in holes(con)]
    assert found == [
        ("bond", 11, 14, False),
        ("bond", 21, 30, True),
        ("pool", 11, 14, False),
        ("pool", 21, 30, True),
    ]
