"""The scores and the baselines, against what a hand works out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecast.baselines import BASELINES, Known, amount_bucket, kaplan_meier_sample
from forecast.scores import brier, pinball, pit, quantile, tw_crps


@pytest.mark.parametrize(
    ("sample", "truth", "expected"),
    [
        ([35.0], 40.0, 5.0),  # of a single value it is the absolute error
        ([1.0, 3.0], 2.0, 0.5),  # mean |x - y| is 1, half the mean |x - x'| is 1/2
        ([1.0, 3.0], 3.0, 0.5),
        ([1.0, math.inf], 200.0, 29.75),  # (119 + 0) / 2 less 119 / 4
        ([math.inf], 500.0, 0.0),  # both say "past the horizon"
        ([130.0], 20.0, 100.0),
    ],
)
def test_the_crps_of_a_small_sample(sample: list[float], truth: float, expected: float) -> None:
    assert tw_crps(np.array(sample), truth, 120.0) == pytest.approx(expected)


def test_the_crps_is_the_area_between_the_two_distributions() -> None:
    sample = np.sort(np.random.default_rng(1).gamma(2.0, 30.0, 50))
    truth, days = 47.0, np.arange(0.0005, 120, 0.001)
    below = np.searchsorted(sample, days, side="right") / sample.size
    area = np.sum((below - (days >= truth)) ** 2) * 0.001
    assert tw_crps(sample, truth, 120.0) == pytest.approx(area, abs=1e-3)


def test_quantile_pinball_pit_and_brier() -> None:
    sample = np.array([1.0, 2.0, 3.0, 4.0])
    assert [quantile(sample, p) for p in (0.0, 0.25, 0.26, 0.5, 0.95)] == [1, 1, 2, 2, 4]
    assert pinball(10.0, 14.0, 0.95) == pytest.approx(3.8)
    assert pinball(10.0, 4.0, 0.95) == pytest.approx(0.3)
    assert [pit(sample, truth) for truth in (0.5, 2.0, 2.5, 9.0)] == [0.0, 0.375, 0.5, 1.0]
    assert brier(sample, paid=True, days=3.0) == pytest.approx(0.0625)
    assert brier(sample, paid=False, days=3.0) == pytest.approx(0.5625)


def test_kaplan_meier_counts_those_who_still_wait() -> None:
    # Paid after 2, 3 and 5 days, still waiting after 3 and 8: 4/5, then 3/4 and 1/2 of the rest.
    waits = np.array([8.0, 3.0, 5.0, 2.0, 3.0])
    paid = np.array([False, True, True, True, False])
    sample = kaplan_meier_sample(waits, paid)
    days, times = np.unique(sample, return_counts=True)
    assert days.tolist() == [2.0, 3.0, 5.0, math.inf]
    assert (times / sample.size).tolist() == pytest.approx([0.2, 0.2, 0.3, 0.3])
    assert kaplan_meier_sample(waits, np.zeros(5, dtype=bool)).tolist() == [math.inf]


def test_every_baseline_gives_a_sorted_sample() -> None:
    known = Known(
        need_ftm=600.0,
        amount_ftm=500.0,
        rate_ftm=20.0,
        amounts_ftm=np.array([150.0, 999.0, 1_000.0]),
        waits_days=np.array([4.0, 9.0, 70.0]),
        paid=np.array([True, True, True]),
        last_paid_wait_days=70.0,
    )
    told = {name: tell(known) for name, tell in BASELINES.items()}
    assert told["constant 35"].tolist() == [35.0]
    assert told["uniform 1-35"].tolist() == list(range(1, 36))
    assert told["last wait"].tolist() == [70.0]
    assert told["fluid"].tolist() == [30.0]
    assert np.unique(told["kaplan-meier"]).tolist() == [4.0, 9.0], "of its own amounts alone"
    assert all(np.all(np.diff(sample) >= 0) for sample in told.values())


def test_without_money_or_waits_a_baseline_says_past_the_horizon() -> None:
    none = np.zeros(0)
    known = Known(10.0, 10.0, 0.0, none, none, none.astype(bool), math.inf)
    for name in ("last wait", "fluid", "kaplan-meier"):
        assert BASELINES[name](known).tolist() == [math.inf]
    covered = Known(0.0, 10.0, 0.0, none, none, none.astype(bool), math.inf)
    assert BASELINES["fluid"](covered).tolist() == [0.0]


def test_a_bound_belongs_to_the_bucket_above_it() -> None:
    amounts = np.array([0.0, 99.9, 100.0, 999.0, 1_000.0, 10_000.0, 1e9])
    assert amount_bucket(amounts).tolist() == [0, 0, 1, 1, 2, 3, 3]
