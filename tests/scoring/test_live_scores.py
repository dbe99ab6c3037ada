"""The score of the forecasts that were shown, on a log small enough to be worked out by hand.

A forecast says 5 % each of 1 to 20 days, so its 50 % interval is 5 to 15 days, its 90 % interval
1 to 19, and it is late after 18; or it is sure of one day. The horizon is 120 days.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from forecast import ForecastError
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


def test_each_figure_is_the_mean_over_batches_of_the_mean_in_the_batch(scores: LiveScores) -> None:
    found = values(scores)
    # Days 10 and 10.1 are inside, half a day is not: 2/3. Neither 20 days nor 120 are: 0 and 0.
    assert found["covered_50"] == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert found["covered_90"] == pytest.approx((2 / 3 + 0 + 0) / 3)
    # Past 18 days: none of the first batch, the second, what waits.
    assert found["late"] == pytest.approx((0 + 1 + 1) / 3)
    assert (number(scores, "covered_90"), number(scores, "late")) == ((5, 3), (5, 3))


def test_past_the_ninety_per_cent_mark_is_late_though_the_interval_ends_at_another() -> None:
    asked = requests((1, 0, 18.5), (2, 0, 18))
    found = values(live_scores(log_frame(told(1, 0), told(2, 0)), asked, AS_OF))
    assert (found["late"], found["covered_90"], found["covered_50"]) == (0.5, 1, 0)


def test_brier_counts_as_soon_as_its_days_have_passed(scores: LiveScores) -> None:
    found = values(scores)
    # Said 0.2: within 7 days was the half day alone, (0.04 + 0.64 + 0.04) / 3 in its batch. 0.04
    # for 20 days, and for both that wait: one counts from day 17, the other from day 307, and
    # between those somebody was paid on day 30, so they are two batches.
    assert found["brier_7"] == pytest.approx((0.24 + 0.04 + 0.04 + 0.04) / 4)
    # Said 0.6: the first batch was, 0.16 each; the others were not, 0.36 each. What waits counts
    # from days 24 and 314.
    assert found["brier_14"] == pytest.approx((0.16 + 0.36 + 0.36 + 0.36) / 4)
    # Said 1: 0 where it was paid, 1 for what waits, from days 45 and 335: one batch.
    assert found["brier_35"] == pytest.approx((0 + 0 + 1) / 3)
    assert found["brier_90"] == pytest.approx((0 + 0 + 1) / 3)
    counted = [number(scores, f"brier_{days}") for days in (7, 14, 35, 90)]
    assert counted == [(6, 4), (6, 4), (6, 3), (6, 3)]
    earlier = live_scores(log_frame(*FORECASTS), REQUESTS, day_of(320))  # day 300's is 20 days old
    assert [number(earlier, f"brier_{days}")[0] for days in (7, 14, 35, 90)] == [6, 6, 5, 5]


def test_pinball_is_the_mean_over_nineteen_levels(scores: LiveScores) -> None:
    # Level k/20 says day k. Day 10: sum of (10 - k)k/20 below and (k - 10)(20 - k)/20 above it is
    # 8.25 + 8.25. Day 10.1: (170.5 + 160.5) / 20 = 16.55. Half a day: sum of
    # (k - 0.5)(20 - k)/20 = (20.5 * 190 - 2470 - 190) / 20 = 61.75. Day 20: sum of (20 - k)k/20 =
    # (3800 - 2470) / 20 = 66.5. Day 120: (22800 - 2470) / 20 = 1016.5.
    first = (16.5 + 16.55 + 61.75) / 3
    assert values(scores)["pinball"] == pytest.approx((first + 66.5 + 1016.5) / 3 / 19)


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
