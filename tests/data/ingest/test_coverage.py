"""What was read is remembered exactly, and lands though the node failed after it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from data import NodeError
from data.ingest import decode
from data.ingest.coverage import agree, cover, disagree, forget, gaps, holes
from data.ingest.evidence import budget
from data.ingest.landing import _batches, unread
from data.node.endpoint import Endpoint, Manners
from data.node.log_ranges import RangeAnswer
from data.node.range_plan import Piece
from data.store.writer import lock, open_next
from tests.log_lines import FANTOM, rows

LAST = 40
RANGES = st.tuples(st.integers(0, LAST), st.integers(0, LAST)).map(lambda pair: sorted(pair))
NAMES = st.sampled_from([("pool", "bond"), ("bond",), ("sfc",), ("file logs",)])
STEPS = st.lists(st.tuples(NAMES | st.none(), RANGES), max_size=12)  # None forgets


def _blocks(ranges: list[tuple[int, int]]) -> set[int]:
    return {block for first, last in ranges for block in range(first, last + 1)}


@settings(max_examples=50, deadline=None)
@given(steps=STEPS, asked=RANGES)
def test_coverage_is_the_set_of_blocks_that_were_read_and_not_forgotten(
    con: Connection, steps: list[tuple[tuple[str, ...] | None, list[int]]], asked: list[int]
) -> None:
    con.execute("DELETE FROM coverage")
    model: dict[str, set[int]] = {name: set() for name in ("pool", "bond", "sfc", "file logs")}
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
    con: Connection, covered: list[list[int]], synced: int
) -> None:
    con.execute("DELETE FROM coverage")
    con.execute("CREATE OR REPLACE TABLE stubs AS SELECT '0xa' AS stub, 9::BIGINT AS block")
    con.execute(f"UPDATE store_info SET first_block = 3, synced_block = {synced}")
    for first, last in covered:
        cover(con, ("pool", "sfc"), first, last)
    cover(con, ("bond",), 0, LAST)
    found = holes(con)
    read = _blocks([(first, last) for first, last in covered])
    for name, start in (("pool", 3), ("bond", 0), ("sfc", 9)):
        due = set() if name == "bond" else _blocks([(start, synced)]) - read
        assert _blocks([(hole.first, hole.last) for hole in found if hole.name == name]) == due
    assert not any(hole.from_file for hole in found)


def _holes_beside(
    con: Connection, node: list[tuple[int, int]], files: list[tuple[int, int]]
) -> list[tuple[int, int, bool]]:
    """The pool's holes up to block 40 of a store that a node and files were read into."""
    con.execute("DELETE FROM coverage")
    con.execute("CREATE OR REPLACE TABLE stubs AS SELECT '0xa' AS stub, 9::BIGINT AS block LIMIT 0")
    con.execute("UPDATE store_info SET first_block = 2, synced_block = 40")
    for ranges, name in ((node, "pool"), (files, "file")):
        for number, (first, last) in enumerate(ranges):
            cover(con, (f"file {number}" if name == "file" else name,), first, last)
    return [(hole.first, hole.last, hole.from_file) for hole in holes(con) if hole.name == "pool"]


@pytest.mark.parametrize(
    ("node", "files", "expected"),
    [
        # What lies between a file and the next blocks read was read by nobody.
        (
            [(0, 10), (15, 20), (31, 40)],
            [(22, 25)],
            [(11, 14, False), (21, 21, False), (22, 25, True), (26, 30, False)],
        ),
        # Where a file comes first, nobody knows which block it was asked from.
        ([(31, 40)], [(22, 30)], [(2, 21, True), (22, 30, True)]),
        ([], [(5, 12), (20, 40)], [(2, 12, True), (13, 19, False), (20, 40, True)]),
        ([], [(5, 12), (10, 40), (6, 7)], [(2, 40, True)]),
        # Where a node comes first, the file's beginning is known.
        ([(6, 8)], [(9, 40)], [(2, 5, False), (9, 40, True)]),
        ([], [], [(2, 40, False)]),
    ],
)
def test_a_file_answers_for_the_blocks_that_it_covers_and_no_others(
    con: Connection,
    node: list[tuple[int, int]],
    files: list[tuple[int, int]],
    expected: list[tuple[int, int, bool]],
) -> None:
    found = _holes_beside(con, node, files)
    assert _blocks([(a, b) for a, b, _ in found]) == _blocks([(a, b) for a, b, _ in expected])
    for of_file in (True, False):
        assert _blocks([(a, b) for a, b, filed in found if filed is of_file]) == _blocks(
            [(a, b) for a, b, filed in expected if filed is of_file]
        )


