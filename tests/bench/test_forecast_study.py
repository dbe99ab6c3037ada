"""The study's queues are what they say, and its table tells what falls short."""

from __future__ import annotations

import polars as pl
import pytest

from bench import forecast_study
from bench.made_up_queues import BEGAN, CUT_DAY, SCENARIOS, made_up_queue


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_made_up_queue_is_paid_first_in_first_out(name: str) -> None:
    queue = made_up_queue(SCENARIOS[name], 0)
    assert queue.requests.equals(made_up_queue(SCENARIOS[name], 0).requests)
    assert not queue.requests.equals(made_up_queue(SCENARIOS[name], 1).requests)
    asked = queue.requests
    assert asked["requested_at"].is_sorted()
    paid = asked["released_at"].drop_nulls()
    assert paid.is_sorted()
    assert asked["released_at"].head(len(paid)).null_count() == 0, "none overtakes another"
    assert paid.is_in(queue.funding["funded_at"].implode()).all()
    assert (asked["need_ftm"] > 0).all()
    assert asked["requested_at"].max() < queue.as_of


@pytest.mark.parametrize("name", ["light", "heavy"])
def test_a_request_is_paid_by_the_batch_that_makes_up_its_need(name: str) -> None:
    queue = made_up_queue(SCENARIOS[name], 3)
    came = queue.funding.select("funded_at", total=pl.col("amount_ftm").cum_sum())
    asked = queue.requests.join_asof(
        came, left_on="requested_at", right_on="funded_at", check_sortedness=False
    ).with_columns(pl.col("total").fill_null(0.0) + pl.col("need_ftm"))
    for row in asked.filter(pl.col("released_at").is_not_null()).gather_every(97).to_dicts():
        paying = came.filter(pl.col("total") >= row["total"] - 1e-6)
        assert paying["funded_at"][0] == row["released_at"]


def test_the_money_falls_when_it_is_said_to() -> None:
    funding = pl.concat([made_up_queue(SCENARIOS["cut"], seed).funding for seed in range(5)])
    day = (pl.col("funded_at") - BEGAN).dt.total_days()
    before = funding.filter(day.is_between(CUT_DAY - 300, CUT_DAY - 1))["amount_ftm"].sum()
    after = funding.filter(day.is_between(CUT_DAY, CUT_DAY + 299))["amount_ftm"].sum()
    assert 0.3 < after / before < 0.65


def test_a_quick_study_prints_every_target_and_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert forecast_study.main(seeds=1, every=150) == 0
    told = capsys.readouterr().out
    lines = told.splitlines()
    verdicts = [line for line in lines if line.endswith((": light, heavy", ": cut"))]
    assert len(verdicts) == 8
    assert all("pass: " in line or "falls short: " in line for line in verdicts)
    short = sum("falls short" in line for line in verdicts)
    assert f"{short} of 8 targets fall short" in told
    for model in ("service curve", "fluid", "kaplan-meier", "constant 35", "last wait"):
        assert any(line.startswith(f"  {model}") for line in lines)
    assert "one window of 1,000 paths" in told
    assert "5,000 origins on 2 cores" in told


def test_a_target_missed_is_told() -> None:
    target = forecast_study.Target("share", 0.85, 0.95, lambda scores: 0.0)
    assert [target.met(value) for value in (0.849, 0.85, 0.95, 0.951)] == [False, True, True, False]
    assert not target.met(float("nan"))
