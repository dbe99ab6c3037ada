"""Amounts are exact to the wei, typed or shown, and so is the fee that is taken off them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import AmountError
from data.pool.amounts import (
    MOST_WEI,
    format_brief,
    format_fee,
    format_percent,
    format_short,
    format_wei,
    parse_amount,
)
from data.pool.burn import FeeRule, burn_fee_wei

ONE = 10**18


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("1", ONE),
        ("12.5", 125 * ONE // 10),
        ("12,5", 125 * ONE // 10),
        ("  7\u00a0", 7 * ONE),
        (".5", ONE // 2),
        ("5.", 5 * ONE),
        ("0,125", ONE // 8),
        ("007", 7 * ONE),
        ("3.125", 3_125 * ONE // 1_000),
        ("1234,567", 1_234_567 * ONE // 1_000),
        ("0.000000000000000001", 1),
        ("0.1", ONE // 10),
        ("900719925.000000000000000001", 900_719_925 * ONE + 1),
        ("123456789.123456789123456789", 123_456_789_123_456_789_123_456_789),
        ("1.0000000000000000000000", ONE),  # zeros change nothing
        ("4000000000", MOST_WEI),
        ("1,234.5", 12_345 * ONE // 10),
        ("1.234,5", 12_345 * ONE // 10),
        ("12,345,678.90", 123_456_789 * ONE // 10),
        ("1 234,5", 12_345 * ONE // 10),
        ("1\u202f234.5", 12_345 * ONE // 10),
        ("1\u2019234.5", 12_345 * ONE // 10),
        ("1,234.567", 1_234_567 * ONE // 1_000),
        ("\u202a7.25\u202c", 725 * ONE // 100),  # direction marks of a calculator
        ("7\u00ad.2\u20605", 725 * ONE // 100),
        ("\ufeff\ufe0f7.25\u200d", 725 * ONE // 100),
        ("\uff17\uff0e\uff12", 72 * ONE // 10),  # of full width
        ("\U0001d7d5.25", 725 * ONE // 100),  # of mathematics
        ("7.25.", 725 * ONE // 100),  # the end of a sentence
        ("7,25,", 725 * ONE // 100),
        ("\u201c7.25\u201d", 725 * ONE // 100),
        ("\u30007.25\u2003", 725 * ONE // 100),
    ],
)
def test_what_people_type_is_exact(text: str, wei: int) -> None:
    assert parse_amount(text) == wei


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "No amount: write"),
        ("   ", "No amount: write"),
        ("0", "is 0: write a number above 0"),
        ("0,00", "is 0: write a number above 0"),
        ("-1", "negative: write a number above 0"),
        ("\u2212 3.5", "negative: write"),
        ("0.0000000000000000001", "19 decimals, a token has 18: leave out the last 1"),
        ("1.123456789012345678901", "21 decimals, a token has 18: leave out the last 3"),
        ("4000000000.000000000000000001", "too big"),
        ("9" * 90, "too big"),
        ("9" * 101, "101 characters are no amount"),
        ("1,000", "write 1000 for thousands, or 1.0 for a fraction"),
        ("12,345", "write 12345 for thousands, or 12.345 for a fraction"),
        ("12,34.5", "without thousands separators"),
        ("1,2345.6", "without thousands separators"),
        ("0,123.4", "without thousands separators"),
        ("1,234,567", "without thousands separators"),
        ("1,234.5.6", "without thousands separators"),
        ("1,234.", "write 1234 for thousands, or 1.234 for a fraction"),
        ("1,234\u200b", "write 1234 for thousands, or 1.234 for a fraction"),
        ("\u0661\u0662", "no number in the digits 0 to 9"),
        ("\u00bd", "This is no number"),
        ("5\u00b2", "no number in the digits 0 to 9"),
        ("1 000", "without thousands separators"),
        ("1'000", "without thousands separators"),
        ("1.000.000", "without thousands separators"),
        ("1e18", "exponent: write it out"),
        ("0x10", "address or a hash"),
        ("12 FTM", "the number alone"),
        ("1O", "the number alone"),
        (".", "no number"),
        ("+5", "no number"),
        ("nan", "no number"),
        ("inf", "no number"),
        ("\u0663", "no number"),
        ("five", "no number"),
    ],
)
def test_what_is_no_amount_is_told_with_its_remedy(text: str, told: str) -> None:
    with pytest.raises(AmountError, match=told) as caught:
        parse_amount(text)
    assert len(str(caught.value)) < 200


@given(st.integers(1, MOST_WEI))
def test_an_amount_formatted_and_read_again_is_the_same_to_the_wei(wei: int) -> None:
    assert parse_amount(format_wei(wei)) == wei
    if "," not in format_short(wei):  # thousands are for reading
        assert 0 < parse_amount(format_short(wei)) <= wei


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    told = ""
    try:
        assert 0 < parse_amount(text) <= MOST_WEI
    except AmountError as error:
        told = str(error)
    assert told == "" or told.endswith(".")


@pytest.mark.parametrize(
    ("wei", "exact", "short"),
    [
        (0, "0", "0"),
        (1, "0.000000000000000001", "0.000000000000000001"),
        (ONE, "1", "1"),
        (-ONE // 2, "-0.5", "-0.5"),
        (1_234_567 * ONE + ONE * 99_999 // 100_000, "1234567.99999", "1,234,567.9999"),
        (10**27, "1000000000", "1,000,000,000"),
    ],
)
def test_wei_is_shown_exactly_or_cut_off_but_never_as_nothing(
    wei: int, exact: str, short: str
) -> None:
    assert format_wei(wei) == exact
    assert format_short(wei) == short


@pytest.mark.parametrize(
    ("wei", "brief"),
    [
        (0, "0"),
        (1, "0.000000000000000001"),
        (ONE // 800, "0.0012"),
        (ONE * 1_239 // 1_000, "1.23"),
        (1_000 * ONE - 1, "999.99"),
        (12_345 * ONE + ONE // 2, "12,345"),
        (10**6 * ONE - 1, "999,999"),
        (1_239_999 * ONE, "1.23 M"),
        (12_399_999 * ONE, "12.3 M"),
        (40 * 10**9 * ONE, "40,000 M"),
    ],
)
def test_a_label_is_short_and_cut_off(wei: int, brief: str) -> None:
    assert format_brief(wei) == brief


def test_a_cost_is_rounded_up_and_never_below_itself() -> None:
    assert format_short(ONE // 10_000 + 1, up=True) == "0.0002"
    assert format_short(ONE // 10_000, up=True) == "0.0001"
    assert format_short(1, up=True) == format_wei(1)  # ten thousand times less than one step
    assert format_short(22_300_000_000_000, up=True) == "0.0000223"
    assert format_short(0, up=True) == "0"


@given(st.integers(1, 10**23), st.integers(0, 1_000))
def test_a_fee_is_never_shown_above_what_it_is_kept_of_nor_below_itself(
    gross_wei: int, thousandths: int
) -> None:
    fee_wei = -(-gross_wei * thousandths // 1_000)
    fee, gross = (Decimal(text.replace(",", "")) for text in format_fee(fee_wei, gross_wei))
    assert fee <= gross
    assert fee_wei <= fee * ONE
    assert gross * ONE <= gross_wei
    assert (fee == 0) == (fee_wei == 0)


def test_a_fee_of_dust_and_one_that_takes_all_are_exact() -> None:
    assert format_fee(10**13, 12 * 10**13) == ("0.00001", "0.0001")
    assert format_fee(15 * 10**13, 16 * 10**13) == ("0.00015", "0.00016")
    assert format_fee(ONE + 1, ONE + 1) == ("1.000000000000000001",) * 2
    assert format_fee(ONE, 100 * ONE) == ("1", "100")


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (8_861, 1_000_000, "0.887 %"),
        (5, 100, "5 %"),
        (81, 100_000, "0.081 %"),
        (1, 3, "33.4 %"),
        (1, 1, "100 %"),
        (0, 7, "0 %"),
        (1, 10**9, "0.0000001 %"),
    ],
)
def test_a_rate_is_rounded_up(part: int, whole: int, told: str) -> None:
    assert format_percent(part, whole) == told


# The fee: in whole numbers, rounded up, never past the amount


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
