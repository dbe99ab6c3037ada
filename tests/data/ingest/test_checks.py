"""Each check fails on the smallest store it is there for, with the block and the id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from data.ingest.checks import Finding, run_checks, suspect_ranges
from data.ingest.coverage import cover
from data.pool.contracts import SILENT_EVENTS
from tests.log_lines import (
    ALICE,
    BOB,
    BURNED_2,
    CLAIMED,
    DEPLOYED,
    FANTOM,
    FIRST_BLOCK,
    FTM,
    RATIO,
    RULE_4,
    RULE_5,
    STAKED,
    STAKED_2,
    STRANGER,
    STUB,
    Log,
    Story,
    event,
    node_log,
    queue_of,
    rebuild_from,
    rows,
)

TOO_LONG = 2**200
NOBODY = "there was no node to ask"

pytestmark = pytest.mark.usefixtures("filled_by_a_node")


def _findings(
    con: Connection, logs: list[Log], name: str, now: datetime | None = None
) -> list[Finding]:
    rebuild_from(con, logs)
    found = run_checks(con, None, NOBODY, now)
    stored = [
        Finding(*row) for row in rows(con, "SELECT name, status, message, block, wr_id FROM checks")
    ]
    assert stored == found
    return [finding for finding in found if finding.name == name]


def test_a_whole_history_passes_every_check_that_needs_no_node(con: Connection) -> None:
    story = queue_of(4)
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
        "times ascend",
        "same contracts",
        "staking events",
        "hourly sums",
        "pool events",
        "bond ratio at burns",
        "no gaps",
    ]
    assert found["money"] == "unknown"
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
    story = queue_of(1)
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
    story = queue_of(requests)
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
    story = queue_of(1)
    amounts = [10**38 if place == word else 10**38 - 1 for place in range(3)]
    story.emit(BURNED_2, ALICE, *amounts, 1, True)
    why = "TokensBurned2, log 0, holds a number beyond 38 digits"
    assert _findings(con, story.logs, "amounts fit") == [
        Finding("amounts fit", "failed", why, story.block, 1)
    ]


@pytest.mark.parametrize(
    ("threshold", "status"),
    [(2**256 - 1, "passed"), (2**160, "passed"), (2**160 - 1, "failed"), (10**38 - 1, "failed")],
)
def test_a_fee_that_never_rises_so_far_is_no_number_that_does_not_fit(
    threshold: int, status: str, con: Connection
) -> None:
    for rule in (RULE_4, RULE_5):
        for place in (2, 3):
            numbers = [1, 2, 3, 4, 0][: 4 + (rule == RULE_5)]
            numbers[place] = threshold
            story = Story()
            story.emit(rule, *numbers)
            assert [one.status for one in _findings(con, story.logs, "amounts fit")] == [status]


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


# Times

AT = datetime.fromtimestamp(1_645_000_000, UTC)  # of the first log
EARLY, LATE = datetime(1970, 1, 1, 2, tzinfo=UTC), datetime(2147, 1, 1, tzinfo=UTC)


def _timed(*times: datetime) -> list[Log]:
    """Logs of blocks 10 apart, each with its block's time."""
    logs = [node_log(STAKED, ALICE, 1, block=FIRST_BLOCK + 10 * n) for n in range(len(times))]
    return [
        log | {"blockTimestamp": hex(int(at.timestamp()))}
        for log, at in zip(logs, times, strict=True)
    ]


DAY = timedelta(days=1)
WRONG_TIMES = {
    "of 1970": (
        (EARLY, AT),
        0,
        f"its time, {EARLY:%Y-%m-%d %H:%M:%S}+00, is before the chain began",
    ),
    "to come": ((AT, LATE), 1, f"its time, {LATE:%Y-%m-%d %H:%M:%S}+00, is still to come"),
    "a day off": (
        (AT, AT - DAY, AT + DAY),
        1,
        f"its time, {AT - DAY:%Y-%m-%d %H:%M:%S}+00, is before that of block {FIRST_BLOCK}, "
        f"{AT:%Y-%m-%d %H:%M:%S}+00: one of both is wrong",
    ),
}


@pytest.mark.parametrize(("times", "place", "why"), WRONG_TIMES.values(), ids=WRONG_TIMES)
def test_a_time_that_cannot_be_fails_times_ascend_with_its_block(
    times: tuple[datetime, ...], place: int, why: str, con: Connection
) -> None:
    assert _findings(con, _timed(*times), "times ascend", AT + 2 * DAY) == [
        Finding("times ascend", "failed", why, FIRST_BLOCK + 10 * place)
    ]


