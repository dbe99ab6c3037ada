"""Money that may be in the pool already widens a forecast, and never makes it later."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecast import ForecastError, prepare
from tests.made_funding import AT, irregular


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
