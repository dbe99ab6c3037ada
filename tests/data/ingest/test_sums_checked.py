"""Checks of what is summed up beside the rows, and of a rule that ends too soon."""

from __future__ import annotations

import pytest
from duckdb import DuckDBPyConnection as Connection

from data.ingest.checks import run_checks
from tests.log_lines import RULE_4, queue_of, rebuild_from

pytestmark = pytest.mark.usefixtures("filled_by_a_node")

NOBODY = "there was no node to ask"


@pytest.mark.parametrize(
    "change", ["UPDATE hourly_flows SET amount_wei = amount_wei + 1", "DELETE FROM head_moves"]
)
def test_sums_by_hour_that_are_not_those_of_the_rows_fail(con: Connection, change: str) -> None:
    story = queue_of(2)
    story.pay(0)
    rebuild_from(con, story.logs)
    con.execute(change)
    failed = [each for each in run_checks(con, None, NOBODY) if each.status == "failed"]
    assert ("hourly sums", "push: ") in [(each.name, each.message[:6]) for each in failed]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE waits SET wait_minutes = wait_minutes + 1", "waits: 1 of 1 minutes are counted"),
        ("DELETE FROM waits", "waits: 0 of 0 minutes are counted by days, and there are 1 of 0"),
    ],
)
def test_waits_by_day_that_are_not_those_of_the_requests_fail(
    con: Connection, change: str, message: str
) -> None:
    story = queue_of(2)
    story.pay(0)
    rebuild_from(con, story.logs)
    con.execute(change)
    failed = [each for each in run_checks(con, None, NOBODY) if each.status == "failed"]
    assert [(each.name, each.message[: len(message)]) for each in failed] == [
        ("hourly sums", message)
    ]


@pytest.mark.parametrize("letters", [130, 162, 194, 226])
def test_a_rule_that_ends_within_its_numbers_fails_a_check_and_no_sync(
    con: Connection, letters: int
) -> None:
    story = queue_of(2)
    story.emit(RULE_4, *([0] * 4))
    story.logs[-1] |= {"data": story.logs[-1]["data"][:letters]}
    rebuild_from(con, story.logs)
    failed = [each for each in run_checks(con, None, NOBODY) if each.name == "logs decode"]
    assert [(each.status, "FeeRuleUpdated" in each.message) for each in failed] == [
        ("failed", True)
    ]