def test_logs_of_one_block_have_one_time_and_a_clock_may_be_an_hour_late(con: Connection) -> None:
    first, second = _timed(AT, AT + timedelta(seconds=1))
    second |= {"blockNumber": first["blockNumber"], "logIndex": "0x1"}
    (finding,) = _findings(con, [first, second], "times ascend")
    assert (finding.status, finding.block) == ("failed", FIRST_BLOCK)
    assert finding.message.startswith("its logs tell two times, ")
    hour = timedelta(hours=1)
    assert _findings(con, _timed(AT, AT + hour), "times ascend", AT)[0].status == "passed"
    assert _findings(con, _timed(AT, AT + 2 * hour), "times ascend", AT)[0].status == "failed"


# Contracts that changed


@pytest.mark.parametrize(("name", "token"), [("Bond", FANTOM.bond), ("Cert", FANTOM.cert)])
def test_a_token_that_the_owner_changed_fails_same_contracts_with_block_and_address(
    name: str, token: str, con: Connection
) -> None:
    con.execute("UPDATE store_info SET bond = ?, cert = ?", [FANTOM.bond, FANTOM.cert])
    changed = event("pool", f"{name}ContractChanged(")
    story = Story()
    story.emit(changed, token, BOB)
    why = f"{name}ContractChanged: the pool's token is now {BOB}, and no longer {token}"
    assert _findings(con, story.logs, "same contracts") == [
        Finding("same contracts", "failed", why, story.block)
    ]
    story.logs.clear()
    story.emit(changed, token, token)
    assert _findings(con, story.logs, "same contracts")[0].status == "passed"


def _renamed(log: Log) -> Log:
    return log | {"topics": ["0x" + "5e" * 32, *log["topics"][1:]]}


def test_a_log_about_a_stub_that_nobody_decodes_fails_staking_events(con: Connection) -> None:
    story = Story()
    story.emit(DEPLOYED, 0, STUB)
    for delegator in (STUB, STRANGER, STUB):
        story.emit(CLAIMED, delegator, 7, 1, 2, 3)
    story.emit(SILENT_EVENTS[-1], STUB, ALICE)
    deployed, first, stranger, last, silent = story.logs
    logs = [deployed, *map(_renamed, (first, stranger, last)), silent]
    why = (
        f"2 logs of the staking contract about the stubs have the topic0 0x{'5e' * 32}, which "
        f"nobody decodes, the last in block {int(last['blockNumber'], 16)}"
    )
    assert _findings(con, logs, "staking events") == [
        Finding("staking events", "failed", why, int(first["blockNumber"], 16))
    ]


def test_a_log_of_the_pool_that_nobody_decodes_leaves_pool_events_unknown(con: Connection) -> None:
    story = Story()
    story.emit(STAKED, ALICE, 1)
    story.emit(SILENT_EVENTS[0], ALICE, BOB)
    logs = [_renamed(story.logs[0]), story.logs[1]]
    (finding,) = _findings(con, logs, "pool events")
    assert (finding.status, finding.block) == ("unknown", FIRST_BLOCK)
    assert finding.message.startswith(f"1 logs of the pool have the topic0 0x{'5e' * 32}, which")


# The bond's ratio

HALF, THIRD = FTM // 2, 333_333_333_333_333_333


def _burn(story: Story, wr_id: int, shares: int, ratio: int, off_by: int = 0) -> int:
    """A burn of certificates at a ratio; the block."""
    story.emit(BURNED_2, ALICE, -(-shares * FTM // ratio) + off_by, shares, 0, wr_id, False)
    return story.block


@pytest.mark.parametrize("ratio", [HALF, THIRD, FTM + 1, 3 * 10**20, 1])
def test_burns_at_the_last_ratio_fit_to_the_wei(ratio: int, con: Connection) -> None:
    story = Story()
    _burn(story, 0, 7, FTM)
    story.emit(RATIO, THIRD)
    story.emit(RATIO, ratio, same_block=True)
    for wr_id, shares in enumerate((0, 1, 10**18 + 7, 10**19), start=1):
        _burn(story, wr_id, shares, ratio)
    assert _findings(con, story.logs, "bond ratio at burns")[0].status == "passed"
    assert suspect_ranges(con, None) == []


@pytest.mark.parametrize("off_by", [-1, 1])
@pytest.mark.parametrize("ratio", [THIRD, 3 * 10**20])
def test_a_single_wei_beside_the_ratio_fails_and_so_does_a_lost_update(
    off_by: int, ratio: int, con: Connection
) -> None:
    story = Story()
    story.emit(RATIO, ratio)
    updated = story.block
    _burn(story, 0, 5 * 10**19, ratio)
    block = _burn(story, 1, 5 * 10**19, ratio, off_by)
    _burn(story, 2, 10**18, HALF)  # the same, told once
    (finding,) = _findings(con, story.logs, "bond ratio at burns")
    assert (finding.status, finding.block, finding.wr_id) == ("failed", block, 1)
    assert f"of block {updated}, is {ratio}: a RatioUpdate is missing" in finding.message
    assert suspect_ranges(con, None) == [(updated, block)]


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
