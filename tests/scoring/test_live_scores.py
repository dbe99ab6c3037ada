"""The score of the forecasts that were shown, on a log small enough to be worked out by hand.

A forecast says 5 % each of 1 to 20 days, so its 50 % interval is 5 to 15 days, its 90 % interval
1 to 19, and it is late after 18; or it is sure of one day. The horizon is 120 days.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from forecast import ForecastError
from scoring.forecast_log import LEVELS
from scoring.live_scores import METRICS, Alarm, LiveScores, live_scores
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


# The alarm on the 90 % intervals: soon, on what is certain, and never a false all-clear


Rows = list[tuple[int, float, float | None]]


def one_a_batch(inside: int, outside: int) -> Rows:
    """Requests a day apart, forecast when asked: first those paid after 10 days, inside 1 to 19,
    then those paid after 20 days, outside."""
    many = inside + outside
    return [(i, float(i), i + (10.0 if i < inside else 20.0)) for i in range(many)]


def alarm(rows: Rows, as_of: float, *more: dict[str, object]) -> Alarm:
    told_at = [told(wr_id, asked) for wr_id, asked, _ in rows]
    return live_scores(log_frame(*told_at, *more), requests(*rows), day_of(as_of)).alarm


def test_too_few_truths_inside_ring_it_before_the_horizon_has_passed() -> None:
    rows = one_a_batch(22, 8)
    assert alarm(rows, 60) == Alarm(True, pytest.approx(22 / 30), 30, 30)
    forecasts = log_frame(*[told(wr_id, asked) for wr_id, asked, _ in rows])
    table = live_scores(forecasts, requests(*rows), day_of(60)).table
    assert table.filter(metric="covered_90")["n"].to_list() == [0, 0]  # none is 120 days old


def test_exactly_three_quarters_are_enough() -> None:
    # 22 inside, 7 outside, and one batch of which one of two is: 22.5 / 30.
    rows = [*one_a_batch(22, 7), (29, 29.0, 39.0)]
    assert alarm(rows, 60, told(29, 38.5)).coverage == 0.75
    assert alarm(rows, 60, told(29, 38.5)).on is False


def test_fewer_than_thirty_batches_are_no_verdict_whatever_they_say() -> None:
    for rows in (one_a_batch(29, 0), one_a_batch(0, 29)):
        assert alarm(rows, 60) == Alarm(None, None, 29, 29)


def test_a_request_that_was_forecast_often_counts_as_one_batch() -> None:
    rows = one_a_batch(23, 7)
    often = [told(29, 29.0 + k / 1000) for k in range(1, 101)]  # 101 times outside, in one batch
    assert alarm(rows, 60, *often) == Alarm(False, pytest.approx(23 / 30), 130, 30)


def test_what_is_paid_counts_no_sooner_than_what_is_not() -> None:
    # Day 40.5: all but the last two were paid, but only those asked by day 21 are 19 days old.
    rows: Rows = [(i, float(i), i + 10.0) for i in range(32)]
    assert alarm(rows, 40.5) == Alarm(None, None, 22, 22)
    # Days later all are due, however they came out.
    assert alarm(rows, 50) == Alarm(False, 1.0, 30, 30)


def test_what_waits_past_its_mark_is_outside_and_one_batch_while_nobody_is_paid() -> None:
    rows: Rows = [*one_a_batch(29, 0), (29, 29.0, None), (30, 30.0, None), (31, 45.0, None)]
    # Day 60: due on days 48 and 49 and late; that of day 45 is not due before day 64.
    assert alarm(rows, 60) == Alarm(False, pytest.approx(29 / 30), 31, 30)
    scores = live_scores(
        log_frame(*[told(wr_id, asked) for wr_id, asked, _ in rows]), requests(*rows), day_of(60)
    )
    assert scores.overdue_requests == 2


def test_a_queue_that_slows_down_is_heard_of_before_the_late_are_paid() -> None:
    # Due on days 48, 50, 52, …, none of them paid, while others are in between.
    late: Rows = [(100 + k, 29.0 + 2 * k, None) for k in range(8)]
    others: Rows = [(200 + k, 0.0, 49.0 + 2 * k) for k in range(8)]
    forecasts = log_frame(*[told(i, at) for i, at, _ in [*one_a_batch(22, 0), *late]])
    asked = requests(*one_a_batch(22, 0), *late, *others)
    found = live_scores(forecasts, asked, day_of(80)).alarm
    assert found == Alarm(True, pytest.approx(22 / 30), 30, 30)


def test_a_forecast_past_the_horizon_is_due_at_the_horizon() -> None:
    rows = one_a_batch(29, 0)
    far = told(29, 29.0, quantiles=[100.0] * 10 + [None] * 9)
    waits: Rows = [*rows, (29, 29.0, None)]

    def at(day: float) -> Alarm:
        told_at = [told(wr_id, asked) for wr_id, asked, _ in rows]
        return live_scores(log_frame(*told_at, far), requests(*waits), day_of(day)).alarm

    assert at(148.9).batches == 29
    assert at(149.1) == Alarm(False, 1.0, 30, 30)  # it said "100 days or past 120": it was right


def test_the_last_thirty_batches_decide_and_older_ones_do_not() -> None:
    rows = one_a_batch(40, 8)
    # Due last are the 30 of days 18 to 47: 22 inside, 8 outside.
    assert alarm(rows, 90) == Alarm(True, pytest.approx(22 / 30), 30, 30)
    assert alarm(one_a_batch(8, 40)[:8] + one_a_batch(48, 0)[8:], 90).on is False


def test_what_fell_due_long_ago_is_not_looked_at_though_it_was_paid_last() -> None:
    old: Rows = [(100 + k, k - 300.0, 50.0 + k) for k in range(5)]
    assert alarm([*one_a_batch(30, 0), *old], 60) == Alarm(False, 1.0, 30, 30)


def test_of_a_batch_only_what_fell_due_as_lately_is_looked_at() -> None:
    # Request 29 was forecast on day -60, 89 days before the 30 that fell due last.
    rows: Rows = [*one_a_batch(23, 6), (29, -60.0, 39.0)]
    # Its forecast of day 29 is inside; that of day -60 fell due long before the others did.
    found = alarm(rows, 60, told(29, 29.0))
    assert found == Alarm(False, pytest.approx(24 / 30), 30, 30)


def test_right_forecasts_ring_no_alarm_and_too_narrow_ones_do() -> None:
    """Waits are drawn from the very distribution that is told, or from one twice as long.

    Looked at just as they fall due: the newest payouts alone would hold mostly late ones.
    """
    rng = np.random.default_rng(1)
    asked = np.arange(0.0, 1200.0, 2.0).tolist()
    marks = [-30 * math.log(1 - level) for level in LEVELS]  # 95 % within 90 days
    forecasts = log_frame(*[told(i, at, quantiles=[*marks]) for i, at in enumerate(asked)])
    coverage = {}
    for factor in (1, 2):
        paid = np.array(asked) + rng.exponential(30 * factor, len(asked))
        waited = requests(*[(i, asked[i], paid[i]) for i in range(len(asked))])
        found = [
            live_scores(forecasts, waited, day_of(day)).alarm.coverage
            for day in range(300, 1200, 60)
        ]
        coverage[factor] = float(np.mean([each for each in found if each is not None]))
    assert coverage[1] == pytest.approx(0.9, abs=0.03)
    # Between days 1.5 and 90 of a mean of 60: exp(-0.0256) - exp(-1.498) = 0.975 - 0.224.
    assert coverage[2] == pytest.approx(0.75, abs=0.06)
