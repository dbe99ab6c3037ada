"""The fee is the contract's to the last wei: whole numbers, rounded up, never past the amount."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.pool.burn import FeeRule, burn_fee_wei

FTM = 10**18
RULE = FeeRule(FTM // 1_000, FTM // 10, 1_000 * FTM, 2_000 * FTM)


def _fee(rule: FeeRule, amount: int, shift: int) -> int:
    """The rule a second time, in exact fractions: the two roundings stand where they happen."""
    start, stop = rule.increase_start_wei, rule.increase_stop_wei
    along = Fraction(1)
    if amount + shift < min(start + 1, stop):
        along = Fraction(0)
    elif amount + shift < stop:
        along = Fraction(amount + shift - start, stop - start)
    ratio = rule.min_ratio + floor(along * (rule.max_ratio - rule.min_ratio))
    return min(amount, ceil(Fraction(amount * ratio, FTM)))


RATIOS = st.integers(0, 15 * FTM // 100) | st.sampled_from([0, 1, FTM // 3])
AMOUNTS = st.integers(0, 10**28) | st.sampled_from([0, 1, 999, FTM, 10**27 + 1])


@st.composite
def _rules(draw: st.DrawFn) -> FeeRule:
    ratios, limits = sorted([draw(RATIOS), draw(RATIOS)]), sorted([draw(AMOUNTS), draw(AMOUNTS)])
    return FeeRule(*ratios, *limits)


@given(rule=_rules(), amount=AMOUNTS, shift=AMOUNTS)
def test_the_fee_is_that_of_exact_fractions(rule: FeeRule, amount: int, shift: int) -> None:
    fee = burn_fee_wei(rule, amount, shift)
    assert fee == _fee(rule, amount, shift)
    assert 0 <= fee <= amount


@given(rule=_rules(), amount=AMOUNTS, shifts=st.tuples(AMOUNTS, AMOUNTS))
def test_the_more_was_unstaked_lately_the_higher_the_fee(
    rule: FeeRule, amount: int, shifts: tuple[int, int]
) -> None:
    before, after = sorted(shifts)
    assert burn_fee_wei(rule, amount, before) <= burn_fee_wei(rule, amount, after)


@pytest.mark.parametrize(
    ("amount", "shift", "fee"),
    [
        (0, 0, 0),
        (1, 0, 1),  # rounded up, even to all of it
        (999, 0, 1),
        (1_001, 0, 2),
        (1_000 * FTM, 0, FTM),  # at the start of the rise the ratio is still the least
        (FTM, 999 * FTM, FTM // 1_000),
        (500 * FTM, 1_000 * FTM, 500 * (FTM // 1_000 + 99 * FTM // 2_000)),  # half-way
        (500 * FTM, 1_500 * FTM - 1, 500 * (FTM // 10 - 1)),  # a wei before the end
        (500 * FTM, 1_500 * FTM, 50 * FTM),
        (10**30, 0, 10**29),
    ],
)
def test_the_fee_at_the_edges_of_the_rule(amount: int, shift: int, fee: int) -> None:
    assert burn_fee_wei(RULE, amount, shift) == fee


def test_a_rule_whose_rise_has_no_length_jumps() -> None:
    rule = FeeRule(0, FTM // 10, 100, 100)
    assert [burn_fee_wei(rule, amount, 0) for amount in (99, 100)] == [0, 10]


def test_a_ratio_above_one_takes_no_more_than_the_amount() -> None:
    assert burn_fee_wei(FeeRule(2 * FTM, 2 * FTM, 0, 0), 7, 0) == 7
