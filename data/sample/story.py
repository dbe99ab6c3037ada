"""When the named things of the simulated years happen, and how an amount is drawn.

The end of lock-ups has its date in the calendar; all else lies at a share of the window,
so that a shorter window tells the same story. A drawn float is rounded to a thousandth of
FTM or a billionth of a share before it counts, so another machine's last bit cannot change
an amount; the digits below are drawn as integers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime

DAY = 86_400
PARTS = 10**9  # a share is a whole number of billionths
_MILLI = 10**15  # wei in a thousandth of FTM

# Lock-ups and new delegations end with the launch of Sonic.
LOCKS_END = int(datetime(2024, 12, 18, tzinfo=UTC).timestamp())

# Shares of the window at which the pool was upgraded (May 2022 in the sample).
SECOND_GENERATION = 0.066
THIRD_GENERATION = 0.079

# The operator is away: share of the window, and days of a window of three years.
_OUTAGES = ((0.145, 4), (0.262, 11), (0.405, 6), (0.583, 19), (0.742, 3), (0.868, 13), (0.967, 5))

# Scares in which many leave at once: share of the window, days of three years, how many
# times the usual requests come.
_SCARES = ((0.063, 8, 3.0), (0.229, 9, 3.5), (0.452, 10, 3.5), (0.713, 6, 2.0))
_AFTER_LOCKS_END = ((21, 2.6), (10_000, 1.5))  # days since, how many times the usual

# The shortage that the operator tolerates before it returns stake: share of the window from
# which it holds, FTM. It decides whether people wait for days or for months.
_PATIENCE = ((0.0, 1_200), (0.17, 3_500), (0.41, 12_000), (0.64, 900), (0.79, 4_000))
_PATIENCE_AFTER_LOCKS_END = 11_500

_FULL_WINDOW_DAYS = 1_096


@dataclass(frozen=True)
class Story:
    """The window, in unix seconds."""

    start: int
    until: int

    def at(self, share: float) -> int:
        """The second at that share of the window."""
        return self.start + round((self.until - self.start) * share)

    def share(self, at: int) -> float:
        """The share of the window that has passed."""
        return (at - self.start) / (self.until - self.start)

    def locks_open(self, at: int) -> bool:
        """Whether stake can still be delegated and locked."""
        return at < LOCKS_END

    def back_from_outage(self, at: int) -> int:
        """The first second from `at` on at which the operator is at work."""
        share = self.share(at)
        for begin, days in _OUTAGES:
            end = begin + days / _FULL_WINDOW_DAYS
            if begin <= share < end:
                return self.at(end) + 1
        return at

    def unstake_factor(self, at: int) -> float:
        """How many times the usual requests come at that moment."""
        if at >= LOCKS_END:
            days = (at - LOCKS_END) / DAY
            return next(factor for until, factor in _AFTER_LOCKS_END if days < until)
        share = self.share(at)
        for begin, days, factor in _SCARES:
            if begin <= share < begin + days / _FULL_WINDOW_DAYS:
                return factor
        return 1.0

    def tolerated_ftm(self, at: int) -> int:
        """How much may be missing for the queue before the operator returns stake."""
        if at >= LOCKS_END:
            return _PATIENCE_AFTER_LOCKS_END
        share = self.share(at)
        return max((since, ftm) for since, ftm in _PATIENCE if since <= share)[1]


def drawn_wei(rng: random.Random, amount_ftm: float) -> int:
    """`amount_ftm` in wei, with its fifteen lowest digits drawn."""
    return round(amount_ftm * 1_000) * _MILLI + rng.randrange(_MILLI)


def share_of(amount: int, share: float) -> int:
    """`share` (0 to 1, to the billionth) of a whole amount, rounded down."""
    return amount * round(share * PARTS) // PARTS
