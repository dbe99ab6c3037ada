"""The backtest itself: whether one is due, and choosing a source, scoring origins, summing up.

A first verdict from a few origins takes a second or two, all of them a minute on a long history.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from datetime import datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import polars as pl

import forecast
from data.store.reader import open_reader
from forecast.backtest import (
    best_first,
    choose_source,
    earlier_span,
    forecasts_in,
    inflows_for,
    origin_scores,
    scored_only,
)
from forecast.summary import summarise
from scoring.companion import About, Scores, read_scores
from scoring.inputs import Inputs, released_in

MOST_ORIGINS, FIRST_ORIGINS = 5_000, 200
# What is read until a backtest can tell: the money itself, whatever it came from.
UNDECIDED_SOURCE = "payouts"
# New releases that make a new backtest worth its minute.
_DUE_RELEASES, _DUE_SHARE = 20, 0.05
# Origins on which a source is chosen, and the same for a first verdict.
_MOST_JUDGED, _FIRST_JUDGED = 500, 30
# In so many parts work is shared: progress is reported after each.
_PARTS = 16
OnProgress = Callable[[int, int], None]


@cache
def model_version() -> str:
    """A hash of forecast/: scores of another version of the model are not shown as those of this
    one."""
    assert forecast.__file__ is not None
    files = sorted(Path(forecast.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:8]


def is_due(store: Path) -> bool:
    """Whether a backtest would tell anything that the kept scores do not. Raises StoreError.

    True without scores of this model but a first verdict, or with enough released since. Quick: it
    is asked often.
    """
    kept = read_scores(store)
    if kept is None or kept.about.model_version != model_version() or kept.about.provisional:
        return True
    with open_reader(store) as con:
        new = released_in(con) - kept.about.released
    return new < 0 or new >= max(_DUE_RELEASES, _DUE_SHARE * kept.about.released)


def first_verdict(inputs: Inputs, now: datetime) -> Scores:
    """Score `FIRST_ORIGINS` requests, evenly over the history: provisional, as the source is chosen
    by few too, and each figure's interval is as wide as so few make it."""
    began = time.monotonic()
    sources = choose_source(
        inputs.requests,
        _candidates(inputs),
        as_of=inputs.as_of,
        lock_ups=inputs.lock_ups,
        most_origins=_FIRST_JUDGED,
    )
    part = (0, _every(inputs, FIRST_ORIGINS))
    origins = _origins(inputs, _best(sources), part)
    return _summed_up(inputs, sources, origins, began, now, provisional=True)


def run_backtest(
    inputs: Inputs,
    now: datetime,
    *,
    processes: int | None = None,
    most_origins: int = MOST_ORIGINS,
    on_progress: OnProgress = lambda done, of: None,
) -> Scores:
    """Score what would have been forecast for `most_origins` requests, evenly over the history.

    Work is shared by `processes`, by default one a core; `on_progress` hears how many requests
    of how many are done. Where nothing was paid yet, or nothing is old enough, the table of
    scores has no rows.
    """
    began = time.monotonic()
    # Not by fork: polars' threads do not survive it.
    with ProcessPoolExecutor(processes or os.cpu_count() or 1, get_context("spawn")) as pool:
        sources = _sources(inputs, min(_MOST_JUDGED, most_origins), pool)
        every = _every(inputs, most_origins)
        parts = [(part * every, _PARTS * every) for part in range(_PARTS)]
        jobs = [pool.submit(_origins, inputs, _best(sources), part) for part in parts]
        of = -(-inputs.requests.height // every)
        on_progress(0, of)
        for done, _ in enumerate(as_completed(jobs), 1):
            on_progress(of * done // _PARTS, of)
        origins = pl.concat(job.result() for job in jobs)
    return _summed_up(inputs, sources, origins, began, now, provisional=False)


def _every(inputs: Inputs, most_origins: int) -> int:
    """Which n-th requests are at most so many."""
    return max(1, -(-inputs.requests.height // most_origins))


def _candidates(inputs: Inputs) -> dict[str, pl.DataFrame]:
    """The money that may predict; none where nothing was paid that it could be judged by."""
    if not inputs.requests["released_at"].drop_nulls().len():
        return {}
    return {name: frame for name, frame in inputs.funding.items() if frame.height}


def _sources(inputs: Inputs, most_origins: int, pool: Executor) -> pl.DataFrame:
    """`choose_source`, its work shared."""
    if not (candidates := _candidates(inputs)):
        return best_first({})
    split, every = earlier_span(inputs.requests, inputs.as_of, most_origins)
    jobs = {
        name: [
            pool.submit(
                origin_scores,
                inputs.requests,
                funding,
                as_of=split,
                lock_ups=inputs.lock_ups,
                inflows=inflows_for(name, inputs.funding),
                part=(part * every, 2 * every),
                baselines=False,
            )
            for part in range(2)
        ]
        for name, funding in candidates.items()
    }
    return best_first(
        {name: pl.concat(job.result() for job in parts) for name, parts in jobs.items()}
    )


def _best(sources: pl.DataFrame) -> str:
    judged = sources.drop_nulls("tw_crps")["source"]
    return str(judged[0]) if judged.len() else UNDECIDED_SOURCE


def _origins(inputs: Inputs, source: str, part: tuple[int, int]) -> pl.DataFrame:
    return origin_scores(
        inputs.requests,
        inputs.funding[source],
        as_of=inputs.as_of,
        lock_ups=inputs.lock_ups,
        inflows=inflows_for(source, inputs.funding),
        part=part,
    )


def _summed_up(
    inputs: Inputs,
    sources: pl.DataFrame,
    origins: pl.DataFrame,
    began: float,
    now: datetime,
    *,
    provisional: bool,
) -> Scores:
    scored = scored_only(origins)
    about = About(
        block=inputs.block,
        as_of=inputs.as_of,
        model_version=model_version(),
        source=_best(sources),
        released=inputs.released,
        origins=scored["wr_id"].n_unique(),
        seconds=time.monotonic() - began,
        made_at=now,
        provisional=provisional,
    )
    return Scores(about, summarise(scored), sources, forecasts_in(origins, inputs.requests))
