"""Made-up queues to judge the forecaster on: money in batches, and who waits for it.

Written apart from data/sample and from the forecaster: levels move as a mean-reverting walk,
which neither assumes, and the demand does not know the money's future.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

BEGAN = datetime(2021, 1, 1, tzinfo=UTC)
DAYS = 1_500
CUT_SHARE, CUT_DAY = 0.45, 1_100
RATE_FTM = 12_000.0
# Deviation of the level's logarithm, and in how many days it falls back to 1/e.
LEVEL_SPREAD, LEVEL_MEMORY_DAYS = 0.35, 90.0
GAP_DAYS = 4.0
# Mean and deviation of the logarithm of what a batch brings beside what piled up.
BATCH_MEAN, BATCH_SPREAD = -0.18, 0.6
# The other money brings this share of itself where lock-ups bring the rest.
BESIDE_LOCK_UPS = 0.4
LOCK_UPS = (DAYS + 200) // 9
_AMOUNT_MEDIAN_FTM, _AMOUNT_SPREAD = 900.0, 1.9
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scenario:
    """How a queue differs from the light one: `load` is demand over supply."""

    load: float
    patience_days: float
    cut: bool = False
    bursts: bool = False
    outages: bool = False
    lock_ups: bool = False


SCENARIOS = {
    "light": Scenario(0.85, 40.0),
    "heavy": Scenario(1.6, 70.0),
    "cut": Scenario(1.1, 30.0, cut=True),
    "bursts": Scenario(1.2, 60.0, bursts=True),
    "outages": Scenario(1.2, 60.0, outages=True),
    "lock-ups": Scenario(1.2, 60.0, lock_ups=True),
}


@dataclass(frozen=True, eq=False)
class Hidden:
    """What made the money and no forecaster sees, for the oracle alone; of this the observer knows
    what the money and the calendar tell anyone: `batch_days` and `locks`.

    `log_levels` are those of each day, before any fall. `batch_days`: when batches came that no
    lock-up brought. `locks`: locked at, ends at, amount, came back at (infinite: never), a row a
    lock-up. Days are since `BEGAN`.
    """

    log_levels: Floats
    batch_days: Floats
    locks: Floats


@dataclass(frozen=True, eq=False)
class Queue:
    """Frames as the backtest takes them, the end of what is known, and what made it."""

    requests: pl.DataFrame
    funding: pl.DataFrame
    lock_ups: pl.DataFrame
    as_of: datetime
    hidden: Hidden


def made_up_queue(scenario: Scenario, seed: int) -> Queue:
    """One history of `DAYS` days, the same for the same seed."""
    rng = np.random.default_rng(seed)
    days, amounts, log_levels = _batches(scenario, rng)
    locks = _lock_ups(rng) if scenario.lock_ups else np.zeros((0, 4))
    hidden = Hidden(log_levels, days, locks)
    if scenario.lock_ups:
        days, amounts = _with_returns(days, amounts * BESIDE_LOCK_UPS, locks)
    request_days, burned = _demand(scenario, rng)
    rows = _served(scenario, days, amounts, request_days, burned, rng)
    moments = {"requested_at": _at(rows[:, 0]), "released_at": _at(rows[:, 1])}
    requests = pl.DataFrame(
        {"wr_id": np.arange(len(rows)), **moments, "payout_ftm": rows[:, 2], "need_ftm": rows[:, 3]}
    )
    known = days < DAYS
    return Queue(
        requests,
        pl.DataFrame({"funded_at": _at(days[known]), "amount_ftm": amounts[known]}),
        pl.DataFrame(
            {"locked_at": _at(locks[:, 0]), "ends_at": _at(locks[:, 1]), "amount_ftm": locks[:, 2]}
        ).sort("ends_at"),
        BEGAN + timedelta(days=DAYS),
        hidden,
    )


def _walk(rng: np.random.Generator, spread: float, memory_days: float) -> Floats:
    """A mean-reverting log-level a day, with the given deviation."""
    keep = np.exp(-1 / memory_days)
    noise = rng.normal(0, spread * np.sqrt(1 - keep**2), DAYS)
    level = np.empty(DAYS)
    level[0] = rng.normal(0, spread)
    for day in range(1, DAYS):
        level[day] = keep * level[day - 1] + noise[day]
    return level


def drawn_gaps(scenario: Scenario, size: int | tuple[int, int], rng: np.random.Generator) -> Floats:
    """Days between batches."""
    gaps = rng.gamma(1.8, GAP_DAYS / 1.8, size)
    if scenario.outages:
        gaps += (rng.random(size) < 0.02) * rng.uniform(15, 45, size)
    return gaps


def drawn_amounts(levels_ftm: Floats, gaps: Floats, rng: np.random.Generator) -> Floats:
    """What batches bring at their level a day: a late one more, as rewards pile up meanwhile."""
    return levels_ftm * piled_days(gaps) * rng.lognormal(BATCH_MEAN, BATCH_SPREAD, gaps.shape)


def piled_days(gaps: Floats) -> Floats:
    """How many days' money has piled up after a gap."""
    return 0.5 * GAP_DAYS + 0.5 * gaps


