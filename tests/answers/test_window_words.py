"""What is said of a release window: the chance by the official end, and the day for a calendar."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from answers import calendar, window_words, words
from answers.scored import Odds
from forecast import ReleaseWindow, release_window
from forecast.logged import COLUMNS, logged_values
from tests.made_funding import AT, irregular
from ui.odds import when_made, window_chart


@pytest.fixture(scope="module")
def window() -> ReleaseWindow:
    """Its 50 % date lies between the 20th and the 60th day."""
    window = release_window(irregular(), 50_000.0, AT)
    assert 20 < window.quantile(0.5) < 60
    assert window_words.chance(window, 5) != window_words.chance(window, 35)
    return window


@pytest.mark.parametrize(
    ("asked_days_ago", "left", "within"),
    [(0, 35, "the official"), (30, 5, "the official"), (35, 35, "another"), (200, 35, "another")],
)
def test_the_official_days_begin_with_the_request_and_once_over_anew(
    window: ReleaseWindow, asked_days_ago: int, left: int, within: str
) -> None:
    end, chance = words.day(AT + timedelta(days=left)), window_words.chance(window, left)
    sentence = f" Within {within} 35 days (by {end}): **{chance}**."
    asked_at = AT - timedelta(days=asked_days_ago)
    assert window_words.sentence(window, asked_at).endswith(sentence)


def test_no_chance_past_the_horizon_is_told(window: ReleaseWindow) -> None:
    """Of an unstake now, where the last block is so old that its official days end later."""
    assert "): **unknown**." in window_words.sentence(window, AT + timedelta(days=86))
    assert "**unknown**" not in window_words.sentence(window, AT + timedelta(days=85))


@pytest.mark.parametrize(
    ("after_even", "later"), [(-5, "; the 50 % date is later"), (1, None), (70, "")]
)
def test_the_chance_before_the_chains_end_is_told_with_the_odds_that_come_later(
    window: ReleaseWindow, after_even: int, later: str | None
) -> None:
    day = (AT + timedelta(days=window.quantile(0.5) + after_even)).date()
    end = datetime(day.year, day.month, day.day, tzinfo=UTC)
    share = np.mean([AT + timedelta(days=days) < end for days in window.days if days < 120])
    assert share == window.probability_before(end), "every future ends within the horizon"
    later = "; the 90 % date is later" if later is None else later
    assert window_words.before(window, day) == (
        f"Chance **before {words.day(day)}**, the chain's reported end: "
        f"**{window_words.percent(float(share))}**{later}."
    )


def test_no_chance_before_an_end_is_made_up(window: ReleaseWindow) -> None:
    far = (AT + timedelta(days=121)).date()
    assert "unknown, as only 120 days are forecast." in window_words.before(window, far)
    assert window_words.chance_before(window, far) == words.UNKNOWN
    day = (AT + timedelta(days=20)).date()
    stalled = release_window(irregular(until=740.0), 1_000.0, AT)
    unknown = release_window(irregular().clear(), 1_000.0, AT)
    covered = release_window(irregular(), 0.0, AT)
    for no_odds in (stalled, unknown, covered, None):
        assert window_words.before(no_odds, day) == ""
    for over in (None, AT.date(), AT.date() - timedelta(days=1)):
        assert window_words.before(window, over) == ""


def test_a_calendar_takes_the_day_of_90_percent_else_of_50_else_none(window: ReleaseWindow) -> None:
    def day(share: float, of: ReleaseWindow) -> date:
        return (AT + timedelta(days=of.quantile(share))).date()

    assert calendar.likely(window) == calendar.Likely(day(0.9, window), 90)
    larger = release_window(irregular(), 220_000.0, AT)
    assert larger.kind == "beyond_horizon"
    assert calendar.likely(larger) == calendar.Likely(day(0.5, larger), 50)
    assert calendar.likely(release_window(irregular(), 9e9, AT)) is None
    assert calendar.likely(None) is None


def test_now_is_the_last_block_of_a_simulation_and_else_this_hour() -> None:
    def now_of(now: datetime, *, simulated: bool) -> datetime:
        store: Any = SimpleNamespace(now=now, info=SimpleNamespace(simulated=simulated))
        present: Any = SimpleNamespace(curve=SimpleNamespace(at=AT))
        scores: Any = None
        return Odds(store, present, scores, (("", 0, 0), (0, 0), None)).now

    later = AT + timedelta(days=3, hours=23, minutes=59)
    assert now_of(later, simulated=True) == AT
    assert now_of(later, simulated=False) == AT + timedelta(days=3, hours=23)
    assert now_of(AT + timedelta(minutes=5), simulated=False) == AT
    assert now_of(AT - timedelta(minutes=5), simulated=False) == AT


def test_the_date_that_a_holder_wants_comes_first_and_then_the_ranges(
    window: ReleaseWindow,
) -> None:
    likely, even = (words.day(AT + timedelta(days=window.quantile(p))) for p in (0.9, 0.5))
    assert window_words.dates(window) == f"90 % chance by **{likely}**, 50 % by **{even}**"
    low, q25, q75, high = (
        AT + timedelta(days=window.quantile(p)) for p in (0.05, 0.25, 0.75, 0.95)
    )
    assert window_words.sentence(window, AT).startswith(
        f"{window_words.dates(window)}. 90 % range: {words.days(low.date(), high.date())}. "
        f"Middle half: {words.days(q25.date(), q75.date())}. Within"
    )


def test_a_date_beyond_what_is_forecast_is_the_chance_by_its_last_day() -> None:
    last = words.day(AT + timedelta(days=120))
    larger = release_window(irregular(), 220_000.0, AT)
    assert larger.kind == "beyond_horizon"
    even = words.day(AT + timedelta(days=larger.quantile(0.5)))
    by_then = window_words.chance(larger, 120)
    assert window_words.dates(larger) == f"50 % chance by **{even}**, **{by_then}** by {last}"
    assert f"by {last} (120 days, as far as we forecast). Within" in window_words.sentence(
        larger, AT
    )
    never = release_window(irregular(), 9e9, AT)
    assert window_words.dates(never) == f"**under 1 %** chance by {last}"


def test_days_of_one_year_name_it_once() -> None:
    assert words.days(date(2025, 3, 3), date(2025, 6, 9)) == "3 Mar to 9 Jun 2025"
    assert words.days(date(2024, 12, 30), date(2025, 1, 2)) == "30 Dec 2024 to 2 Jan 2025"
    assert words.days(date(2025, 3, 3), date(2025, 3, 3)) == "3 Mar 2025"


CHANCE = re.compile(r"(?:^|[ (])\**(\d+) %\** (?:chance)?:? ?by \**(\d+ \w{3} \d{4})")


def test_the_same_ends_have_the_same_name_and_date_everywhere(window: ReleaseWindow) -> None:
    def day(share: float) -> str:
        return words.day(AT + timedelta(days=window.quantile(share)))

    def days(low: float, high: float) -> str:
        return words.days(*(window_words.moment(window, window.quantile(p)) for p in (low, high)))

    sentence = window_words.sentence(window, AT)
    assert f"90 % range: {days(0.05, 0.95)}." in sentence
    assert f"Middle half: {days(0.25, 0.75)}." in sentence
    columns = logged_values(window, 1.0, 0.0, math.inf)
    row = dict(zip(COLUMNS, columns, strict=True)) | {
        "kind": window.kind,
        "requested_at": AT,
        "released_at": None,
    }
    texts = {
        "sentence": (sentence.partition(" Within")[0], {90, 50}),
        "picture": (window_chart.rows({"": window})[0]["said"], {5, 25, 50, 75, 95}),
        "when it was made": (when_made.sentence(row), {90, 50}),
    }
    for name, (text, shares) in texts.items():
        told = {int(share): date for share, date in CHANCE.findall(text)}
        assert told == {share: day(share / 100) for share in shares}, name
