"""The score of the forecasts that were shown, on a log small enough to be worked out by hand.

A forecast says 5 % each of 1 to 20 days, so its 50 % interval is 5 to 15 days, its 90 % interval
1 to 19, and it is late after 18; or it is sure of one day. The horizon is 120 days.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data.store.reader import open_reader
from forecast import ForecastError
from scoring.companion import read_scores
from scoring.inputs import read_releases
from scoring.live_scores import METRICS, LiveScores, live_scores
from tests.made_forecasts import day_of, log_frame, requests, told

REQUESTS = requests((1, 0, 10), (2, 0, 10.1), (3, 5, 30), (4, 6, None))
FORECASTS = [
    told(1, 0),  # paid after 10 days
    told(1, 9.5),  # after half a day
    told(2, 0),  # after 10.1 days, two hours after request 1: the same batch
    told(3, 10),  # after 20 days
    told(4, 10),  # still waits: 120 days
    told(4, 300),  # waits, but for less than the horizon
]
AS_OF = day_of(400)


@pytest.fixture(scope="module")
def scores() -> LiveScores:
    return live_scores(log_frame(*FORECASTS), REQUESTS, AS_OF)


def values(scores: LiveScores, version: str = "all") -> dict[str, float | None]:
    rows = scores.table.filter(model_version=version)
    return dict(zip(rows["metric"], rows["value"], strict=True))


def number(scores: LiveScores, metric: str) -> tuple[int, int]:
    row = scores.table.filter(model_version="all", metric=metric).row(0, named=True)
    return row["n"], row["batches"]


def test_forecasts_resolve_when_paid_or_when_the_horizon_has_passed(scores: LiveScores) -> None:
    # All but the last; requests 1 and 2 are one batch, 3 is one, and what waits is one.
    assert (scores.forecasts, scores.resolved, scores.batches) == (6, 5, 3)


def test_each_request_counts_once_however_often_it_was_forecast(scores: LiveScores) -> None:
    found = values(scores)
    # Request 1: 10 days are inside, half a day is not. 10.1 days are. Neither 20 nor 120 are.
    assert found["covered_50"] == pytest.approx((1 / 2 + 1 + 0 + 0) / 4)
    assert found["covered_90"] == pytest.approx((1 / 2 + 1 + 0 + 0) / 4)
    # Past 18 days: neither 1 nor 2, but 3 and what waits.
    assert found["late"] == pytest.approx((0 + 0 + 1 + 1) / 4)
    assert (number(scores, "covered_90"), number(scores, "late")) == ((5, 3), (5, 3))


def test_held_is_computed_as_in_the_backtest(sample_store: Path, sample_scores: Path) -> None:
    kept = read_scores(sample_scores.with_suffix(""))
    day = dict(zip((5, 25, 50, 75, 90, 95), range(6), strict=True))
    with open_reader(sample_store) as con:
        asked = read_releases(con)
    # The backtest's own forecasts, as if each was logged when its request was made.
    lines = []
    for row in kept.forecasts.iter_rows(named=True):
        days = [row[f"days_{percent}"] for percent in day]
        quantiles = [
            days[sum(percent <= level for percent in day) - 1] for level in range(5, 100, 5)
        ]
        made = dict.fromkeys(("forecast_at", "logged_at"), row["requested_at"])
        line = told(row["wr_id"], 0, kind=row["kind"], quantiles=quantiles)
        lines.append(line | made | {"block": row["wr_id"]})
    live = live_scores(log_frame(*lines), asked, kept.about.as_of)
    for metric in ("covered_50", "covered_90", "late"):
        mine = live.table.filter(model_version="all", metric=metric).row(0, named=True)
        backtest = kept.table.filter(model="this tracker", slice="all", metric=metric)
        other = backtest.row(0, named=True)
        assert (mine["n"], mine["value"]) == (other["n"], pytest.approx(other["value"])), metric
        assert mine["low"] == pytest.approx(other["low"], abs=0.02)
        assert mine["high"] == pytest.approx(other["high"], abs=0.02)


def test_past_the_ninety_per_cent_mark_is_late_though_the_interval_ends_at_another() -> None:
    asked = requests((1, 0, 18.5), (2, 0, 18))
    found = values(live_scores(log_frame(told(1, 0), told(2, 0)), asked, AS_OF))
    assert (found["late"], found["covered_90"], found["covered_50"]) == (0.5, 1, 0)


def test_brier_counts_as_soon_as_its_days_have_passed(scores: LiveScores) -> None:
    found = values(scores)
    # Said 0.2: within 7 days was the half day alone, which is half of request 1. What waits counts
    # from days 17 and 307, and between those somebody was paid on day 30: two batches.
    assert found["brier_7"] == pytest.approx(((0.04 + 0.64) / 2 + 0.04 + 0.04 + 0.04) / 4)
    # Said 0.6: 1 and 2 were, 0.16 each; the others were not, 0.36 each. What waits counts from days
    # 24 and 314.
    assert found["brier_14"] == pytest.approx((0.16 + 0.16 + 0.36 + 0.36) / 4)
    # Said 1: 0 where it was paid, 1 for what waits, from days 45 and 335: one batch.
    assert found["brier_35"] == pytest.approx((0 + 0 + 0 + 1) / 4)
    assert found["brier_90"] == pytest.approx((0 + 0 + 0 + 1) / 4)
    counted = [number(scores, f"brier_{days}") for days in (7, 14, 35, 90)]
    assert counted == [(6, 4), (6, 4), (6, 3), (6, 3)]
    earlier = live_scores(log_frame(*FORECASTS), REQUESTS, day_of(320))  # day 300's is 20 days old
    assert [number(earlier, f"brier_{days}")[0] for days in (7, 14, 35, 90)] == [6, 6, 5, 5]


def test_pinball_is_the_mean_over_nineteen_levels(scores: LiveScores) -> None:
    # Level k/20 says day k. Day 10: sum of (10 - k)k/20 below and (k - 10)(20 - k)/20 above it is
    # 8.25 + 8.25. Day 10.1: (170.5 + 160.5) / 20 = 16.55. Half a day: sum of
    # (k - 0.5)(20 - k)/20 = (20.5 * 190 - 2470 - 190) / 20 = 61.75. Day 20: sum of (20 - k)k/20 =
    # (3800 - 2470) / 20 = 66.5. Day 120: (22800 - 2470) / 20 = 1016.5.
    first = (16.5 + 61.75) / 2
    assert values(scores)["pinball"] == pytest.approx((first + 16.55 + 66.5 + 1016.5) / 4 / 19)


def test_of_forecasts_younger_than_the_horizon_no_interval_is_scored_though_they_were_paid() -> (
    None
):
    young = live_scores(log_frame(*FORECASTS[:4]), REQUESTS, day_of(119.9))
    assert (young.resolved, young.batches) == (4, 2)
    for metric in ("covered_50", "covered_90", "late", "pinball"):
        assert number(young, metric) == (0, 0)
        assert values(young)[metric] is None
    # The oldest two are 120 days old now: 10 and 10.1 days, both inside.
    grown = live_scores(log_frame(*FORECASTS[:4]), REQUESTS, day_of(120))
    assert number(grown, "covered_90") == (2, 1)
    assert values(grown)["covered_90"] == 1


def test_a_quantile_past_the_horizon_is_the_horizon_and_covers_what_still_waits() -> None:
    far = told(4, 10, quantiles=[100.0] * 10 + [None] * 9)
    found = values(live_scores(log_frame(far), REQUESTS, AS_OF))
    # The truth is 120: inside 100 to 120, not past it; ten levels k/20 miss it by 20 days, the
    # others by none: 20 * (1 + … + 10) / 20 / 19 = 55 / 19.
    assert (found["covered_50"], found["covered_90"], found["late"]) == (1, 1, 0)
    assert found["pinball"] == pytest.approx(55 / 19)


def test_what_is_released_after_the_end_waits() -> None:
    later = requests((1, 0, 10), (2, 0, 10.1), (3, 5, 30), (4, 6, 401))
    forecasts = log_frame(*FORECASTS)
    again = live_scores(forecasts, later, AS_OF)
    assert again.table.equals(live_scores(forecasts, REQUESTS, AS_OF).table)
    assert again.alarm == live_scores(forecasts, REQUESTS, AS_OF).alarm


def test_each_model_version_has_its_own_rows_and_all_come_first() -> None:
    rows = [told(1, 0, model_version="old"), told(3, 10, model_version="new")]
    scores = live_scores(log_frame(*rows), REQUESTS, AS_OF)
    assert scores.table["model_version"].unique(maintain_order=True).to_list() == [
        "all",
        "old",
        "new",
    ]
    assert scores.table["metric"].to_list() == [*METRICS] * 3
    covered = [values(scores, name)["covered_90"] for name in ("all", "old", "new")]
    assert covered == [0.5, 1, 0]  # 10 days inside, 20 days not


def test_what_shows_no_interval_is_counted_apart_and_scored_for_what_it_shows() -> None:
    apart = [
        told(1, 0, kind="stalled"),
        told(1, 1, kind="insufficient_history"),
        told(2, 0, kind="insufficient_history"),
        told(3, 10, kind="covered", sure=0.0, within=(1.0, 1.0, 1.0, 1.0)),
    ]
    scores = live_scores(log_frame(*apart), REQUESTS, AS_OF)
    assert scores.no_interval == {"covered": 1, "stalled": 1, "insufficient_history": 2}
    assert (scores.forecasts, scores.resolved) == (4, 4)
    found = values(scores)
    assert [found[name] for name in ("covered_50", "covered_90", "late", "pinball")] == [None] * 4
    # `covered` was sure of 7 and of 14 days, and took 20.
    assert [found[f"brier_{days}"] for days in (7, 14, 35, 90)] == [1, 1, 0, 0]
    assert (scores.alarm.forecasts, scores.overdue_requests) == (0, 0)


def test_a_forecast_whose_request_did_not_wait_then_is_counted_and_left_out() -> None:
    strays = [
        told(9, 0),  # no such request
        told(3, 1),  # not asked before day 5
        told(1, 11),  # paid on day 10
        told(1, 401),  # after the end
        told(1, 3),
    ]
    scores = live_scores(log_frame(*strays), REQUESTS, AS_OF)
    assert (scores.unmatched, scores.forecasts) == (4, 1)
    assert values(scores)["covered_90"] == 1  # 7 days


def test_an_unstake_that_nobody_made_has_no_truth_and_is_counted_apart() -> None:
    new = told(1, 0) | {"wr_id": None, "new_ftm": 100.0}
    scores = live_scores(log_frame(*FORECASTS, new), REQUESTS, AS_OF)
    assert (scores.forecasts, scores.unmade, scores.unmatched, scores.backdated) == (6, 1, 0, 0)
    alone = live_scores(log_frame(*FORECASTS), REQUESTS, AS_OF)
    assert scores.table.equals(alone.table)


def test_an_empty_log_has_no_figure_and_no_verdict() -> None:
    scores = live_scores(log_frame(), REQUESTS, AS_OF)
    assert (scores.forecasts, scores.resolved, scores.batches) == (0, 0, 0)
    assert scores.table["value"].null_count() == len(METRICS)
    assert not scores.table["decided"].any()
    assert (scores.alarm.on, scores.alarm.batches) == (None, 0)


def test_where_nobody_was_ever_paid_all_that_is_due_is_one_batch() -> None:
    asked = requests((1, 0, None), (2, 5, None))
    scores = live_scores(log_frame(told(1, 0), told(1, 2), told(2, 5)), asked, AS_OF)
    assert (scores.resolved, scores.batches, scores.overdue_requests) == (3, 1, 2)
    assert values(scores)["covered_90"] == 0
    assert scores.alarm.batches == 1


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ForecastError, match="as_of has no time zone"):
        live_scores(log_frame(), REQUESTS, AS_OF.replace(tzinfo=None))


def many(batches: int, inside: int) -> LiveScores:
    """As many batches of one forecast each, paid after 10 days where inside, else after 20."""
    rows = [(i, 2.0 * i, 2.0 * i + (10 if i < inside else 20)) for i in range(batches)]
    # Half a day from each other at least: no two are one batch.
    asked = requests(*[(i, at, paid + (i % 2) * 0.5) for i, at, paid in rows])
    return live_scores(log_frame(*[told(i, 2.0 * i) for i in range(batches)]), asked, day_of(900))


def test_fewer_than_sixty_batches_leave_a_figure_undecided() -> None:
    for batches, decided in ((59, False), (60, True)):
        row = many(batches, batches).table.filter(model_version="all", metric="covered_90")
        assert row.select("n", "batches", "decided").row(0) == (batches, batches, decided)


def test_the_interval_is_that_of_draws_of_batches() -> None:
    certain = many(60, 60).table.filter(metric="covered_90", model_version="all")
    assert certain.select("value", "low", "high").row(0) == (1, 1, 1)
    half = many(60, 30).table.filter(metric="covered_90", model_version="all")
    value, low, high = half.select("value", "low", "high").row(0)
    # The mean of 60 tosses has a deviation of 0.5 / sqrt(60) = 0.065: 90 % lie within 1.645 of it.
    assert value == 0.5
    assert (low, high) == pytest.approx((0.5 - 0.106, 0.5 + 0.106), abs=0.02)


def test_forecasts_of_one_batch_do_not_narrow_the_interval() -> None:
    asked = requests((1, 0, 50), (2, 51, 60))
    often = [told(1, day / 10) for day in range(100)]  # waits of 40 to 50 days: all outside
    scores = live_scores(log_frame(*often, told(2, 51)), asked, AS_OF)  # 9 days: inside
    row = scores.table.filter(metric="covered_90", model_version="all")
    # Two batches are drawn twice: both outside in a quarter of the draws, both inside as well.
    assert row.select("value", "low", "high", "n", "batches").row(0) == (0.5, 0, 1, 101, 2)


def test_the_same_log_gives_the_same_scores(scores: LiveScores) -> None:
    again = live_scores(log_frame(*FORECASTS), REQUESTS, AS_OF)
    assert again.table.equals(scores.table)
    assert np.isfinite(again.table["low"].to_numpy()).all()
    turned = live_scores(
        log_frame(*FORECASTS[::-1]), REQUESTS.sort("wr_id", descending=True), AS_OF
    )
    assert turned.table.drop("value", "low", "high").equals(
        again.table.drop("value", "low", "high")
    )
    assert turned.table["value"].to_list() == pytest.approx(again.table["value"].to_list())
    assert turned.table.schema == {
        "model_version": pl.String,
        "metric": pl.String,
        "value": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "n": pl.Int64,
        "batches": pl.Int64,
        "decided": pl.Boolean,
    }
