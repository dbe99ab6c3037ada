"""The oracle draws from what made a queue: its ranges hold, and all that it knows helps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from bench.forecast_study import ORACLE, oracle_scores, scores_of
from bench.made_up_queues import BEGAN, CUT_DAY, DAYS, SCENARIOS, Queue, Scenario, made_up_queue
from bench.oracle import Question, oracle_days
from forecast.backtest import MODEL
from forecast.window import HORIZON_DAYS

SEEDS = range(6)
Forgets = Callable[[Scenario, Queue], tuple[Scenario, Queue]]


def _scores(name: str, forgets: Forgets | None = None) -> pl.DataFrame:
    """Of a request every twenty days in several histories, all after any fall."""
    scores, day = [], (pl.col("requested_at") - BEGAN).dt.total_days()
    for seed in SEEDS:
        scenario, queue = SCENARIOS[name], made_up_queue(SCENARIOS[name], seed)
        asked = queue.requests.filter(day.is_between(CUT_DAY, DAYS - HORIZON_DAYS - 1))
        asked = asked.filter((day // 20).is_first_distinct())
        if forgets is not None:
            scenario, queue = forgets(scenario, queue)
        origins = asked.select("wr_id", "requested_at", amount=pl.lit("any"))
        scores.append(oracle_scores(scenario, queue, origins))
    return pl.concat(scores)


@pytest.fixture(scope="module")
def scores() -> dict[str, pl.DataFrame]:
    return {name: _scores(name) for name in SCENARIOS}


def test_its_ranges_of_90_percent_hold_about_so_often(scores: dict[str, pl.DataFrame]) -> None:
    for name, each in scores.items():
        assert each.height > 70
        assert each["covered_90"].mean() == pytest.approx(0.9, abs=0.06), name
    assert pl.concat(scores.values())["covered_90"].mean() == pytest.approx(0.9, abs=0.02)


def _today(scenario: Scenario, queue: Queue) -> tuple[Scenario, Queue]:
    usual = np.zeros_like(queue.hidden.log_levels)
    return scenario, replace(queue, hidden=replace(queue.hidden, log_levels=usual))


def _fall(scenario: Scenario, queue: Queue) -> tuple[Scenario, Queue]:
    return replace(scenario, cut=False), queue


def _outages(scenario: Scenario, queue: Queue) -> tuple[Scenario, Queue]:
    return replace(scenario, outages=False), queue


def _open_lock_ups(scenario: Scenario, queue: Queue) -> tuple[Scenario, Queue]:
    locks = queue.hidden.locks.copy()
    locks[:, 3] = -np.inf
    return scenario, replace(queue, hidden=replace(queue.hidden, locks=locks))


@pytest.mark.parametrize(
    ("name", "forgets"),
    [
        ("light", _today),
        ("heavy", _today),
        ("cut", _fall),
        ("outages", _outages),
        ("lock-ups", _open_lock_ups),
    ],
)
def test_what_it_knows_helps_it(
    scores: dict[str, pl.DataFrame], name: str, forgets: Forgets
) -> None:
    assert scores[name]["tw_crps"].mean() < _scores(name, forgets)["tw_crps"].mean()


def test_the_time_since_the_last_batch_shortens_the_next_gap_but_lengthens_an_outage() -> None:
    def median(name: str, waited: float) -> float:
        queue = made_up_queue(SCENARIOS[name], 0)
        last = float(queue.hidden.batch_days[200])
        hidden = replace(queue.hidden, batch_days=queue.hidden.batch_days[:201])
        asked = Question(last + waited, 1.0, paths=1000, horizon_days=120.0, seed=0)
        days = oracle_days(SCENARIOS[name], hidden, asked)
        return float(np.median(days))

    assert median("light", 3.0) < median("light", 0.0)
    assert median("outages", 3.0) < median("outages", 0.0)
    assert median("outages", 15.0) > 3 * median("light", 15.0)


def test_it_scores_better_than_the_model_at_the_same_requests() -> None:
    scores = pl.concat([scores_of("heavy", seed, (0, 40)) for seed in SEEDS])
    scores = scores.filter(pl.col("tw_crps").is_not_null())
    ours, best = (scores.filter(model=model) for model in (MODEL, ORACLE))
    assert best.select("seed", "wr_id").equals(ours.select("seed", "wr_id"))
    assert best["tw_crps"].mean() < ours["tw_crps"].mean()
