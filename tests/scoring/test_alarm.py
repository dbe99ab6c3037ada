"""The alarm on the 90 % intervals: soon, on what is certain, and never a false all-clear."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scoring.forecast_log import LEVELS
from scoring.live_scores import Alarm, live_scores
from tests.made_forecasts import day_of, log_frame, requests, told

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
    assert alarm(rows, 60) == Alarm(False, pytest.approx(29 / 31), 31, 30)
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
