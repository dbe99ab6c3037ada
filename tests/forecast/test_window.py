"""The forecaster keeps to what was known, to its seed and to the order of things."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import ForecastError, ReleaseWindow, prepare
from tests.made_funding import AT, BEGAN, funding, irregular, regular

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def _quantiles(window: ReleaseWindow) -> list[float]:
    return [window.quantile(p) for p in QUANTILES]


def test_a_need_is_spread_around_what_the_rate_brings() -> None:
    history = irregular()
    window = prepare(history, AT).window(50_000.0)
    rate_ftm = history["amount_ftm"].sum() / 800
    assert window.kind == "batches"
    assert window.days.shape == (1000,)
    assert 0.5 < window.quantile(0.5) / (50_000 / rate_ftm) < 1.5
    assert window.quantile(0.05) < 0.75 * window.quantile(0.5)
    assert window.quantile(0.95) > 1.3 * window.quantile(0.5)


def test_regular_money_comes_when_its_gap_is_over() -> None:
    # The last batch is of day 795, so at day 798 the next ones are 2, 7, 12 … days off.
    at = BEGAN + timedelta(days=798)
    curve = prepare(regular(), at)
    assert np.unique(curve.window(1.0).days).tolist() == [2.0]
    assert curve.window(1.0).kind == "next_batch"
    assert set(np.unique(curve.window(3_000.0).days)) <= {2.0, 7.0, 12.0, 17.0, 22.0, 27.0}
    assert curve.window(3_000.0).quantile(0.5) == 12.0
    assert curve.window(1.0).last_funded_at == BEGAN + timedelta(days=795)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=5))
def test_more_need_never_comes_sooner(needs: list[float]) -> None:
    curve = prepare(irregular(), AT, paths=200)
    windows = [curve.window(need).days for need in sorted(needs)]
    for less, more in pairwise(windows):
        assert np.all(less <= more)


def test_nothing_from_its_moment_on_changes_a_forecast() -> None:
    known = irregular()
    later = funding([800.0, 800.5, 900.0], [9e9, 1.0, 5.0])
    broken = funding([950.0, 810.0], [-3.0, math.nan])
    expected = prepare(known, AT).window(40_000.0).days
    for future in (later, broken):
        window = prepare(pl.concat([known, future]), AT).window(40_000.0)
        assert np.array_equal(window.days, expected)
    sooner = pl.concat([known, funding([799.999], [90_000.0])])
    assert not np.array_equal(prepare(sooner, AT).window(40_000.0).days, expected)


def test_a_seed_gives_the_same_again_and_another_gives_another() -> None:
    one, same, other = (prepare(irregular(), AT, seed=seed).window(40_000.0) for seed in (7, 7, 8))
    assert np.array_equal(one.days, same.days)
    assert not np.array_equal(one.days, other.days)
    assert one.quantile(0.5) == pytest.approx(other.quantile(0.5), rel=0.15)


@pytest.mark.parametrize("need_ftm", [1.0, 30_000.0, 200_000.0, 400_000.0])
def test_quantiles_and_probabilities_say_the_same(need_ftm: float) -> None:
    window = prepare(irregular(), AT).window(need_ftm)
    assert np.all(np.diff(window.days[np.isfinite(window.days)]) >= 0)
    assert _quantiles(window) == sorted(_quantiles(window))
    for p in QUANTILES:
        days = window.quantile(p)
        if math.isfinite(days):
            assert window.probability_within(days) >= p
            assert window.probability_within(np.nextafter(days, 0)) < p
        else:
            assert window.probability_within(120.0) < p
    assert window.probability_within(1e9) == np.isfinite(window.days).mean()


def test_what_is_payable_by_a_day_agrees_with_who_is_paid_by_it() -> None:
    curve = prepare(irregular(), AT)
    payable = curve.window(1.0).payable_by(60.0)
    assert list(payable) == list(QUANTILES)
    assert list(payable.values()) == sorted(payable.values())
    for p, amount_ftm in payable.items():
        assert curve.window(amount_ftm).probability_within(60.0) >= 1 - p
        assert curve.window(amount_ftm * 1.001).probability_within(60.0) <= 1 - p + 0.001
    with pytest.raises(ForecastError, match="not within the horizon"):
        curve.window(1.0).payable_by(121.0)


def test_a_need_of_nothing_is_covered_even_without_a_history() -> None:
    for history in (irregular(), irregular().clear()):
        window = prepare(history, AT).window(0.0)
        assert window.kind == "covered"
        assert window.quantile(1.0) == 0
        assert window.probability_within(0.0) == 1


def test_money_that_stopped_is_stalled() -> None:
    window = prepare(irregular(until=740.0), AT).window(1_000.0)
    assert window.kind == "stalled"
    assert window.last_funded_at is not None
    assert window.last_funded_at < BEGAN + timedelta(days=740)
    assert window.quantile(0.5) > 30, "about as long again as it is silent"


def test_too_short_a_history_says_nothing() -> None:
    few = regular(every_days=30, until=250)
    short = funding([759.0 + 2 * batch for batch in range(20)], [5.0] * 20)
    for history in (few.head(9), short, few.clear()):
        window = prepare(history, AT).window(10.0)
        assert window.kind == "insufficient_history"
        assert window.days.size == 0
        figures = [window.quantile(0.5), window.probability_within(7.0)]
        assert np.isnan([*figures, *window.payable_by(30.0).values()]).all()


def test_past_the_horizon_there_is_no_date() -> None:
    window = prepare(irregular(), AT).window(400_000.0)
    assert window.kind == "beyond_horizon"
    assert window.quantile(0.95) == math.inf
    assert 0 < window.probability_within(120.0) < 0.95
    assert np.all((window.days <= 120) | np.isinf(window.days))
    assert prepare(irregular(), AT).window(1e12).probability_within(120.0) == 0
    longer = prepare(irregular(), AT, horizon_days=600.0).window(400_000.0)
    assert longer.kind == "batches"


def test_less_is_promised_after_the_money_fell() -> None:
    known = irregular()
    fell = pl.when(pl.col("funded_at") > BEGAN + timedelta(days=740)).then(0.4).otherwise(1.0)
    poorer = known.with_columns(pl.col("amount_ftm") * fell)
    before, after = (prepare(each, AT).window(60_000.0) for each in (known, poorer))
    assert after.quantile(0.5) > 1.25 * before.quantile(0.5)


def test_silence_since_the_last_batch_shortens_or_lengthens_the_next_gap() -> None:
    known = funding([float(day) for day in range(0, 795, 5)], [1_000.0] * 159)
    early, late = (prepare(known, BEGAN + timedelta(days=day)) for day in (791, 794.5))
    assert early.window(1.0).quantile(0.5) == 4.0
    assert late.window(1.0).quantile(0.5) == 0.5


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (irregular().reverse(), "not sorted"),
        (irregular().with_columns(pl.col("funded_at").dt.replace_time_zone(None)), "zone"),
        (irregular().with_columns(funded_at=pl.lit(None, pl.Datetime("us", "UTC"))), "unknown"),
        (irregular().with_columns(amount_ftm=-pl.col("amount_ftm")), "negative"),
        (irregular().with_columns(amount_ftm=pl.lit(math.nan)), "no number"),
        (irregular().with_columns(amount_ftm=pl.lit(math.inf)), "no number"),
        (irregular().with_columns(amount_ftm=pl.lit(None, pl.Float64)), "unknown"),
        (irregular().drop("amount_ftm"), "amount_ftm"),
        (irregular().drop("funded_at"), "funded_at"),
    ],
)
def test_broken_funding_is_refused(broken: pl.DataFrame, said: str) -> None:
    with pytest.raises(ForecastError, match=said):
        prepare(broken, AT).window(10.0)


@pytest.mark.parametrize("need_ftm", [-1.0, math.nan, math.inf])
def test_a_need_that_is_no_amount_is_refused(need_ftm: float) -> None:
    with pytest.raises(ForecastError, match="need_ftm"):
        prepare(irregular(), AT).window(need_ftm)


def test_a_moment_without_a_zone_and_an_empty_forecast_are_refused() -> None:
    with pytest.raises(ForecastError, match="no time zone"):
        prepare(irregular(), datetime(2024, 1, 1)).window(1.0)  # noqa: DTZ001
    with pytest.raises(ForecastError, match="path"):
        prepare(irregular(), AT, paths=0).window(1.0)
    with pytest.raises(ForecastError, match="horizon"):
        prepare(irregular(), AT, horizon_days=0.0).window(1.0)
    with pytest.raises(ForecastError, match="probability"):
        prepare(irregular(), AT).window(1.0).quantile(1.5)
