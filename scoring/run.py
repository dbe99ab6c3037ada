"""The backtest itself: choose a source on the earlier span, score every origin, sum up."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import polars as pl

import forecast
from forecast.backtest import choose_source, origin_scores
from forecast.summary import summarise
from scoring.companion import About, Scores
from scoring.inputs import Inputs

MOST_ORIGINS = 5_000


@cache
def model_version() -> str:
    """Another for each state of forecast/: scores of an older model are not this one's."""
    assert forecast.__file__ is not None
    files = sorted(Path(forecast.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:8]


def run_backtest(
    inputs: Inputs,
    now: datetime,
    *,
    processes: int | None = None,
    most_origins: int = MOST_ORIGINS,
) -> Scores:
    """Score what would have been forecast for each of the newest `most_origins` requests.

    Work is shared by as many processes as there are cores, unless told. Raises
    forecast.ForecastError where nothing was paid yet, so nothing can be scored.
    """
    began = time.monotonic()
    known = {name: frame for name, frame in inputs.funding.items() if frame.height}
    sources = choose_source(
        inputs.requests,
        known,
        as_of=inputs.as_of,
        lock_ups=inputs.lock_ups,
        most_origins=min(500, most_origins),
    )
    source = sources["source"][0]
    origins = _shared(inputs, known[source], processes or os.cpu_count() or 1, most_origins)
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


def _shared(
    inputs: Inputs, funding: pl.DataFrame, processes: int, most_origins: int
) -> pl.DataFrame:
    since = None
    if inputs.requests.height > most_origins:
        since = inputs.requests["requested_at"].sort()[-most_origins]
    told = {"as_of": inputs.as_of, "lock_ups": inputs.lock_ups, "since": since}
    # Not by fork: polars' threads do not survive it.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        parts = [
            pool.submit(_part, inputs.requests, funding, told, (part, processes))
            for part in range(processes)
        ]
        return pl.concat([part.result() for part in parts])


def _part(
    requests: pl.DataFrame,
    funding: pl.DataFrame,
    told: Mapping[str, object],
    part: tuple[int, int],
) -> pl.DataFrame:
    return origin_scores(requests, funding, part=part, **told)  # type: ignore[arg-type]
