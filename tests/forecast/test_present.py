"""What stands before whom at the last block, and the odds that follow from it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from forecast import ForecastError
from forecast.backtest import origin_scores
from forecast.present import Present, read_present
from tests.made_funding import AT, BEGAN, funding

NO_LOCK_UPS = funding([], []).rename({"funded_at": "ends_at"})
AHEAD = {"requests": 3, "waiting_ftm": 500.0, "head_ftm": 200.0, "spendable_ftm": 150.0}


def weekly(weeks: int, last_days_ago: float = 1.0, amount_ftm: float = 100.0) -> pl.DataFrame:
    """A batch each week, the last one some days before AT."""
    last = (AT - BEGAN).days - last_days_ago
    return funding([last - 7 * week for week in range(weeks)][::-1], [amount_ftm] * weeks)


def present(
    funding: pl.DataFrame | None = None,
    source: str = "claims",
    inflows: pl.DataFrame | None = None,
    **changes: Any,
) -> Present:
    funding = weekly(60) if funding is None else funding
    inflows = weekly(60) if inflows is None else inflows
    return read_present(AHEAD | changes, funding, inflows, NO_LOCK_UPS, source, AT)


def test_money_in_the_pool_is_taken_off_what_has_to_come() -> None:
    now = present()
    assert now.need(300.0, 50.0) == (200.0, 0.0)  # 300 + 50 - 150
    assert now.need(100.0, 50.0) == (0.0, 0.0)
    covered = now.window(100.0, 50.0)
    assert covered.kind == "covered"


def test_sums_that_differ_by_rounding_alone_are_covered() -> None:
    assert present(spendable_ftm=0.3).need(0.1, 0.2) == (0.0, 0.0)  # 0.1 + 0.2 > 0.3 as floats
    assert present(spendable_ftm=0.3).need(0.1, 0.2001)[0] > 0


def test_an_unknown_balance_is_no_0_but_up_to_what_the_head_wants() -> None:
    now = present(spendable_ftm=None)
    assert now.need(300.0, 50.0) == (350.0, 200.0)
    assert now.need(0.0, 50.0) == (50.0, 50.0)
    known, unknown = present(spendable_ftm=0.0).window(0.0, 200.0), now.window(0.0, 200.0)
    assert unknown.quantile(0.05) < known.quantile(0.05)
    assert unknown.quantile(0.95) <= known.quantile(0.95)


def test_with_nobody_waiting_and_no_balance_all_of_it_may_be_there() -> None:
    now = present(waiting_ftm=0.0, head_ftm=None, spendable_ftm=None)
    assert now.need(0.0, 70.0) == (70.0, 70.0)


def test_an_unknown_amount_before_one_gives_no_window() -> None:
    now = present(waiting_ftm=None)
    assert now.new_window(10.0) is None
    assert now.window(None, 10.0) is None
    assert now.window(10.0, None) is None
    assert now.window(10.0, 10.0) is not None


def test_a_new_unstake_waits_for_all_who_wait() -> None:
    now = present()
    mine, same = now.new_window(40.0), now.window(500.0, 40.0)
    assert mine.days.tolist() == same.days.tolist()
    # 390 FTM have to come, at 100 a week and the next in 6 days: the fourth batch is 27 days away.
    assert 15 < mine.quantile(0.5) < 40


PAUSED = weekly(60, last_days_ago=40)


def test_payouts_that_pause_behind_a_large_head_are_no_stall_while_money_comes() -> None:
    assert not present(PAUSED, "payouts", spendable_ftm=400.0).curve.stalled
    assert not present(PAUSED, "payouts", spendable_ftm=None).curve.stalled
    assert present(PAUSED, "claims", spendable_ftm=400.0).curve.stalled


def test_payouts_that_pause_are_a_stall_where_the_inflows_have_stopped_too() -> None:
    for spendable_ftm in (None, 60.0, 400.0):
        now = present(PAUSED, "payouts", inflows=PAUSED, spendable_ftm=spendable_ftm)
        assert now.curve.stalled
        assert now.unspent_ftm == 0  # it lies there since before the last payout


def test_unspent_money_counts_as_what_came_last_if_it_is_no_leftover() -> None:
    now = present(PAUSED, "payouts", spendable_ftm=400.0)
    assert now.unspent_ftm == 400
    assert now.curve.last_funded_at == AT - timedelta(days=1)  # the last inflow
    leftover = present(PAUSED, "payouts", spendable_ftm=60.0)
    assert (leftover.unspent_ftm, leftover.curve.last_funded_at) == (0, AT - timedelta(days=40))


@pytest.mark.parametrize("spendable_ftm", [None, 60.0, 400.0])
@pytest.mark.parametrize("inflows", [weekly(60), PAUSED])
def test_the_backtest_says_what_is_said_at_the_last_block(
    spendable_ftm: float | None, inflows: pl.DataFrame
) -> None:
    now = present(PAUSED, "payouts", inflows=inflows, spendable_ftm=spendable_ftm)
    window = now.window(450.0, 50.0)
    request = pl.DataFrame(
        {
            "wr_id": [0],  # its number is the seed, which is 0 at the last block
            "requested_at": [AT],
            "released_at": [None],
            "payout_ftm": [50.0],
            "need_ftm": [500.0],
            "in_pool_ftm": [AHEAD["head_ftm"]],
            "spendable_ftm": [spendable_ftm],
        },
        schema_overrides={"released_at": pl.Datetime("us", "UTC"), "spendable_ftm": pl.Float64},
    )
    told = origin_scores(
        request, PAUSED, as_of=AT + timedelta(days=1), lock_ups=NO_LOCK_UPS, inflows=inflows
    ).row(0, named=True)
    assert (told["kind"], told["need_ftm"], told["in_pool_ftm"]) == (
        window.kind,
        *now.need(450.0, 50.0),
    )
    for percent in (5, 25, 50, 75, 90, 95):
        day = window.quantile(percent / 100)
        assert told[f"days_{percent}"] == (day if math.isfinite(day) else None)


def test_no_history_at_all_is_told_by_the_window() -> None:
    window = present(weekly(0), "payouts").new_window(10.0)
    assert window.kind == "insufficient_history"
    assert math.isnan(window.quantile(0.5))


def test_the_same_inputs_have_the_same_hash_and_others_another() -> None:
    first = present()
    assert first.inputs_hash == present().inputs_hash
    others = [
        present(weekly(61)),
        present(weekly(60, amount_ftm=101.0)),
        present(source="payouts"),
        present(waiting_ftm=501.0),
        present(spendable_ftm=None),
    ]
    assert len({first.inputs_hash, *(each.inputs_hash for each in others)}) == 6


def test_rows_of_unknown_amounts_are_left_out_and_unsorted_ones_refused() -> None:
    gap = weekly(60).with_columns(
        pl.when(pl.int_range(60) == 5)
        .then(None)
        .otherwise(pl.col("amount_ftm"))
        .alias("amount_ftm")
    )
    assert present(gap).curve.enough_history
    with pytest.raises(ForecastError, match="not sorted"):
        present(weekly(60).reverse())
