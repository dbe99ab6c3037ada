"""What is said of a release window: the chance by the official end, and the day for a calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from forecast import ReleaseWindow, prepare
from tests.made_funding import AT, irregular
from ui.odds import window_words
from ui.parts import words
from ui.request import calendar


@pytest.fixture(scope="module")
def window() -> ReleaseWindow:
    """Its even odds lie between the 20th and the 60th day."""
    window = prepare(irregular(), AT).window(50_000.0)
    assert 20 < window.quantile(0.5) < 60
    return window


def test_the_official_days_of_a_new_request_begin_now(window: ReleaseWindow) -> None:
    end, chance = words.day(AT + timedelta(days=35)), window_words.chance(window, 35)
    sentence = f"The chance within the official 35 days, by {end}, is **{chance}**."
    assert window_words.sentence(window).endswith(sentence)


def test_those_of_one_that_waits_began_when_it_was_asked_for(window: ReleaseWindow) -> None:
    end, chance = words.day(AT + timedelta(days=5)), window_words.chance(window, 5)
    sentence = f"The chance within the official 35 days, by {end}, is **{chance}**."
    assert window_words.sentence(window, AT - timedelta(days=30)).endswith(sentence)
    assert chance != window_words.chance(window, 35)


@pytest.mark.parametrize("days", [35, 200])
def test_where_they_are_over_the_next_ones_are_told_of(window: ReleaseWindow, days: int) -> None:
    end, chance = words.day(AT + timedelta(days=35)), window_words.chance(window, 35)
    sentence = f"The chance within another 35 days, by {end}, is **{chance}**."
    assert window_words.sentence(window, AT - timedelta(days=days)).endswith(sentence)


def test_a_calendar_takes_nine_in_ten_odds_else_even_ones_else_none(window: ReleaseWindow) -> None:
    def day(share: float, of: ReleaseWindow) -> date:
        return (AT + timedelta(days=of.quantile(share))).date()

    assert calendar.likely(window) == calendar.Likely(day(0.9, window), "nine in ten")
    larger = prepare(irregular(), AT).window(200_000.0)
    assert larger.kind == "beyond_horizon"
    assert calendar.likely(larger) == calendar.Likely(day(0.5, larger), "even")
    assert calendar.likely(prepare(irregular(), AT).window(9e9)) is None
    assert calendar.likely(None) is None
