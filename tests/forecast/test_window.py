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

from forecast import ForecastError, ReleaseWindow, ServiceCurve, prepare, release_window
from tests.made_funding import AT, BEGAN, funding, irregular, regular

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def _quantiles(window: ReleaseWindow) -> list[float]:
    return [window.quantile(p) for p in QUANTILES]


def test_a_need_is_spread_around_what_the_rate_brings() -> None:
    history = irregular()
    window = release_window(history, 50_000.0, AT)
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


def test_the_chance_before_a_moment_is_the_share_of_futures_that_pay_sooner() -> None:
    at = BEGAN + timedelta(days=798)
    window = prepare(regular(), at).window(3_000.0)  # 2, 7, 12 … days off
    for days in range(1, 121):
        sooner = int(np.sum(window.days < days))
        assert window.probability_before(at + timedelta(days=days)) == sooner / window.days.size
    second_batch = window.probability_before(at + timedelta(days=12))
    assert second_batch < window.probability_before(at + timedelta(days=12, seconds=1))
    assert second_batch < window.probability_within(12)
    for days in (-1, 0, 120.001):
        assert math.isnan(window.probability_before(at + timedelta(days=days)))
    nothing = release_window(irregular().clear(), 1.0, AT)
    assert math.isnan(nothing.probability_before(AT + timedelta(days=5)))


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
    expected = release_window(known, 40_000.0, AT).days
    for future in (later, broken):
        window = release_window(pl.concat([known, future]), 40_000.0, AT)
        assert np.array_equal(window.days, expected)
    sooner = pl.concat([known, funding([799.999], [90_000.0])])
    assert not np.array_equal(release_window(sooner, 40_000.0, AT).days, expected)


