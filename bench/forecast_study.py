"""Whether the forecaster keeps its promises on made-up queues, where the truth is known.

Every model is scored at the same requests, and so are an oracle that draws from what made the
queue, and an observer who knows what made it but not its state: on average nobody does better
than the one, and nobody who only sees the money than the other. Each target names the queues
that it is for; the other columns are there to be seen, and marked alike.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from statistics import median

import polars as pl

from bench.made_up_queues import BEGAN, CUT_DAY, SCENARIOS, Floats, Queue, Scenario, made_up_queue
from bench.observer import observer_days
from bench.oracle import Question, oracle_days
from bench.query_times import load
from forecast import prepare
from forecast.backtest import MODEL, origin_scores
from forecast.scores import quantile, tw_crps
from forecast.window import HORIZON_DAYS, PATHS

SEEDS, EVERY = 20, 8
PROCESSES, ORIGINS, RUNS = 2, 5_000, 20
WINDOW_MS, BACKTEST_S = 50, 60
_FIRST_DAY = 450  # by then there is a history to forecast from
_JUDGED = ("light", "heavy")
ORACLE, OBSERVER = "oracle", "observer"


@dataclass(frozen=True)
class Target:
    """A row of the table: a figure of one scenario's scores, and the bounds it has to keep."""

    label: str
    low: float
    high: float
    figure: Callable[[pl.DataFrame], float]
    judged: tuple[str, ...] = _JUDGED

    def met(self, value: float) -> bool:
        """Whether the value as printed is within the bounds."""
        return self.low <= round(value, 3) <= self.high


