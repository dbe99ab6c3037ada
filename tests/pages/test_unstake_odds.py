"""Which queue the odds of the Unstake page go by: the node's, or the store's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from forecast.present import Present
from pages.unstake.now import present
from tests.pages.test_unstake_remarks import AT, READING

STORED = Present(
    curve=None,  # type: ignore[arg-type]
    source="payouts",
    waiting_ftm=7.0,
    spendable_ftm=1.0,
    unseen_ftm=0.0,
    unspent_ftm=0.0,
    inputs_hash="",
)
NOW: Any = SimpleNamespace(at=AT, present=STORED)


@pytest.mark.parametrize(("minutes", "is_near"), [(-59, True), (0, True), (60, True), (61, False)])
def test_a_node_far_ahead_of_the_store_lends_the_odds_no_queue(minutes: int, is_near: bool) -> None:
    """Days count from the store's last block: a queue that was paid off since would come early."""
    reading = replace(READING, at=AT + timedelta(minutes=minutes))
    used = present(reading, NOW)
    expected = (500.0, 24.0) if is_near else (7.0, 1.0)
    assert (used.waiting_ftm, used.spendable_ftm) == expected


def test_what_stands_before_a_request_is_unknown_to_a_node_that_does_not_know_it_yet() -> None:
    reading = replace(READING, first_wr_id=98, last_wr_id=100, pending={98: 5, 99: 7})
    assert [reading.ahead_wei(wr_id) for wr_id in (97, 98, 99, 100)] == [0, 0, 5, 12]
    assert reading.ahead_wei(101) is None
    assert replace(reading, last_wr_id=None).ahead_wei(99) is None
    assert replace(reading, pending=None).ahead_wei(99) is None


def test_what_the_node_does_not_tell_is_the_stores() -> None:
    for unknown in ("pending", "balance_wei", "stashed_wei"):
        silent: Any = {unknown: None}
        assert present(replace(READING, **silent), NOW) is STORED
    assert present(None, NOW) is STORED
