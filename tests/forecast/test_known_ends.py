"""A lock-up's known end is a dated batch where such ends brought their money, and only there."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from forecast import ForecastError, ServiceCurve, prepare
from tests.made_funding import AT, BEGAN, funding, irregular

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