def main(seeds: int = SEEDS, every: int = EVERY) -> int:
    """Print the targets, the models side by side and the speed. Returns 0: a missed target is
    printed, and is no error."""
    print(f"{seeds} seeds, every {every}th request of each made-up queue is an origin\n")
    jobs = [(name, seed, (0, every)) for name in SCENARIOS for seed in range(seeds)]
    scores = pl.concat(_on_all_cores(scores_of, jobs)).filter(pl.col("tw_crps").is_not_null())
    by_scenario = {name: scores.filter(pl.col("scenario") == name) for name in SCENARIOS}
    print(f"{'':42}{'target':>13}" + "".join(f"{name:>10}" for name in SCENARIOS))
    short = sum(not _print_target(target, by_scenario) for target in _TARGETS)
    floors = "".join(f"{_over_oracle(OBSERVER)(each):9.3f} " for each in by_scenario.values())
    print(f"{'  the observer, who only sees the money':57}{floors}  no target")
    asked_soon = pl.col("requested_at") < BEGAN + timedelta(days=CUT_DAY + 45)
    soon, later = (by_scenario["cut"].filter(each) for each in (asked_soon, ~asked_soon))
    coverage = f"{_mean('covered_90')(soon):.3f}" if soon.height else "unknown"
    print(f"  asked within 45 days of the fall: {coverage}, and no target: nobody can know so soon")
    over, floor = (
        f"{_over_oracle(model)(later):.3f}" if later.height else "unknown"
        for model in (MODEL, OBSERVER)
    )
    print(f"  twCRPS over the oracle's, which knows of it at once, asked later: {over}, the")
    print(f"  observer's {floor}, and no target")
    _print_models(scores)
    print(f"\n{short} of {len(_TARGETS)} targets fall short\n")
    _print_speed(max(1, every // EVERY))
    return 0


def _on_all_cores(
    scored: Callable[..., pl.DataFrame], jobs: list[tuple[str, int, tuple[int, int]]]
) -> list[pl.DataFrame]:
    """The scores of each (scenario, seed, part), on two processes."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        return list(pool.map(scored, *zip(*jobs, strict=True)))


def scores_of(name: str, seed: int, part: tuple[int, int]) -> pl.DataFrame:
    """The scores of every model at the origins of one queue, the best that can be among them."""
    scenario, queue = SCENARIOS[name], made_up_queue(SCENARIOS[name], seed)
    scores = _backtest(scenario, queue, part)
    origins = scores.filter(pl.col("model") == MODEL, pl.col("tw_crps").is_not_null())
    best = [each(scenario, queue, origins) for each in (oracle_scores, observer_scores)]
    return pl.concat([scores, *best], how="diagonal").with_columns(
        scenario=pl.lit(name), seed=pl.lit(seed)
    )


def backtest_of(name: str, seed: int, part: tuple[int, int]) -> pl.DataFrame:
    """What a store is scored with too: the model and the baselines."""
    return _backtest(SCENARIOS[name], made_up_queue(SCENARIOS[name], seed), part)


def _backtest(scenario: Scenario, queue: Queue, part: tuple[int, int]) -> pl.DataFrame:
    return origin_scores(
        queue.requests,
        queue.funding,
        as_of=queue.as_of,
        lock_ups=queue.lock_ups if scenario.lock_ups else None,
        since=BEGAN + timedelta(days=CUT_DAY if scenario.cut else _FIRST_DAY),
        part=part,
    )


def oracle_scores(scenario: Scenario, queue: Queue, origins: pl.DataFrame) -> pl.DataFrame:
    """The same requests as the oracle would have foretold them, with as many paths: `tw_crps` and
    `covered_90`. `origins` are rows of `origin_scores` whose horizon is over."""
    return _drawn_scores(ORACLE, partial(oracle_days, scenario, queue.hidden), queue, origins)


def observer_scores(scenario: Scenario, queue: Queue, origins: pl.DataFrame) -> pl.DataFrame:
    """The same requests as the observer would have foretold them; see `oracle_scores`."""
    return _drawn_scores(OBSERVER, partial(observer_days, scenario, queue), queue, origins)


def _drawn_scores(
    model: str, drawn_days: Callable[[Question], Floats], queue: Queue, origins: pl.DataFrame
) -> pl.DataFrame:
    requests = origins.select("wr_id", "requested_at", "amount").join(
        queue.requests.select("wr_id", "released_at", "need_ftm"), on="wr_id", maintain_order="left"
    )
    scores = []
    for wr_id, at, released_at, need_ftm in requests.drop("amount").iter_rows():
        day = (at - BEGAN) / timedelta(days=1)
        sample = drawn_days(Question(day, need_ftm, PATHS, HORIZON_DAYS, wr_id))
        wait = math.inf if released_at is None else (released_at - at) / timedelta(days=1)
        low, high = quantile(sample, 0.05), quantile(sample, 0.95)
        truth = min(wait, HORIZON_DAYS)
        scores.append((tw_crps(sample, truth, HORIZON_DAYS), float(low <= truth <= high)))
    figures = pl.DataFrame(
        scores, schema={"tw_crps": pl.Float64, "covered_90": pl.Float64}, orient="row"
    )
    return requests.select(pl.lit(model).alias("model"), "wr_id", "requested_at", "amount").hstack(
        figures
    )


def _mean(metric: str, model: str = MODEL) -> Callable[[pl.DataFrame], float]:
    """The mean over seeds of a metric, so that each made-up history counts alike."""

    def figure(scores: pl.DataFrame) -> float:
        of_model = scores.filter(pl.col("model") == model)
        means = of_model.group_by("seed").agg(pl.col(metric).mean())[metric].to_list()
        return float(sum(means) / len(means)) if means else float("nan")

    return figure


def _least_by_amount(scores: pl.DataFrame) -> float:
    of_model = scores.filter(pl.col("model") == MODEL)
    return min(_mean("covered_90")(each) for each in of_model.partition_by("amount"))


def _below(baseline: str) -> Callable[[pl.DataFrame], float]:
    """By what share the model's score is lower than a baseline's."""
    return lambda scores: 1 - _mean("tw_crps")(scores) / _mean("tw_crps", baseline)(scores)


def _over_oracle(model: str = MODEL) -> Callable[[pl.DataFrame], float]:
    """How many times the oracle's score a model's is."""
    return lambda scores: _mean("tw_crps", model)(scores) / _mean("tw_crps", ORACLE)(scores)


_TARGETS = (
    Target("coverage of the 90 % interval", 0.85, 0.95, _mean("covered_90")),
    Target("  in the amount bucket with the least", 0.80, 1.0, _least_by_amount),
    Target("coverage of the 50 % interval", 0.44, 0.56, _mean("covered_50")),
    Target("late rate P(wait > q90)", 0.0, 0.13, _mean("late")),
    Target("twCRPS lower than by need / recent rate", 0.20, 1.0, _below("need / recent rate")),
    Target("twCRPS lower than by past waits by amount", 0.45, 1.0, _below("past waits by amount")),
    Target("twCRPS lower than by always 35 days", 0.60, 1.0, _below("always 35 days")),
    Target("coverage after money fell to 45 %", 0.80, 1.0, _mean("covered_90"), ("cut",)),
    Target("twCRPS over the oracle's", 1.0, 1.20, _over_oracle()),
    Target("  where money stops or fell", 1.0, 1.25, _over_oracle(), ("outages", "cut")),
)


def _print_target(target: Target, by_scenario: dict[str, pl.DataFrame]) -> bool:
    values = {name: target.figure(scores) for name, scores in by_scenario.items()}
    met = all(target.met(values[name]) for name in target.judged)
    cells = "".join(f"{value:9.3f}{' ' if target.met(value) else '!'}" for value in values.values())
    print(f"{target.label:42}{target.low:6.2f}-{target.high:.2f}  {cells}", end="")
    print(f"  {'pass' if met else 'falls short'}: {', '.join(target.judged)}")
    return met


def _print_models(scores: pl.DataFrame) -> None:
    print(f"\n{'mean twCRPS in days (coverage of 90 %)':42}")
    for model in scores["model"].unique(maintain_order=True):
        print(f"  {model:18}", end="")
        for name in SCENARIOS:
            of_scenario = scores.filter(pl.col("scenario") == name)
            crps, covered = (_mean(each, model)(of_scenario) for each in ("tw_crps", "covered_90"))
            print(f"{name:>10} {crps:5.1f} ({covered:.2f})", end="")
        print()


def _print_speed(thinned: int) -> None:
    queue = made_up_queue(SCENARIOS["heavy"], 0)
    at = queue.as_of - timedelta(days=200)
    began = time.perf_counter()
    curve = prepare(queue.funding, at)
    prepared_ms = (time.perf_counter() - began) * 1000
    times = []
    for need_ftm in range(1_000, 1_000 * (RUNS + 1), 1_000):
        began = time.perf_counter()
        curve.window(float(need_ftm))
        times.append((time.perf_counter() - began) * 1000)
    print(f"load {load()}")
    print(_timed("one window of 1,000 paths, history cached", median(times), WINDOW_MS, "ms"))
    print(_timed("  and with the history read anew", median(times) + prepared_ms, WINDOW_MS, "ms"))
    began = time.perf_counter()
    parts = [("heavy", 0, (part, PROCESSES * thinned)) for part in range(PROCESSES)]
    done = pl.concat(_on_all_cores(backtest_of, parts))
    took_s, origins = time.perf_counter() - began, done["wr_id"].n_unique()
    label = f"{ORIGINS:,} origins on {PROCESSES} cores, from {origins:,}"
    print(_timed(label, took_s * ORIGINS / origins, BACKTEST_S, "s"))


def _timed(label: str, took: float, target: float, unit: str) -> str:
    verdict = "pass" if took < target else "falls short"
    return f"{label:42}{took:9.1f} {unit:2}  target {target} {unit}  {verdict}"
