"""The best that anyone could forecast on a made-up queue: futures drawn from what made its money.

The oracle knows the generator and its state at the origin: the log-level, whether the money has
fallen, which lock-ups are open, and how long the last batch is ago. It does not know the future:
a gap that is under way is drawn from the gaps that last longer than it has by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.made_up_queues import (
    BESIDE_LOCK_UPS,
    CUT_DAY,
    CUT_SHARE,
    DAYS,
    GAP_DAYS,
    LEVEL_MEMORY_DAYS,
    LEVEL_SPREAD,
    LOCK_UPS,
    RATE_FTM,
    Floats,
    Hidden,
    Scenario,
    drawn_amounts,
    drawn_delays,
    drawn_gaps,
    drawn_locks,
)

# So many draws that some last longer than whatever is under way.
_DRAWS = 1_000_000


@dataclass(frozen=True, eq=False)
class Today:
    """What futures begin with, the same for all or a figure a path: the log-level before any fall,
    and the day on which the money falls (infinite: never)."""

    log_level: float | Floats
    falls_on: float | Floats


@dataclass(frozen=True)
class Question:
    """When `need_ftm` comes after `day` (days since the queue began), by so many paths, each to its
    horizon."""

    day: float
    need_ftm: float
    paths: int
    horizon_days: float
    seed: int


def oracle_days(scenario: Scenario, hidden: Hidden, question: Question) -> Floats:
    """The sorted days within which it comes, one a path; infinite past the horizon."""
    fell = scenario.cut and question.day >= CUT_DAY
    today = Today(float(hidden.log_levels[int(question.day)]), CUT_DAY if fell else np.inf)
    return days_from(today, scenario, hidden, question, np.random.default_rng(question.seed))


def days_from(
    today: Today, scenario: Scenario, hidden: Hidden, question: Question, rng: np.random.Generator
) -> Floats:
    """The same from what is held for true `today`. Of `hidden` no level is read."""
    day, paths = question.day, question.paths
    days, amounts = _batches(today, scenario, hidden, question, rng)
    if scenario.lock_ups:
        back_days, back_ftm = _returns(hidden, day, paths, rng)
        days, amounts = np.hstack([days, back_days]), np.hstack([amounts, back_ftm])
        order = np.argsort(days, axis=1)
        days, amounts = (np.take_along_axis(each, order, axis=1) for each in (days, amounts))
    missing = np.count_nonzero(np.cumsum(amounts, axis=1) < question.need_ftm, axis=1)
    last = days.shape[1] - 1
    came = days[np.arange(paths), np.minimum(missing, last)]
    return np.sort(np.where((missing > last) | (came > question.horizon_days), np.inf, came))


def _batches(
    today: Today, scenario: Scenario, hidden: Hidden, question: Question, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Days from then to each batch that is no lock-up's return, and what it brings."""
    day, paths, horizon_days = question.day, question.paths, question.horizon_days
    waited = day - float(hidden.batch_days[hidden.batch_days <= day][-1])
    following = drawn_gaps(scenario, (paths, 2 * int(horizon_days / GAP_DAYS) + 10), rng)
    gaps = np.hstack([_longer(_sorted_gaps(scenario), waited, paths, rng), following])
    days = np.cumsum(gaps, axis=1) - waited
    log_levels = _log_levels(today.log_level, paths, int(horizon_days) + 1, rng)
    place = np.minimum((day % 1 + days).astype(int), log_levels.shape[1] - 1)
    falls_on = np.broadcast_to(today.falls_on, paths)[:, np.newaxis]
    fallen = np.where(day + days >= falls_on, CUT_SHARE, 1.0)
    share = BESIDE_LOCK_UPS if scenario.lock_ups else 1.0
    levels_ftm = share * fallen * RATE_FTM * np.exp(np.take_along_axis(log_levels, place, axis=1))
    return days, drawn_amounts(levels_ftm, gaps, rng)


@cache
def _sorted_gaps(scenario: Scenario) -> Floats:
    return np.sort(drawn_gaps(scenario, _DRAWS, np.random.default_rng(0)))


@cache
def _sorted_delays() -> Floats:
    return np.sort(drawn_delays(_DRAWS, np.random.default_rng(0)))


def _longer(sorted_draws: Floats, waited: float, paths: int, rng: np.random.Generator) -> Floats:
    """What lasts longer than has been waited already, a row a path and one column."""
    return rng.choice(sorted_draws[np.searchsorted(sorted_draws, waited) :], (paths, 1))


def _log_levels(now: float | Floats, paths: int, days: int, rng: np.random.Generator) -> Floats:
    """Today's level and how it may go on, a row a path and a column a day."""
    keep = np.exp(-1 / LEVEL_MEMORY_DAYS)
    levels = rng.normal(0, LEVEL_SPREAD * np.sqrt(1 - keep**2), (days + 1, paths))
    levels[0] = now
    for each in range(1, days + 1):
        levels[each] += keep * levels[each - 1]
    return levels.T


def _returns(
    hidden: Hidden, day: float, paths: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Days from `day` to the return of each lock-up that is open or still to be made (infinite:
    never, or back already), and its amount."""
    locks = hidden.locks
    made = locks[:, 0] <= day
    open_locks = locks[made & (locks[:, 3] > day)]
    later = (paths, LOCK_UPS - int(made.sum()))
    lasts, later_ftm = drawn_locks(later, rng)
    back = rng.uniform(day, DAYS, later) + lasts + drawn_delays(later, rng)
    opened = [end + _longer(_sorted_delays(), day - end, paths, rng) for end in open_locks[:, 1]]
    all_back = np.hstack([*opened, back]) - day
    return all_back, np.hstack(
        [np.broadcast_to(open_locks[:, 2], (paths, len(open_locks))), later_ftm]
    )
