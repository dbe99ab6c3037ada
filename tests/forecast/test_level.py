"""The level of the money is read through batches that vary, and goes on as levels do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from forecast.batches import Batches, read_batches
from forecast.history import History
from forecast.level import read_level
from tests.made_funding import AT

PATHS = 4_000


def _history(
    rates_ftm: npt.NDArray[np.float64], *, seed: int = 0, noise: float = 0.6, piled: bool = True
) -> History:
    """Batches some four days apart, each as large as its rate and gap say, but for the noise."""
    rng = np.random.default_rng(seed)
    gaps = rng.gamma(2.0, 2.0, rates_ftm.size)
    days = np.cumsum(gaps)
    brought = rates_ftm * (gaps if piled else 4.0)
    brought *= rng.lognormal(-(noise**2) / 2, noise, gaps.size)
    return History(AT, days - days[-1] - 1.0, brought)


def _logs(history: History, days: float) -> npt.NDArray[np.float64]:
    """Log-levels drawn so many days from now."""
    level = read_level(history, read_batches(history))
    at = np.full((PATHS, 1), days)
    return np.log(level.draw(at, np.random.default_rng(1)))[:, 0]


@pytest.mark.parametrize("piled", [True, False])
@pytest.mark.parametrize("rate_ftm", [0.02, 12_000.0, 3e9])
def test_a_level_that_holds_is_found(rate_ftm: float, piled: bool) -> None:
    off = [
        np.median(_logs(_history(np.full(250, rate_ftm), seed=seed, piled=piled), 0.0))
        - np.log(rate_ftm)
        for seed in range(20)
    ]
    assert np.mean(off) == pytest.approx(0.0, abs=0.06)
    assert np.std(off) < 0.25, "a batch alone varies by 0.6"


def test_a_fall_is_followed_and_a_few_small_batches_leave_both_possible() -> None:
    def median_and_spread(small: int) -> tuple[float, float]:
        rates = np.where(np.arange(250) < 250 - small, 1.0, 0.3)
        logs = [_logs(_history(rates, seed=seed), 0.0) for seed in range(10)]
        return float(np.median(logs)), float(np.mean(np.std(logs, axis=1)))

    (before, sure), (soon, unsure), (later, sure_again) = (
        median_and_spread(small) for small in (0, 5, 60)
    )
    assert before > -0.15
    assert np.log(0.3) < soon < before
    assert later == pytest.approx(np.log(0.3), abs=0.15)
    assert unsure > sure
    assert unsure > sure_again


def test_the_spread_grows_with_the_days_and_then_no_more() -> None:
    history = _history(np.full(250, 1.0))
    now, soon, late, later = (
        np.std(_logs(history, days)) for days in (0.0, 30.0, 1_500.0, 1_600.0)
    )
    assert now < soon < late
    assert late == pytest.approx(later, rel=0.1)


def test_what_moved_much_is_drawn_wider_than_what_held() -> None:
    walk = np.exp(0.5 * np.sin(np.arange(250) / 8.0))
    held, moved = (
        np.std(_logs(_history(rates, noise=0.3), 60.0)) for rates in (np.full(250, 1.0), walk)
    )
    assert moved > 1.3 * held


def test_money_that_never_varies_is_foretold_as_such() -> None:
    history = History(AT, np.arange(-1_000.0, 0.0, 5.0), np.full(200, 1_000.0))
    assert np.median(_logs(history, 0.0)) == pytest.approx(np.log(200.0), abs=0.05)
    assert np.std(_logs(history, 0.0)) < 0.15


def test_a_silence_of_a_year_within_history_is_no_error() -> None:
    history = _history(np.full(250, 1.0))
    days = history.days - np.where(np.arange(250) < 125, 365.0, 0.0)
    assert np.isfinite(_logs(History(AT, days, history.amounts_ftm), 60.0)).all()


@pytest.mark.parametrize(("piled", "share"), [(True, 1.0), (False, 0.0)])
def test_whether_money_piles_up_through_a_gap_is_read_from_history(
    piled: bool, share: float
) -> None:
    history = _history(np.full(250, 1.0), piled=piled, noise=0.2)
    batches = read_batches(history)
    assert batches.piled_share == share
    assert batches.expected_days.sum() == pytest.approx(history.gaps.sum())
    assert batches.brought_days.sum() == pytest.approx(history.gaps.sum())


def test_a_gap_longer_than_any_before_brings_what_piled_up_meanwhile() -> None:
    batches = Batches(np.array([4.0, 4.0]), np.array([2.0, 6.0]), piled_share=0.5, usual_days=4.0)
    like = np.array([0, 1])
    assert batches.brought_after(np.array([4.0, 4.0]), like).tolist() == [2.0, 6.0]
    assert batches.brought_after(np.array([44.0, 44.0]), like).tolist() == [12.0, 36.0]
