"""The official 35 days: of a request that was made they run from it, of a new one from now."""

from __future__ import annotations

from datetime import datetime, timedelta

from answers import words
from forecast.baselines import OFFICIAL_DAYS


def end(requested_at: datetime) -> datetime:
    """When the official days of a request made at `requested_at` are over."""
    return requested_at + timedelta(days=OFFICIAL_DAYS)


def days_left(requested_at: datetime, at: datetime) -> float:
    """How many of them are left at `at`; 0 or less once they are over."""
    return words.days_between(at, end(requested_at))
