"""The terms of an unstake: by hand, and against what the logs alone say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from data.ingest.checks import rebuilt_fee_shift
from tests.log_lines import (
    ALICE,
    BURNED,
    FANTOM,
    FTM,
    RATIO,
    RULE_4,
    RULE_5,
    STAKED,
    Story,
    empty_tables,
    rebuild_from,
)

OLD_RULE = (FTM // 1_000, FTM // 10, 1_000 * FTM, 5_000 * FTM)
NEW_RULE = (FTM // 500, FTM // 5, 2_000 * FTM, 9_000 * FTM)
RULE_COLUMNS = (
    "min_fee_ratio_wei",
    "max_fee_ratio_wei",
    "fee_increase_start_wei",
    "fee_increase_stop_wei",
)
TOO_LARGE = 2**255  # a word, but no DECIMAL(38, 0)


@pytest.fixture
def con() -> Iterator[Connection]:
    with empty_tables() as con:
        con.execute("UPDATE store_info SET pool = ?, synced_block = 99000000", [FANTOM.pool])
        yield con


def _terms(con: Connection, story: Story) -> dict[str, Any]:
    rebuild_from(con, story.logs)
    (row,) = queries.run(con, "unstake_terms").rows(named=True)
    terms = {name: None if value is None else int(value) for name, value in row.items()}
    assert terms["fee_shift_wei"] == rebuilt_fee_shift(con), "the check and the query agree"
    return terms


def _rule(terms: dict[str, Any]) -> tuple[int | None, ...]:
    return tuple(terms[name] for name in RULE_COLUMNS)


def test_without_logs_nothing_is_known_but_the_block(con: Connection) -> None:
    terms = _terms(con, Story())
    assert terms == dict.fromkeys(("ratio_wei", *RULE_COLUMNS)) | {
        "fee_shift_wei": 0,
        "block": 99_000_000,
    }


def test_before_the_first_sync_there_is_no_block(con: Connection) -> None:
    con.execute("UPDATE store_info SET synced_block = NULL")
    assert _terms(con, Story())["block"] is None


def test_a_rule_of_the_first_form_has_no_shift(con: Connection) -> None:
    story = Story()
    story.emit(RULE_4, *OLD_RULE)
    story.emit(BURNED, ALICE, 70 * FTM, 70 * FTM, FTM, 0)
    terms = _terms(con, story)
    assert (_rule(terms), terms["fee_shift_wei"]) == (OLD_RULE, 0)


def test_after_an_upgrade_what_is_burned_counts_under_the_old_rule_too(con: Connection) -> None:
    story = Story()
    story.emit(RULE_4, *OLD_RULE)
    story.emit(BURNED, ALICE, 70 * FTM, 70 * FTM, FTM, 0)
    story.burn(300 * FTM, skip_ids=1)
    story.burn(4_000 * FTM)
    terms = _terms(con, story)
    assert (_rule(terms), terms["fee_shift_wei"]) == (OLD_RULE, 4_300 * FTM)


def test_a_shift_that_the_rule_sets_and_nobody_knows_is_no_0(con: Connection) -> None:
    story = Story()
    story.emit(RULE_5, *OLD_RULE, TOO_LARGE)
    assert _terms(con, story)["fee_shift_wei"] is None
    story.burn(20 * FTM)
    assert _terms(con, story)["fee_shift_wei"] is None


def test_the_shift_is_what_was_burned_since_the_last_rule(con: Connection) -> None:
    story = Story()
    story.emit(RULE_4, *OLD_RULE)
    story.burn(1 * FTM)
    story.emit(RULE_5, *OLD_RULE, 5 * FTM)
    story.burn(20 * FTM)
    story.emit(RULE_5, *NEW_RULE, 7 * FTM)
    story.burn(300 * FTM + 1, fee=FTM)
    story.burn(4_000 * FTM, same_block=True)
    terms = _terms(con, story)
    assert (_rule(terms), terms["fee_shift_wei"]) == (NEW_RULE, 4_307 * FTM + 1)


def test_in_the_rules_own_block_the_order_of_the_logs_counts(con: Connection) -> None:
    story = Story()
    story.burn(1 * FTM)
    story.emit(RULE_5, *OLD_RULE, 5 * FTM)
    story.burn(20 * FTM, same_block=True)
    story.burn(300 * FTM)
    story.emit(RULE_5, *OLD_RULE, 6 * FTM, same_block=True)
    story.burn(4_000 * FTM, same_block=True)
    story.emit(RULE_5, *NEW_RULE, 7 * FTM, same_block=True)
    story.burn(50_000 * FTM, same_block=True)
    story.pay(1, same_block=True)  # of a request from before the rule
    story.burn(600_000 * FTM)
    terms = _terms(con, story)
    assert (_rule(terms), terms["fee_shift_wei"]) == (NEW_RULE, 650_007 * FTM)


@pytest.mark.parametrize("amount_wei", [TOO_LARGE, 2 * 10**37])
def test_an_amount_that_is_not_known_hides_the_shift(con: Connection, amount_wei: int) -> None:
    story = Story()
    story.emit(RULE_5, *OLD_RULE, 5 * FTM)
    story.burn(20 * FTM)
    story.burn(amount_wei)
    terms = _terms(con, story)
    assert (_rule(terms), terms["fee_shift_wei"]) == (OLD_RULE, None)
    story.emit(RULE_5, *NEW_RULE, 7 * FTM)
    story.burn(300 * FTM)
    assert _terms(con, story)["fee_shift_wei"] == 307 * FTM


def test_a_shift_beyond_all_numbers_is_not_known(con: Connection) -> None:
    story = Story()
    story.emit(RULE_5, *OLD_RULE, 10**38 - 1)
    story.burn(FTM)
    assert _terms(con, story)["fee_shift_wei"] is None


def test_a_word_of_the_rule_that_is_not_known_leaves_the_others(con: Connection) -> None:
    story = Story()
    story.emit(RULE_5, *OLD_RULE[:3], 10**38, 5 * FTM)
    story.burn(20 * FTM)
    terms = _terms(con, story)
    assert (_rule(terms), terms["fee_shift_wei"]) == ((*OLD_RULE[:3], None), 25 * FTM)


@pytest.mark.parametrize(
    ("last", "shown"), [(8 * 10**17, 8 * 10**17), (0, None), (TOO_LARGE, None)]
)
def test_the_ratio_is_the_last_one_told(con: Connection, last: int, shown: int | None) -> None:
    story = Story()
    story.emit(RATIO, FTM)
    story.emit(STAKED, ALICE, FTM)
    story.emit(RATIO, 9 * 10**17)
    story.emit(RATIO, last, same_block=True)
    assert _terms(con, story)["ratio_wei"] == shown