def test_a_seed_gives_the_same_again_and_another_gives_another() -> None:
    one, same, other = (release_window(irregular(), 40_000.0, AT, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(one.days, same.days)
    assert not np.array_equal(one.days, other.days)
    assert one.quantile(0.5) == pytest.approx(other.quantile(0.5), rel=0.15)


@pytest.mark.parametrize("need_ftm", [1.0, 30_000.0, 200_000.0, 400_000.0])
def test_quantiles_and_probabilities_say_the_same(need_ftm: float) -> None:
    window = release_window(irregular(), need_ftm, AT)
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
        window = release_window(history, 0.0, AT)
        assert window.kind == "covered"
        assert window.quantile(1.0) == 0
        assert window.probability_within(0.0) == 1


def test_money_that_stopped_is_stalled() -> None:
    window = release_window(irregular(until=740.0), 1_000.0, AT)
    assert window.kind == "stalled"
    assert window.last_funded_at < BEGAN + timedelta(days=740)
    assert window.quantile(0.5) > 30, "about as long again as it is silent"


def test_too_short_a_history_says_nothing() -> None:
    few = regular(every_days=30, until=250)
    short = funding([759.0 + 2 * batch for batch in range(20)], [5.0] * 20)
    for history in (few.head(9), short, few.clear()):
        window = release_window(history, 10.0, AT)
        assert window.kind == "insufficient_history"
        assert window.days.size == 0
        figures = [window.quantile(0.5), window.probability_within(7.0)]
        assert np.isnan([*figures, *window.payable_by(30.0).values()]).all()


def test_past_the_horizon_there_is_no_date() -> None:
    window = release_window(irregular(), 400_000.0, AT)
    assert window.kind == "beyond_horizon"
    assert window.quantile(0.95) == math.inf
    assert 0 < window.probability_within(120.0) < 0.95
    assert np.all((window.days <= 120) | np.isinf(window.days))
    assert release_window(irregular(), 1e12, AT).probability_within(120.0) == 0
    longer = release_window(irregular(), 400_000.0, AT, horizon_days=600.0)
    assert longer.kind == "batches"


def test_less_is_promised_after_the_money_fell() -> None:
    known = irregular()
    fell = pl.when(pl.col("funded_at") > BEGAN + timedelta(days=740)).then(0.4).otherwise(1.0)
    poorer = known.with_columns(pl.col("amount_ftm") * fell)
    before, after = (release_window(each, 60_000.0, AT) for each in (known, poorer))
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
        release_window(broken, 10.0, AT)


@pytest.mark.parametrize("need_ftm", [-1.0, math.nan, math.inf])
def test_a_need_that_is_no_amount_is_refused(need_ftm: float) -> None:
    with pytest.raises(ForecastError, match="need_ftm"):
        release_window(irregular(), need_ftm, AT)


def test_a_moment_without_a_zone_and_an_empty_forecast_are_refused() -> None:
    with pytest.raises(ForecastError, match="no time zone"):
        release_window(irregular(), 1.0, datetime(2024, 1, 1))  # noqa: DTZ001
    with pytest.raises(ForecastError, match="path"):
        release_window(irregular(), 1.0, AT, paths=0)
    with pytest.raises(ForecastError, match="horizon"):
        release_window(irregular(), 1.0, AT, horizon_days=0.0)
    with pytest.raises(ForecastError, match="probability"):
        release_window(irregular(), 1.0, AT).quantile(1.5)


# Lock-ups whose end is known


PAST = [float(day) for day in range(100, 780, 40)]
RETURNED_FTM = 200_000.0


def _lock_ups(ends: list[float], lasts: float | None = None) -> pl.DataFrame:
    """Lock-ups of 200,000 FTM that end so many days after `BEGAN`."""
    frame = funding(ends, [RETURNED_FTM] * len(ends)).rename({"funded_at": "ends_at"})
    if lasts is None:
        return frame
    return frame.with_columns(locked_at=pl.col("ends_at") - timedelta(days=lasts))


def _money(*, returned: bool) -> pl.DataFrame:
    """Small batches, and two days after each past end what was locked."""
    back = funding([day + 2 for day in PAST], [RETURNED_FTM] * len(PAST))
    return pl.concat([irregular(), *([back] if returned else [])]).sort("funded_at")


def _curve(lock_ups: pl.DataFrame | None, *, returned: bool = True) -> ServiceCurve:
    return prepare(_money(returned=returned), AT, lock_ups=lock_ups)


def test_the_next_end_brings_its_money_two_days_later() -> None:
    days = _curve(_lock_ups([*PAST, 830.0])).window(180_000.0).days
    assert np.mean(np.abs(days - 32.0) < 0.01) > 0.7
    # Past ends brought it, but for what came with another batch: most futures have it, not all.
    assert 0.85 < np.mean(days <= 32.01) < 1.0


def test_without_a_coming_end_such_a_batch_is_not_expected() -> None:
    known, unknown = _curve(_lock_ups(PAST)), _curve(None)
    need_ftm = 180_000.0
    assert known.window(need_ftm).quantile(0.5) > 1.5 * unknown.window(need_ftm).quantile(0.5)


def test_an_end_that_is_late_may_still_bring_its_money() -> None:
    late = prepare(_money(returned=True), AT, lock_ups=_lock_ups([*PAST, 799.0]))
    assert late.window(180_000.0).quantile(0.5) == pytest.approx(1.0)
    gone = prepare(_money(returned=True), AT, lock_ups=_lock_ups([*PAST, 790.0]))
    assert gone.window(180_000.0).quantile(0.5) > 20, "two days are long over"


def test_ends_that_brought_nothing_are_left_alone() -> None:
    without = _curve(None, returned=False)
    for ends in ([*PAST, 830.0], [700.0, 830.0]):  # the second: too few to say
        told = _curve(_lock_ups(ends), returned=False)
        assert np.array_equal(told.arrived_ftm, without.arrived_ftm)


def test_a_lock_up_of_later_is_not_known_yet_and_a_short_one_is_no_calendar() -> None:
    past = _lock_ups(PAST, lasts=90.0)
    expected = _curve(past).arrived_ftm
    begun_later = _lock_ups([891.0], lasts=90.0)
    assert np.array_equal(_curve(pl.concat([past, begun_later])).arrived_ftm, expected)
    short = _lock_ups([810.0], lasts=14.0)
    assert np.array_equal(_curve(pl.concat([past, short])).arrived_ftm, expected)
    known = _lock_ups([889.0], lasts=90.0)
    assert not np.array_equal(_curve(pl.concat([past, known])).arrived_ftm, expected)


def test_an_end_holds_until_it_is_moved() -> None:
    past = _lock_ups(PAST, lasts=90.0)
    whole = _curve(pl.concat([past, _lock_ups([830.0], lasts=90.0)])).arrived_ftm

    def moved(day: float) -> np.ndarray:
        at = pl.lit(BEGAN + timedelta(days=day), pl.Datetime("us", "UTC"))
        coming = _lock_ups([830.0], lasts=90.0).with_columns(moved_at=at)
        never = past.with_columns(moved_at=pl.lit(None, pl.Datetime("us", "UTC")))
        return _curve(pl.concat([never, coming])).arrived_ftm

    assert np.array_equal(moved(800.0), whole)  # not before AT, when it is known
    assert np.array_equal(moved(799.0), _curve(past).arrived_ftm)
    assert whole.shape != _curve(past).arrived_ftm.shape


def test_broken_lock_ups_are_refused() -> None:
    good = _lock_ups([*PAST, 830.0])
    for broken, said in (
        (good.drop("ends_at"), "ends_at"),
        (good.with_columns(pl.col("ends_at").dt.replace_time_zone(None)), "zone"),
        (good.with_columns(amount_ftm=-pl.col("amount_ftm")), "negative"),
    ):
        with pytest.raises(ForecastError, match=said):
            _curve(broken)


def test_the_last_end_before_the_horizon_counts_and_later_ones_do_not() -> None:
    ends = [*PAST, (AT - BEGAN).days + 150.0]
    assert np.array_equal(_curve(_lock_ups(ends)).arrived_ftm, _curve(_lock_ups(PAST)).arrived_ftm)


# Money that may be in the pool already


def test_what_may_be_in_the_pool_lies_between_having_none_and_all_of_it() -> None:
    curve = prepare(irregular(), AT)
    none, some = curve.window(50_000.0).days, curve.window(50_000.0, 30_000.0).days
    all_of_it = curve.window(20_000.0).days
    assert np.all(some <= none)
    assert np.all(some >= all_of_it)
    spread = [np.quantile(days, 0.95) / np.quantile(days, 0.05) for days in (some, none)]
    assert spread[0] > spread[1]


def test_more_than_is_needed_may_be_there() -> None:
    window = prepare(irregular(), AT).window(100.0, 1e9)
    assert window.quantile(0.05) >= 0
    assert math.isfinite(window.quantile(0.95))


@pytest.mark.parametrize("amount", [-1.0, math.nan, math.inf])
def test_no_amount_in_the_pool_is_refused(amount: float) -> None:
    with pytest.raises(ForecastError, match="in_pool_ftm"):
        prepare(irregular(), AT).window(100.0, amount)
