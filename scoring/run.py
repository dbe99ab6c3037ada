"""The backtest itself: whether one is due, and choosing a source, scoring origins, summing up."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import polars as pl

import forecast
from data.store.reader import open_reader
from forecast.backtest import choose_source, origin_scores
from forecast.summary import summarise
from scoring.companion import About, Scores, read_scores
from scoring.inputs import Inputs, released_in

MOST_ORIGINS = 5_000
# What is read until a backtest can tell: the money itself, whatever it came from.
UNDECIDED_SOURCE = "payouts"
# New releases that make a new backtest worth its minute.
_DUE_RELEASES, _DUE_SHARE = 20, 0.05


@cache
def model_version() -> str:
    """A hash of forecast/: scores of another version of the model are not shown as those of this
    one."""
    assert forecast.__file__ is not None
    files = sorted(Path(forecast.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:8]


def is_due(store: Path) -> bool:
    """Whether a backtest would tell anything that the kept scores do not. Raises StoreError.

    True without scores of this model, or with enough released since. Quick: it is asked often.
    """
    kept = read_scores(store)
    if kept is None or kept.about.model_version != model_version():
        return True
    with open_reader(store) as con:
        new = released_in(con) - kept.about.released
    return new < 0 or new >= max(_DUE_RELEASES, _DUE_SHARE * kept.about.released)


def run_backtest(
    inputs: Inputs,
    now: datetime,
    *,
    processes: int | None = None,
    most_origins: int = MOST_ORIGINS,
) -> Scores:
    """Score what would have been forecast for `most_origins` requests, evenly over the history.

    Work is shared by `processes`, by default one a core. Where nothing was paid yet, or nothing is
    old enough, the table of scores has no rows.
    """
    began = time.monotonic()
    sources = _sources(inputs, most_origins)
    judged = sources.drop_nulls("tw_crps")["source"]
    source = judged[0] if judged.len() else UNDECIDED_SOURCE
    funding = inputs.funding[source]
    origins = _shared(inputs, funding, processes or os.cpu_count() or 1, most_origins)
    about = About(
        inputs.block,
        inputs.as_of,
        model_version(),
        source,
        inputs.released,
        origins["wr_id"].n_unique(),
        time.monotonic() - began,
        now,
    )
    return Scores(about, summarise(origins), sources)


def _sources(inputs: Inputs, most_origins: int) -> pl.DataFrame:
    """The score of each candidate on the earlier span, best first; null where it cannot be
    judged."""
    known = {name: frame for name, frame in inputs.funding.items() if frame.height}
    if not inputs.requests["released_at"].drop_nulls().len():
        known = {}
    return choose_source(
        inputs.requests,
        known,
        as_of=inputs.as_of,
        lock_ups=inputs.lock_ups,
        most_origins=min(500, most_origins),
    )


def _shared(
    inputs: Inputs, funding: pl.DataFrame, processes: int, most_origins: int
) -> pl.DataFrame:
    """The scores of all origins, each process' share of them."""
    every = max(1, -(-inputs.requests.height // most_origins))
    # Not by fork: polars' threads do not survive it.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        parts = [
            pool.submit(
                origin_scores,
                inputs.requests,
                funding,
                as_of=inputs.as_of,
                lock_ups=inputs.lock_ups,
                part=(part * every, processes * every),
            )
            for part in range(processes)
        ]
        return pl.concat([part.result() for part in parts])