def _batches(scenario: Scenario, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Batches some four days apart: their days, their amounts, and the log-level of each day."""
    gaps = drawn_gaps(scenario, 2 * DAYS // 4 + 100, rng)
    days = np.cumsum(gaps)
    kept = days < DAYS
    days, gaps = days[kept], gaps[kept]
    log_levels = _walk(rng, LEVEL_SPREAD, LEVEL_MEMORY_DAYS)
    levels_ftm = RATE_FTM * np.exp(log_levels)[days.astype(int)]
    if scenario.cut:
        levels_ftm = np.where(days >= CUT_DAY, CUT_SHARE * levels_ftm, levels_ftm)
    return days, drawn_amounts(levels_ftm, gaps, rng), log_levels


def _lock_ups(rng: np.random.Generator) -> Floats:
    """Locked at, ends at, amount, came back at: a lock-up every nine days."""
    locked = np.sort(rng.uniform(-200, DAYS, LOCK_UPS))
    lasts, amounts = drawn_locks(locked.size, rng)
    return np.column_stack(
        [locked, locked + lasts, amounts, locked + lasts + drawn_delays(locked.size, rng)]
    )


def drawn_locks(size: int | tuple[int, int], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """How long lock-ups last, two weeks to a year, and their amounts."""
    lasts = rng.choice([14.0, 90.0, 180.0, 365.0], size)
    return lasts, 0.6 * RATE_FTM * 9 * rng.lognormal(-0.4, 0.9, size)


def drawn_delays(size: int | tuple[int, int], rng: np.random.Generator) -> Floats:
    """Days from the end of a lock-up to its return: nine in ten come back within days, the others
    never (infinite)."""
    delays = np.full(size, np.inf)
    back = rng.random(size) < 0.9
    delays[back] = rng.gamma(2.0, 1.0, int(back.sum()))
    return delays


def _with_returns(days: Floats, amounts: Floats, locks: Floats) -> tuple[Floats, Floats]:
    """The batches and what came back from lock-ups, in one order."""
    all_days, all_amounts = np.append(days, locks[:, 3]), np.append(amounts, locks[:, 2])
    order = np.argsort(all_days)
    order = order[(all_days[order] >= 0) & (all_days[order] < DAYS)]
    return all_days[order], all_amounts[order]


def _demand(scenario: Scenario, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """When each request comes and how large it is, the largest cut off."""
    mean = _AMOUNT_MEDIAN_FTM * np.exp(_AMOUNT_SPREAD**2 / 2) * 0.75
    a_day = scenario.load * RATE_FTM / mean * np.exp(_walk(rng, 0.4, 60.0) - 0.08)
    if scenario.bursts:
        for day in rng.integers(0, DAYS, DAYS // 90):
            a_day[day : day + 4] *= 12
    request_days = np.repeat(np.arange(DAYS), rng.poisson(a_day)).astype(np.float64)
    request_days = np.sort(request_days + rng.random(request_days.size))
    burned = np.exp(rng.normal(np.log(_AMOUNT_MEDIAN_FTM), _AMOUNT_SPREAD, request_days.size))
    return request_days, np.minimum(burned, 150_000.0)


def _served(
    scenario: Scenario,
    days: Floats,
    amounts: Floats,
    request_days: Floats,
    burned: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Requested at, released at (NaN while it pends), payout and need, one row a request.

    Who sees a long queue is less likely to join it. Nothing is kept for nobody: what an empty
    queue leaves over is staked again.
    """
    rows: list[list[float]] = []
    head, batch, held, queued = 0, 0, 0.0, 0.0
    stays = rng.random(request_days.size)

    def settle(until: float) -> None:
        nonlocal head, batch, held, queued
        while batch < days.size and days[batch] <= until:
            held += amounts[batch]
            while head < len(rows) and rows[head][2] <= held:
                rows[head][1] = days[batch]
                held -= rows[head][2]
                queued -= rows[head][2]
                head += 1
            held = held if head < len(rows) else 0.0
            batch += 1

    for moment, amount, chance in zip(request_days, burned, stays, strict=True):
        settle(moment)
        if chance < np.exp(-queued / RATE_FTM / scenario.patience_days):
            rows.append([moment, np.nan, amount, max(queued + amount - held, 0.0)])
            queued += amount
    settle(DAYS)
    return np.array(rows)


def _at(days: Floats) -> pl.Series:
    """Moments so many days after the beginning; NaN is null."""
    micros = pl.Series(days * 86_400e6).fill_nan(None).cast(pl.Int64)
    return (
        (micros + int(BEGAN.timestamp() * 1e6)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )
