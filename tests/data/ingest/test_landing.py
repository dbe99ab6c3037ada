"""What a node answered before it failed is landed all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data import NodeError
from data.ingest import decode
from data.ingest.coverage import cover
from data.ingest.landing import _batches, unread
from data.node.endpoints import Endpoint, Manners
from data.node.log_ranges import RangeAnswer
from data.store.writer import lock, open_next
from tests.log_lines import FANTOM

NODE = Endpoint("http://127.0.0.1:1", Manners())


def _answer(block: int) -> RangeAnswer:
    return RangeAnswer(block, block, memoryview(b"[]"), NODE)


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
        cover(con, ("pool",), 1, 300)  # it was stopped while it read the bond token's logs
        cover(con, ("bond",), 1, 150)
        assert unread(con, 1, 300) == 50
