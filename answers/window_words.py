"""A release window in words, or why there is none. Reads no store and draws nothing."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeGuard

from answers import official, words
from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS

_UNKNOWN_NEED = (
    "There are no odds: an amount or a request ahead of it is missing, so what has to be paid "
    "first is unknown. See Status."
)
# The dates that are given, the one that a holder wants first.
_LIKELY, _EVEN = 0.9, 0.5


def sentence(window: ReleaseWindow | None, requested_at: datetime) -> str:
    """When a request that was, or would be, made at `requested_at` is expected to be paid."""
    if not has_odds(window):
        return no_odds(window)
    soon = "The next money to come may be enough. " if window.kind == "next_batch" else ""
    within, days = official_days(window, requested_at)
    return (
        f"{soon}{dates(window)}{_further(window)} {within} (by {_day(window, days)}): "
        f"**{chance(window, days)}**."
    )


def _further(window: ReleaseWindow) -> str:
    """The ranges; or how far is forecast, where that is not far enough for them."""
    if window.kind != "beyond_horizon":
        return (
            f". 90 % range: {_span(window, 0.05, 0.95)}. Middle half: {_span(window, 0.25, 0.75)}."
        )
    longest = window.horizon_days
    last = ""
    by_then = chance(window, longest)
    if math.isfinite(window.quantile(_LIKELY)) and by_then != f"{100 * _LIKELY:.0f} %":
        last = f", {by_then} by {_day(window, longest)}"
    return f"{last} ({round(longest)} days, as far as we forecast)."


def dates(window: ReleaseWindow) -> str:
    """`90 % chance by 10 Jun 2025, 50 % by 16 May 2025`, of a window that has odds; where one of
    the days is beyond what is forecast, the chance by the last day that is."""
    chances = [
        (f"{100 * p:.0f} %", f"**{_day(window, window.quantile(p))}**")
        for p in (_LIKELY, _EVEN)
        if math.isfinite(window.quantile(p))
    ]
    if len(chances) < 2:
        longest = window.horizon_days
        chances.append((f"**{_last_chance(window)}**", _day(window, longest)))
    (first, by), *more = chances
    return f"{first} chance by {by}" + "".join(f", {share} by {day}" for share, day in more)


def _last_chance(window: ReleaseWindow) -> str:
    """The chance at the end of what is forecast; one that is not reached by then is left out."""
    last = chance(window, window.horizon_days)
    missed = [f"{100 * p:.0f} %" for p in (_LIKELY, _EVEN) if math.isinf(window.quantile(p))]
    return f"nearly {last}" if last in missed else last


def no_odds(window: ReleaseWindow | None) -> str:
    """Why there are no odds, of a window without."""
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
    return _stalled(window)


def official_days(window: ReleaseWindow, requested_at: datetime) -> tuple[str, float]:
    """The official days of a request in words, and how many of them are left at the moment of the
    forecast; once they are over, as many more."""
    left = official.days_left(requested_at, window.curve.at)
    if left <= 0:
        return f"Within another {OFFICIAL_DAYS} days", float(OFFICIAL_DAYS)
    return f"Within the official {OFFICIAL_DAYS} days", left


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
    date comes later; "" where there is no such day, it has begun, or there are no odds."""
    chance = chance_before(window, ends_on)
    if ends_on is None or not has_odds(window) or not chance:
        return ""
    start = f"Chance **before {words.day(ends_on)}**, the chain's reported end:"
    if chance == words.UNKNOWN:
        return f"{start} unknown, as only {round(window.horizon_days)} days are forecast."
    days = words.days_between(window.curve.at, begin(ends_on))
    later = [f"{100 * p:.0f} %" for p in (_EVEN, _LIKELY) if window.quantile(p) >= days]
    return f"{start} **{chance}**{f'; the {later[0]} date is later' if later else ''}."


def chance_before(window: ReleaseWindow | None, ends_on: date | None) -> str:
    """That chance alone, in whole percent; "unknown" past the horizon."""
    if ends_on is None or not has_odds(window) or begin(ends_on) <= window.curve.at:
        return ""
    share = window.probability_before(begin(ends_on))
    return words.UNKNOWN if math.isnan(share) else percent(share)


def begin(day: date) -> datetime:
    """The first moment of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def _stalled(window: ReleaseWindow) -> str:
    last = window.last_funded_at
    at = window.curve.at
    quiet = words.duration(words.days_between(last, at)) if last else words.UNKNOWN
    return (
        f"**No estimate for now**: nothing has come in or been paid for {quiet}, since "
        f"{words.moment(last)}. That is longer than 99 % of past pauses, and history cannot tell "
        "when it resumes."
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
        "stalled": "no estimate for now",
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


def _span(window: ReleaseWindow, low: float, high: float) -> str:
    """`3 Mar to 9 Jun 2025`, the days between two quantiles, or one day where both are the same."""
    return words.days(
        moment(window, window.quantile(low)).date(), moment(window, window.quantile(high)).date()
    )
