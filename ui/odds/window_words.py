"""A release window in words, or why there is none. Reads no store and draws nothing."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeGuard

from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS
from ui.odds import official
from ui.parts import words

_UNKNOWN_NEED = (
    "What has to be paid before it is unknown, as an amount or a request before it is missing: "
    "see Status. So there are no odds."
)
_LATER = {"even odds": 0.5, "nine in ten odds": 0.9}


def sentence(window: ReleaseWindow | None, asked_at: datetime) -> str:
    """When a request that was, or would be, made at `asked_at` is expected to be paid."""
    if window is None:
        return _UNKNOWN_NEED
    if window.kind == "covered":
        return (
            "The money for it is **already in the pool**: the operator's next run pays it. Nobody "
            "can tell the day of that run."
        )
    if window.kind == "insufficient_history":
        return (
            "There is **too little history** for odds: they need ten batches of money over sixty "
            "days."
        )
    if window.kind == "stalled":
        return _stalled(window)
    span, days = official_days(window, asked_at)
    within = f"The chance {span}, by {_day(window, days)}, is **{chance(window, days)}**."
    low, q25, middle, q75, high = (window.quantile(p) for p in (0.05, 0.25, 0.5, 0.75, 0.95))
    if window.kind == "beyond_horizon":
        longest = window.horizon_days
        even = f"Even odds by **{_day(window, middle)}**. " if math.isfinite(middle) else ""
        return (
            f"{even}The chance by {_day(window, longest)}, in {round(longest)} days, is "
            f"**{chance(window, longest)}**: no last date is given, as "
            f"{percent(1 - window.probability_within(longest))} of the futures take **longer than "
            f"{round(longest)} days**. {within}"
        )
    soon = "The next money that comes may well be enough. " if window.kind == "next_batch" else ""
    return (
        f"{soon}Even odds by **{_day(window, middle)}**. Nine futures in ten pay it "
        f"{_between(window, low, high)}, half of them {_between(window, q25, q75)}. {within}"
    )


def official_days(window: ReleaseWindow, asked_at: datetime) -> tuple[str, float]:
    """The official days of a request in words, and how many of them are left at the moment of the
    forecast; once they are over, as many more."""
    left = official.days_left(asked_at, window.curve.at)
    if left <= 0:
        return f"within another {OFFICIAL_DAYS} days", float(OFFICIAL_DAYS)
    return f"within the official {OFFICIAL_DAYS} days", left


def by_or_after(window: ReleaseWindow, p: float) -> str:
    """`by 12 Mar 2025`, the day by which it is paid with probability `p`, or `after` the last day
    that is forecast."""
    days = window.quantile(p)
    return f"by {_day(window, days)}" if math.isfinite(days) else beyond(window)


def beyond(window: ReleaseWindow) -> str:
    """`after 29 Jun 2025`, the last day that is forecast: beyond it there are no dates."""
    return f"after {_day(window, window.horizon_days)}"


def before(window: ReleaseWindow | None, ends_on: date | None) -> str:
    """The chance of being paid before the day on which the chain is reported to end, and which
    odds come later; "" where there is no such day, it has begun, or there are no odds."""
    chance = chance_before(window, ends_on)
    if ends_on is None or not has_odds(window) or not chance:
        return ""
    start = f"The chance **before {words.day(ends_on)}**, the chain's reported end, is"
    if chance == words.UNKNOWN:
        return f"{start} unknown: only {round(window.horizon_days)} days are forecast."
    days = words.days_between(window.curve.at, _begin(ends_on))
    later = [name for name, p in _LATER.items() if window.quantile(p) >= days]
    return f"{start} **{chance}**{f'; {later[0]} come only later' if later else ''}."


def chance_before(window: ReleaseWindow | None, ends_on: date | None) -> str:
    """That chance alone, in whole percent; "unknown" past the horizon."""
    if ends_on is None or not has_odds(window) or _begin(ends_on) <= window.curve.at:
        return ""
    share = window.probability_before(_begin(ends_on))
    return words.UNKNOWN if math.isnan(share) else percent(share)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _stalled(window: ReleaseWindow) -> str:
    last = window.last_funded_at
    at = window.curve.at
    ago = words.duration(words.days_between(last, at)) if last else words.UNKNOWN
    return (
        f"**Estimates are suspended**: the money has stopped. The last came, or was paid out, on "
        f"{words.moment(last)}, {ago} before the last block. That is longer than 99 % of all "
        "pauses so far, so the past says little about when it comes again."
    )


def has_dates(window: ReleaseWindow | None) -> TypeGuard[ReleaseWindow]:
    """Whether there is at least a first date to draw."""
    return has_odds(window) and math.isfinite(window.quantile(0.05))


def has_odds(window: ReleaseWindow | None) -> TypeGuard[ReleaseWindow]:
    """Whether there is a probability to show. There is none for what the pool covers: that waits
    for the operator's next run, which is not forecast."""
    return window is not None and window.kind in ("next_batch", "batches", "beyond_horizon")


def label(window: ReleaseWindow | None) -> str:
    """Why there are no odds, in a word or two."""
    reasons = {
        "covered": "in the pool",
        "stalled": "suspended",
        "insufficient_history": "too early",
    }
    return words.UNKNOWN if window is None else reasons.get(window.kind, words.UNKNOWN)


def chance(window: ReleaseWindow, days: float) -> str:
    """The probability of being paid within `days`, in whole percent; "unknown" past the horizon."""
    if days > window.horizon_days:
        return words.UNKNOWN
    return percent(window.probability_within(days))


def percent(share: float) -> str:
    """Whole percent; a sample of futures is never sure."""
    if share < 0.01:
        return "under 1 %"
    return "over 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def _day(window: ReleaseWindow, days: float) -> str:
    """`12 Mar 2025`, the day that is `days` after the moment of the forecast."""
    return words.day(moment(window, days))


def moment(window: ReleaseWindow, days: float) -> datetime:
    return window.curve.at + timedelta(days=days)


def _between(window: ReleaseWindow, low: float, high: float) -> str:
    """`between 3 Mar 2025 and 9 Mar 2025`, or `on 3 Mar 2025` where both are one day."""
    first, last = _day(window, low), _day(window, high)
    return f"on {first}" if first == last else f"between {first} and {last}"