# What a node answered before it failed


NODE = Endpoint("http://127.0.0.1:1", Manners())


def _answer(block: int) -> RangeAnswer:
    return RangeAnswer(Piece(block, block), memoryview(b"[]"), NODE)


def test_answers_that_came_before_an_error_are_handed_on_before_it_is_raised() -> None:
    def answers() -> Iterator[RangeAnswer]:
        yield _answer(1)
        yield _answer(2)
        raise NodeError("no endpoint gave a usable answer")

    batches = _batches(answers())
    assert [answer.first for answer in next(batches)] == [1, 2]
    with pytest.raises(NodeError):
        next(batches)


def test_an_error_of_whoever_lands_a_batch_is_not_taken_for_the_nodes() -> None:
    batches = _batches(iter([_answer(1)]))
    next(batches)
    with pytest.raises(KeyError):
        batches.throw(KeyError("a fault in landing"))  # type: ignore[attr-defined]


def test_what_a_stopped_sync_left_unread_of_any_contract_is_expected(tmp_path: Path) -> None:
    with lock(tmp_path / "store.duckdb"), open_next(tmp_path / "store.duckdb", FANTOM) as con:
        decode.prepare(con, FANTOM)
        assert unread(con, 1, 300) == 300
        cover(con, ("pool", "bond"), 1, 200)  # it was stopped while it read the pool's logs
        assert unread(con, 1, 300) == 100


def test_who_was_found_wrong_bears_nothing_out(con: Connection) -> None:
    con.execute("DELETE FROM coverage")
    for first, host in ((0, "a:1"), (10, "a:11"), (20, "b:2")):
        cover(con, ("sfc",), first, first + 9, "single", host)
    agree(con, "sfc", 0, 9, "b:2")
    agree(con, "sfc", 10, 19, "b:2")
    disagree(con, "a:1")
    known = "SELECT from_block, known, source FROM coverage ORDER BY 1"
    assert rows(con, known) == [
        (0, "single", "b:2"),
        (10, "agreed", "a:11, b:2"),
        (20, "single", "b:2"),
    ]


def test_a_liar_and_another_do_not_agree_though_they_tell_the_same(con: Connection) -> None:
    con.execute("DELETE FROM coverage")
    cover(con, ("sfc",), 0, 9, "single", "a:1")
    agree(con, "sfc", 0, 4, "b:2", {"a:1"})
    known = "SELECT from_block, known, source FROM coverage ORDER BY 1"
    assert rows(con, known) == [(0, "single", "b:2"), (5, "single", "a:1")]
    agree(con, "sfc", 0, 4, "c:3", {"a:1"})
    assert rows(con, known)[0] == (0, "agreed", "b:2, c:3")


def test_who_was_caught_of_late_makes_a_sync_ask_more_second_answers(con: Connection) -> None:
    usual = budget(con, 300)
    caught = "INSERT INTO contradictions VALUES (now() - {}, 'a:1', 5, 'left out', 0, TRUE, TRUE)"
    con.execute(caught.format("INTERVAL 31 DAYS"))
    assert budget(con, 300) == usual
    con.execute(caught.format("INTERVAL 29 DAYS"))
    assert budget(con, 300) == 5 * usual
