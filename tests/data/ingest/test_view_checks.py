"""What the logs come to is held against the contract's own views, and unknown is not passed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from duckdb import DuckDBPyConnection as Connection

from data.ingest.checks import Finding, run_checks, suspect_ranges
from data.pool.burn import FeeRule, burn_fee_wei
from data.pool.state import Block, PoolState
from tests.log_lines import (
    ALICE,
    DEPLOYED,
    FANTOM,
    FTM,
    RATIO,
    RULE_4,
    RULE_5,
    STAKED,
    STUB,
    Log,
    Story,
    rebuild_from,
)

ASKED_AT = 99_000_000
FEE = f"getBurnFee({1_000 * FTM})"
CONTRACTS = {"bondContract": FANTOM.bond, "certContract": FANTOM.cert}
RATIOS = (FTM // 1_000, FTM // 10, 1_000 * FTM, 5_000 * FTM)


def _state(
    views: Mapping[str, int], block: int = ASKED_AT, contracts: Mapping[str, str] | None = None
) -> PoolState:
    at = Block(block, None, datetime(2025, 1, 1, tzinfo=UTC))
    return PoolState(at, 0, views, CONTRACTS if contracts is None else contracts)


@pytest.fixture(autouse=True)
def _tokens(con: Connection) -> None:
    con.execute("UPDATE store_info SET bond = ?, cert = ?", [FANTOM.bond, FANTOM.cert])


def _found(
    con: Connection, logs: list[Log], views: Mapping[str, int], block: int = ASKED_AT
) -> dict[str, Finding]:
    """The findings about views, by the view's name."""
    rebuild_from(con, logs)
    findings = run_checks(con, _state(views, block), "nobody was asked")
    return {
        finding.name.removeprefix("view "): finding
        for finding in findings
        if finding.name.startswith("view ")
    }


def _statuses(found: Mapping[str, Finding]) -> dict[str, str]:
    return {name: finding.status for name, finding in found.items() if name not in CONTRACTS}


def _story() -> Story:
    """Five requests: paid, waiting for its claim, claimed, and two that are queued."""
    story = Story()
    story.emit(RULE_5, *RATIOS, 7 * FTM)
    for amount in (10, 20, 40, 80, 160):
        story.burn(amount * FTM, fee=FTM)
    story.pay(0)
    story.refuse(1)
    story.refuse(2)
    story.pay(2)
    story.emit(DEPLOYED, 0, STUB)
    story.emit(DEPLOYED, 1, ALICE)
    story.emit(RATIO, 9 * 10**17)
    return story


VIEWS = {
    "firstWrId": 3,
    "lastWrId": 5,
    "pendingWei": 238 * FTM,
    "stashedForManualWithdrawals": 19 * FTM,
    "stubCount": 2,
    "ratio": 9 * 10**17,
    "feeShift": 317 * FTM,
    FEE: burn_fee_wei(FeeRule(*RATIOS), 1_000 * FTM, 317 * FTM),
}


def test_views_that_the_logs_come_to_pass(con: Connection) -> None:
    found = _found(con, _story().logs, VIEWS)
    assert _statuses(found) == dict.fromkeys(VIEWS, "passed")
    assert found["firstWrId"] == Finding(
        "view firstWrId", "passed", f"3, as the contract says at block {ASKED_AT}", ASKED_AT
    )


def _worded(view: str, value: int) -> str:
    if view in ("firstWrId", "lastWrId", "stubCount", "ratio"):
        return str(value)
    return f"{value} wei ({Decimal(value).scaleb(-18).normalize():,f} FTM)"


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_that_the_logs_do_not_come_to_fails_alone(view: str, con: Connection) -> None:
    found = _found(con, _story().logs, VIEWS | {view: VIEWS[view] + 1})
    rebuilt, stated = _worded(view, VIEWS[view]), _worded(view, VIEWS[view] + 1)
    why = f"rebuilt {rebuilt}, but the contract says {stated} at block {ASKED_AT}"
    assert found.pop(view) == Finding(f"view {view}", "failed", why, ASKED_AT)
    assert set(_statuses(found).values()) == {"passed"}


@pytest.mark.parametrize("view", sorted(set(VIEWS) - {FEE, "feeShift"}))
def test_a_view_that_gave_no_answer_is_unknown(view: str, con: Connection) -> None:
    found = _found(con, _story().logs, {key: VIEWS[key] for key in VIEWS if key != view})
    assert found[view].status == "unknown"
    assert found[view].message.startswith("the contract gave no answer")


def test_without_a_node_every_view_is_unknown_for_that_reason(con: Connection) -> None:
    rebuild_from(con, _story().logs)
    views = [f for f in run_checks(con, None, "nobody was asked") if f.name.startswith("view ")]
    assert len(views) == 10
    assert {(f.status, f.message, f.block) for f in views} == {
        ("unknown", "nobody was asked", None)
    }


def test_views_of_a_block_before_the_newest_log_are_not_compared(con: Connection) -> None:
    story = _story()
    found = _found(con, story.logs, VIEWS, block=story.block - 1)
    assert set(_statuses(found).values()) == {"unknown"}
    assert found["lastWrId"].message == (
        f"the contract was asked at block {story.block - 1}, but logs of block {story.block} "
        "are in the store"
    )


