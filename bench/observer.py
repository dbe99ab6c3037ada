"""The best that anyone could forecast on a made-up queue who only sees the money that came.

The observer knows the generator with all its figures, and sees every batch; a lock-up's return is
told by its amount. Hidden from it are the level, and whether the money has fallen: of that it
knows how deep a fall goes and that there is one in a history, on any day alike. What follows from
the batches is exact: the logarithms are normal, so it is a Kalman filter for each batch before
which the money may have fallen.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from bench.made_up_queues import (
    BATCH_MEAN,
    BATCH_SPREAD,
    BESIDE_LOCK_UPS,
    CUT_SHARE,
    DAYS,
    LEVEL_MEMORY_DAYS,
    LEVEL_SPREAD,
    RATE_FTM,
    Floats,
    Queue,
    Scenario,
    piled_days,
)
from bench.oracle import Question, Today, days_from


def observer_days(scenario: Scenario, queue: Queue, question: Question) -> Floats:
    """As `oracle_days`, of futures that begin with what the batches up to the day tell."""
    rng = np.random.default_rng(question.seed)
    today = _today(
        scenario, *_seen(scenario, queue, question.day), question.day, question.paths, rng
    )
    return days_from(today, scenario, queue.hidden, question, rng)


def _seen(scenario: Scenario, queue: Queue, day: float) -> tuple[Floats, Floats]:
    """The days of the batches that no lock-up brought, and the log-level that each alone tells."""
    days = queue.hidden.batch_days[queue.hidden.batch_days <= day]
    returned = pl.col("amount_ftm").is_in(queue.lock_ups["amount_ftm"].to_list())
    amounts = queue.funding.filter(~returned)["amount_ftm"].to_numpy()[: days.size]
    share = BESIDE_LOCK_UPS if scenario.lock_ups else 1.0
    usual_ftm = share * RATE_FTM * piled_days(np.diff(days, prepend=0.0))
    return days, np.log(amounts / usual_ftm) - BATCH_MEAN


def _today(
    scenario: Scenario,
    days: Floats,
    logs: Floats,
    day: float,
    paths: int,
    rng: np.random.Generator,
) -> Today:
    """Draws from what is believed at `day` of the level and of the fall."""
    # A place each: the fall came before this batch; the last, that no batch shows it.
    many = days.size
    before = np.arange(many + 1) if scenario.cut else np.array([many])
    chances = np.diff(days, prepend=0.0, append=DAYS)[before]
    means, variance, last = np.zeros(before.size), LEVEL_SPREAD**2, 0
    log_chances = np.log(chances)
    for batch, (came, log) in enumerate(zip(days.astype(int), logs, strict=True)):
        means, variance = _later(means, variance, came - last)
        missed = log - means - math.log(CUT_SHARE) * (before <= batch)
        spread = variance + BATCH_SPREAD**2
        log_chances -= missed**2 / (2 * spread)
        means, variance = means + variance / spread * missed, variance * BATCH_SPREAD**2 / spread
        last = came
    means, variance = _later(means, variance, int(day) - last)
    chances = np.exp(log_chances - log_chances.max())
    drawn = rng.choice(before.size, paths, p=chances / chances.sum())
    log_levels = means[drawn] + math.sqrt(variance) * rng.standard_normal(paths)
    if not scenario.cut:
        return Today(log_levels, math.inf)
    return Today(log_levels, np.where(drawn < many, 0.0, rng.uniform(days[-1], DAYS, paths)))


def _later(means: Floats, variance: float, days: int) -> tuple[Floats, float]:
    """What is believed of the level so many days later."""
    keep = math.exp(-days / LEVEL_MEMORY_DAYS)
    return means * keep, variance * keep**2 + LEVEL_SPREAD**2 * (1 - keep**2)
