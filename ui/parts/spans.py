"""The days that a chart shows, kept in the URL, and the steps it is drawn in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.parts import links

Step = Literal["hour", "day", "week"]
LENGTH = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_DAYS = {"35 days": 35, "6 months": 183, "1 year": 365}
ALL, _CUSTOM = "all", "custom"


@dataclass(frozen=True)
class Span:
    """The days since..until, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def __str__(self) -> str:
        """`1 Jan 2024 to 30 Jun 2024`."""
        return " to ".join(f"{day.day} {day:%b %Y}" for day in (self.since, self.until))

    @property
    def depth_step(self) -> Step:
        """The step of a line, which may have up to 2,000 points."""
        return "hour" if self.days <= 80 else "day" if self.days <= 1_900 else "week"

    @property
    def flow_step(self) -> Step:
        """The step of bars, which are told apart up to about 100; 250 over the whole history."""
        return "hour" if self.days <= 4 else "day" if self.days <= 80 else "week"


def span_input(label: str, usual: str, first: date, last: date, notices: DeltaGenerator) -> Span:
    """The chosen days within `first`..`last`, where the store has anything to show; where nothing
    was chosen, the range called `usual`."""
    # A link with days and without a range means these days, until a range is chosen.
    means_days = "range" not in st.session_state and not st.query_params.keys().isdisjoint(
        {"since", "until"}
    )
    if means_days and "range" not in st.query_params:
        usual = _CUSTOM
    choice = links.choose(label, [*_DAYS, ALL, _CUSTOM], "range", usual, notices)
    if choice == _CUSTOM:
        since = links.choose_day("From", "since", first, first, last, notices)
        until = links.choose_day("To", "until", last, first, last, notices)
        if since <= until:
            return Span(since, until)
        notices.warning(f"From {since} to {until} is no range: showing everything.")
        choice = ALL
    return _named(choice, first, last)


def span_of(link: Mapping[str, str], usual: str, first: date, last: date) -> Span | None:
    """The days that a link means, as `span_input` begins with them; None where it means none."""
    means_days = not link.keys().isdisjoint({"since", "until"})
    choice = link.get("range", _CUSTOM if means_days else usual)
    if choice != _CUSTOM:
        return _named(choice, first, last) if choice in (*_DAYS, ALL) else None
    texts = [link.get("since", str(first)), link.get("until", str(last))]
    if not all(links.is_day(text, first, last) for text in texts):
        return None
    since, until = map(date.fromisoformat, texts)
    return Span(since, until) if since <= until else None


def _named(choice: str, first: date, last: date) -> Span:
    if choice == ALL:
        return Span(first, last)
    return Span(max(first, last - timedelta(days=_DAYS[choice] - 1)), last)