@pytest.mark.parametrize("amount", [10**38, 10**35])
def test_a_sum_over_an_amount_that_cannot_be_added_up_is_unknown(
    amount: int, con: Connection
) -> None:
    story = _story()
    for _ in range(2):
        story.burn(amount)
    found = _found(con, story.logs, VIEWS | {"lastWrId": 7})
    told = _statuses(found)
    assert {view for view in told if told[view] == "unknown"} == {"pendingWei", "feeShift", FEE}
    assert {told[view] for view in ("lastWrId", "firstWrId", "stubCount")} == {"passed"}
    for wr_id in (3, 4):
        story.pay(wr_id)
    story.refuse(5)
    assert _statuses(_found(con, story.logs, VIEWS))["stashedForManualWithdrawals"] == "unknown"


# The fee's shift


def _shift_and_fee(con: Connection, story: Story) -> tuple[str, str]:
    """What the logs come to, as the failed checks of impossible views say it."""
    found = _found(con, story.logs, {"feeShift": -1, FEE: -1})
    return tuple(found[view].message.split(" wei")[0] for view in ("feeShift", FEE))  # type: ignore[return-value]


def _told(rule: tuple[int, int, int, int], shift: int) -> tuple[str, str]:
    return f"rebuilt {shift}", f"rebuilt {burn_fee_wei(FeeRule(*rule), 1_000 * FTM, shift)}"


def test_of_two_rules_in_one_block_the_later_holds(con: Connection) -> None:
    story = Story()
    story.emit(RULE_5, *RATIOS, 1)
    story.emit(RULE_5, 0, 0, 1, 2, 0, same_block=True)
    story.emit(RULE_5, *RATIOS, 3, same_block=True)
    story.burn(4, same_block=True)
    assert _shift_and_fee(con, story) == _told(RATIOS, 7)


def test_without_a_shift_in_the_contract_the_fee_is_that_of_the_first_generation(
    con: Connection,
) -> None:
    story = Story()
    story.emit(RULE_4, *RATIOS)
    fee = burn_fee_wei(FeeRule(*RATIOS), 1_000 * FTM, 0)
    found = _statuses(_found(con, story.logs, {FEE: fee}))
    assert (found[FEE], found["feeShift"]) == ("passed", "unknown")


@pytest.mark.parametrize("start", [1, 100 * FTM, 2**256 - 2])
def test_the_fee_of_a_rule_that_never_rises_to_its_end_is_the_contracts(
    start: int, con: Connection
) -> None:
    rule = (10**15, 15 * 10**16, start, 2**256 - 1)
    story = Story()
    story.emit(RULE_5, *rule, 0)
    story.burn(400 * FTM, fee=FTM)
    fee = burn_fee_wei(FeeRule(*rule), 1_000 * FTM, 400 * FTM)
    assert fee == 10**15 * 1_000, "it stays the least"
    found = _statuses(_found(con, story.logs, {FEE: fee, "feeShift": 400 * FTM}))
    assert (found[FEE], found["feeShift"]) == ("passed", "passed")


@pytest.mark.parametrize(
    "logs",
    [
        [],
        [(RULE_5, *RATIOS, 2**200)],
        [(RULE_5, 1, 2, 0, 2**256 - 1, 0)],
        [(RULE_5, 2**200, 1, 2, 3, 0)],
    ],
)
def test_a_fee_whose_rule_is_not_known_is_unknown(
    logs: list[tuple[object, ...]], con: Connection
) -> None:
    story = Story()
    story.emit(STAKED, ALICE, 5)
    for values in logs:
        story.emit(*values)  # type: ignore[arg-type]
    assert _found(con, story.logs, {FEE: 1, "feeShift": 1})[FEE].status == "unknown"


# Where lost logs must lie


def test_lost_logs_lie_between_the_neighbours_of_what_is_missing(con: Connection) -> None:
    story = Story()
    story.burn(5)
    story.burn(5)
    before = story.block
    story.burn(5, skip_ids=2)
    after = story.block
    rebuild_from(con, story.logs)
    assert suspect_ranges(con, None) == [(before, after)]
    story.pay(0)
    paid = story.block
    story.pay(4)
    rebuild_from(con, story.logs)
    assert suspect_ranges(con, None) == [(before, after), (paid, story.block)]


def test_logs_that_only_the_contract_knows_of_lie_after_the_newest(con: Connection) -> None:
    story = _story()
    newest = {
        "firstWrId": story.block - 30,
        "lastWrId": story.block - 70,
        "stubCount": story.block - 10,
        "ratio": story.block,
    }
    rebuild_from(con, story.logs)
    assert suspect_ranges(con, _state(VIEWS)) == []
    for view, block in newest.items():
        assert suspect_ranges(con, _state(VIEWS | {view: 9})) == [(block, ASKED_AT)]


def test_a_lost_first_request_or_settlement_lies_after_the_first_block(con: Connection) -> None:
    story = Story()
    story.burn(5, skip_ids=1)
    made = story.block
    story.burn(5)
    story.pay(1)
    rebuild_from(con, story.logs)
    assert suspect_ranges(con, None) == [(0, made), (0, story.block)]


# The tokens' addresses


def test_a_pool_with_another_token_fails_and_one_that_does_not_tell_is_unknown(
    con: Connection,
) -> None:
    rebuild_from(con, [])
    state = _state({}, contracts={"bondContract": ALICE})
    found = {f.name: f for f in run_checks(con, state, "nobody was asked")}
    why = f"the contract says {ALICE} at block {ASKED_AT}, and ours is {FANTOM.bond}"
    assert found["view bondContract"] == Finding("view bondContract", "failed", why, ASKED_AT)
    assert found["view certContract"].status == "unknown"
    state = _state({})
    found = {f.name: f for f in run_checks(con, state, "nobody was asked")}
    assert {found[f"view {view}"].status for view in CONTRACTS} == {"passed"}
