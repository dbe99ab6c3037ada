"""Each check fails on the smallest store it is there for, with the block and the id."""

from __future__ import annotations

from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from data.ingest.checks import Finding, run_checks
from data.ingest.coverage import cover
from tests.log_lines import (
    ALICE,
    BURNED_2,
    DEPLOYED,
    RATIO,
    RULE_5,
    STAKED,
    STAKED_2,
    STUB,
    Log,
    Story,
    node_log,
    rebuild_from,
    rows,
)

TOO_LONG = 2**200
NOBODY = "there was no node to ask"


@pytest.fixture(autouse=True)
def _filled_by_a_node(con: Connection) -> None:
    """Tables of a store that a node filled up to block 99 million."""
    con.execute("DELETE FROM coverage")
    con.execute("UPDATE store_info SET simulated = FALSE, synced_block = 99_000_000")
    cover(con, ("pool", "bond", "sfc"), 0, 99_000_000)


def _findings(con: Connection, logs: list[Log], name: str) -> list[Finding]:
    rebuild_from(con, logs)
    found = run_checks(con, None, NOBODY)
    stored = [
        Finding(*row) for row in rows(con, "SELECT name, status, message, block, wr_id FROM checks")
    ]
    assert stored == found
    return [finding for finding in found if finding.name == name]


def _queue(requests: int) -> Story:
    """Requests of 10, 11, 12 and so on."""
    story = Story()
    for number in range(requests):
        story.burn(10 + number)
    return story


def test_a_whole_history_passes_every_check_that_needs_no_node(con: Connection) -> None:
    story = _queue(4)
    story.pay(0)
    story.refuse(1)
    story.pay(2)
    story.pay(1)
    story.emit(DEPLOYED, 0, STUB)
    rebuild_from(con, story.logs)
    found = {finding.name: finding.status for finding in run_checks(con, None, NOBODY)}
    assert [name for name, status in found.items() if status == "passed"] == [
        "request ids",
        "head order",
        "settled once",
        "payout amounts",
        "logs decode",
        "amounts fit",
        "no gaps",
    ]
    assert {status for name, status in found.items() if name.startswith("view ")} == {"unknown"}


# Requests and settlements


def test_lost_requests_fail_the_request_ids(con: Connection) -> None:
    story = Story()
    story.burn(5, skip_ids=1)
    first = story.block
    story.burn(5)
    story.burn(5, skip_ids=3)
    assert _findings(con, story.logs, "request ids") == [
        Finding("request ids", "failed", "requests 0 to 0 are missing before it", first, 1),
        Finding("request ids", "failed", "requests 3 to 5 are missing before it", story.block, 6),
    ]


def test_a_request_that_was_made_twice_fails_the_request_ids(con: Connection) -> None:
    story = _queue(1)
    story.emit(BURNED_2, ALICE, 10, 10, 0, 0, False)
    (finding,) = _findings(con, story.logs, "request ids")
    assert (finding.status, finding.wr_id) == ("failed", 0)
    assert finding.message == "request 0 was made twice"


LOST = "the head went from 1 to 2: settlements are missing"
OTHER_AMOUNT = "request 1 is owed 11 wei and was settled with 7"
IMPOSSIBLE = {
    "one was lost": (3, [("pay", 0), ("pay", 2)], "head order", LOST),
    "the head went back": (
        2,
        [("pay", 0), ("pay", 1), ("refuse", 0)],
        "head order",
        "request 0 was passed again, 2 was due",
    ),
    "paid twice": (
        1,
        [("refuse", 0), ("pay", 0), ("pay", 0)],
        "settled once",
        "request 0 was paid twice",
    ),
    "another amount": (2, [("pay", 0), ("pay", 1, 7)], "payout amounts", OTHER_AMOUNT),
    "no request": (0, [("pay", 0, 7)], "payout amounts", "request 0 was settled, not made"),
}


@pytest.mark.parametrize(
    ("requests", "settlements", "check", "why"), IMPOSSIBLE.values(), ids=IMPOSSIBLE
)
def test_a_settlement_that_cannot_be_fails_its_check_with_block_and_id(
    requests: int, settlements: list[tuple[Any, ...]], check: str, why: str, con: Connection
) -> None:
    story = _queue(requests)
    for step, *arguments in settlements:
        getattr(story, step)(*arguments)
    wr_id = settlements[-1][1]
    assert _findings(con, story.logs, check) == [Finding(check, "failed", why, story.block, wr_id)]


def test_many_failures_of_a_kind_are_told_as_a_number(con: Connection) -> None:
    story = Story()
    for _ in range(60):
        story.burn(1, skip_ids=1)
    found = _findings(con, story.logs, "request ids")
    assert len(found) == 51
    assert found[-1].message == "and 10 more of the kind"
    assert found[-1].block == int(story.logs[50]["blockNumber"], 16)


# Logs


def test_a_log_of_another_shape_fails_logs_decode(con: Connection) -> None:
    log = node_log(RATIO, 5, block=31_300_000, index=3)
    why = "log 3 has not the shape of RatioUpdate"
    assert _findings(con, [log | {"data": "0x"}], "logs decode") == [
        Finding("logs decode", "failed", why, 31_300_000)
    ]


@pytest.mark.parametrize("word", range(3))
def test_a_number_beyond_38_digits_fails_amounts_fit_with_its_request(
    word: int, con: Connection
) -> None:
    story = _queue(1)
    amounts = [10**38 if place == word else 10**38 - 1 for place in range(3)]
    story.emit(BURNED_2, ALICE, *amounts, 1, True)
    why = "TokensBurned2, log 0, holds a number beyond 38 digits"
    assert _findings(con, story.logs, "amounts fit") == [
        Finding("amounts fit", "failed", why, story.block, 1)
    ]


def test_a_number_beyond_38_digits_of_another_event_names_no_request(con: Connection) -> None:
    story = Story()
    story.emit(STAKED, ALICE, TOO_LONG)
    story.emit(STAKED_2, ALICE, TOO_LONG, True)
    story.emit(RULE_5, 1, 2, 3, 4, TOO_LONG)
    found = _findings(con, story.logs, "amounts fit")
    assert [(finding.status, finding.wr_id) for finding in found] == [("failed", None)] * 3
    assert [finding.message.split(",")[0] for finding in found] == [
        "StakeReceived",
        "StakeReceived2",
        "FeeRuleUpdated",
    ]


# Coverage


def test_blocks_that_no_node_was_asked_for_fail_no_gaps(con: Connection) -> None:
    con.execute("DELETE FROM coverage")
    cover(con, ("pool",), 0, 99_000_000)
    cover(con, ("bond",), 0, 5)
    cover(con, ("bond",), 9, 99_000_000)
    assert _findings(con, [], "no gaps") == [
        Finding("no gaps", "failed", "bond was not read from block 6 to 8", 6)
    ]
    story = Story()
    story.emit(DEPLOYED, 0, STUB)
    _, missing = _findings(con, story.logs, "no gaps")
    assert missing.message == f"sfc was not read from block {story.block} to 99000000"


def test_whether_a_store_of_files_has_gaps_is_unknown(con: Connection) -> None:
    con.execute("DELETE FROM coverage")
    cover(con, ("file logs.ndjson",), 5_000, 99_000_000)
    why = "blocks 0 to 99000000 came from files, which do not say what they leave out"
    assert _findings(con, [], "no gaps") == [Finding("no gaps", "unknown", why, 0)]
    con.execute("UPDATE store_info SET simulated = TRUE")  # a simulation leaves out nothing
    assert _findings(con, [], "no gaps")[0].status == "passed"
