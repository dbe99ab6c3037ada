"""The observer only sees the money: its ranges hold, and no model that does is better."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from bench.forecast_study import OBSERVER, ORACLE, scores_of
from bench.made_up_queues import BEGAN, CUT_DAY, SCENARIOS, Queue, made_up_queue
from bench.observer import observer_days
from bench.oracle import Question
from forecast.backtest import MODEL

# Every so many requests of a queue; few are made after the fall.
EVERY = {"cut": 8, "lock-ups": 60}


@pytest.fixture(scope="module")
def scores() -> dict[str, pl.DataFrame]:
    return {
        name: pl.concat([scores_of(name, seed, (0, every)) for seed in range(3)]).drop_nulls(
            "tw_crps"
        )
        for name, every in EVERY.items()
    }


def _mean(scores: pl.DataFrame, model: str, metric: str = "tw_crps") -> float:
    return float(scores.filter(model=model)[metric].to_numpy().mean())


@pytest.mark.parametrize("name", EVERY)
def test_it_is_between_the_oracle_and_the_model(scores: dict[str, pl.DataFrame], name: str) -> None:
    best, between, ours = (_mean(scores[name], each) for each in (ORACLE, OBSERVER, MODEL))
    assert best < between < ours


def test_its_ranges_of_90_percent_hold_about_so_often(scores: dict[str, pl.DataFrame]) -> None:
    for name, each in scores.items():
        assert _mean(each, OBSERVER, "covered_90") == pytest.approx(0.9, abs=0.06), name


def _median(queue: Queue, day: float, need_ftm: float = 300_000.0) -> float:
    asked = Question(day, need_ftm, paths=1000, horizon_days=120.0, seed=0)
    days = observer_days(SCENARIOS["cut"], queue, asked)
    return float(np.median(days))


def test_it_learns_of_a_fall_from_the_batches_that_follow_it() -> None:
    fell, usual = (made_up_queue(replace(SCENARIOS["cut"], cut=cut), 3) for cut in (True, False))
    assert _median(fell, CUT_DAY) == _median(usual, CUT_DAY)
    slower = [_median(fell, CUT_DAY + days) / _median(usual, CUT_DAY + days) for days in (10, 60)]
    assert 1.0 < slower[0] < slower[1]
    assert slower[1] > 1.5


def test_it_knows_neither_the_hidden_level_nor_what_is_still_to_come() -> None:
    queue, day = made_up_queue(SCENARIOS["cut"], 3), CUT_DAY + 60.0
    other = replace(queue.hidden, log_levels=np.full_like(queue.hidden.log_levels, np.nan))
    later = pl.col("funded_at") > BEGAN + timedelta(days=day)
    amount = pl.when(later).then(1.0).otherwise("amount_ftm")
    funding = queue.funding.with_columns(amount_ftm=amount)
    unlike = replace(queue, hidden=other, funding=funding)
    assert _median(unlike, day) == _median(queue, day)
