"""What stands ahead of a request is what a plain loop over the queue finds, in every order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.log_lines import Story, empty_tables, rebuild_from, rows

Step = tuple[Literal["burn", "pay", "refuse", "claim"], int, bool]
UNKNOWN = 2**200  # does not fit 38 digits


@pytest.fixture(scope="module")
def con() -> Iterator[Connection]:
    with empty_tables() as con:
        yield con


@dataclass
class Expected:
    """The queue as a loop sees it. Amounts are wei, None where they do not fit."""

    payouts: list[int | None] = field(default_factory=list)
    at_request: list[int | None] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    head: int = 0
    refused: list[int] = field(default_factory=list)

    def ahead(self, wr_id: int) -> int | None:
        total = 0
        for payout in self.payouts[self.head : wr_id]:
            if payout is None:
                return None
            total += payout
        return total

    def rows(self) -> list[tuple[int, str, int | None, int | None]]:
        return [
            (
                wr_id,
                self.status[wr_id],
                self.at_request[wr_id],
                self.ahead(wr_id) if wr_id >= self.head else 0,
            )
            for wr_id in range(len(self.payouts))
        ]


def _played(steps: list[Step]) -> tuple[Story, Expected]:
    """The steps as logs, and what they come to; a step the pool could not do is left out."""
    story, expected = Story(), Expected()
    for action, number, same_block in steps:
        if action == "burn":
            expected.at_request.append(expected.ahead(len(expected.payouts)))
            expected.payouts.append(None if number == UNKNOWN else number - number // 7)
            expected.status.append("pending")
            story.burn(number, number // 7, same_block=same_block)
        elif action == "claim" and expected.refused:
            wr_id = expected.refused.pop(number % len(expected.refused))
            story.pay(wr_id, same_block=same_block)
            expected.status[wr_id] = "paid"
        elif action != "claim" and expected.head < len(expected.payouts):
            wr_id, expected.head = expected.head, expected.head + 1
            if action == "refuse":
                story.refuse(wr_id, same_block=same_block)
                expected.refused.append(wr_id)
            else:
                story.pay(wr_id, same_block=same_block)
            expected.status[wr_id] = "manual" if action == "refuse" else "paid"
    return story, expected


AMOUNTS = st.integers(0, 10**27) | st.just(UNKNOWN) | st.just(0)
STEPS = st.lists(
    st.tuples(st.just("burn"), AMOUNTS, st.booleans())
    | st.tuples(st.sampled_from(["pay", "refuse", "claim"]), st.integers(0, 9), st.booleans()),
    max_size=60,
)
QUEUE = "SELECT wr_id, status, ahead_wei_at_request, ahead_wei FROM requests ORDER BY wr_id"


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_ahead_is_what_a_loop_finds(con: Connection, steps: list[Step]) -> None:
    story, expected = _played(steps)
    rebuild_from(con, story.logs)
    assert rows(con, QUEUE) == expected.rows()


def test_what_stands_ahead_is_unknown_where_a_request_of_it_was_lost(con: Connection) -> None:
    story = Story()
    story.burn(5)
    story.burn(6, skip_ids=1)  # the log of request 1 is lost
    story.burn(7)
    rebuild_from(con, story.logs)
    assert rows(con, QUEUE)[1:] == [(2, "pending", None, None), (3, "pending", None, None)]
    story.pay(0)
    rebuild_from(con, story.logs)  # the lost one is the head now
    assert [row[3] for row in rows(con, QUEUE)] == [0, None, None]
    story.pay(1, amount=1)
    rebuild_from(con, story.logs)
    assert [row[3] for row in rows(con, QUEUE)] == [0, 0, 6]


def test_a_request_that_was_passed_without_a_trace_has_no_status(con: Connection) -> None:
    story = Story()
    for amount in (5, 6, 7):
        story.burn(amount)
    story.pay(1)  # the log of request 0's payment is lost
    rebuild_from(con, story.logs)
    status = "SELECT wr_id, status, ahead_wei FROM requests ORDER BY 1"
    assert rows(con, status) == [(0, None, None), (1, "paid", 0), (2, "pending", 0)]
