"""What is logged of a store, at most once a day, whoever looks at which page.

Windows of the requests that wait, at most 500 of them, evenly over the queue and the first in line
among them, and of new unstakes of some amounts. So no one's interest chooses what is scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

import queries
from data.config import settings
from data.store.reader import StoreInfo, open_reader, read_info
from forecast.present import Present, read_present
from scoring.companion import read_scores
from scoring.forecast_log import last_line
from scoring.live_scores import MOST_DELAY
from scoring.log_append import Entry, append_windows
from scoring.run import model_version

NEW_FTM = (10.0, 100.0, 1_000.0, 10_000.0)
MOST_PENDING = 500


def is_panel_due(store: Path, now: datetime) -> bool:
    """Whether a store has a block of a day of which nothing is logged, young enough that nobody can
    know how it goes. Quick: it is asked after each publish. Raises StoreError, ConfigError."""
    if settings().forecast_log == "off":
        return False
    with open_reader(store) as con:
        return _is_due(store, read_info(con), now)


def append_panel(store: Path, now: datetime) -> int:
    """Log the windows of this day if they are due and the odds are scored; returns how many.

    Raises StoreError, ConfigError, forecast.ForecastError.
    """
    if not is_panel_due(store, now):
        return 0
    scores = read_scores(store)
    if scores is None or scores.about.model_version != model_version():
        return 0
    with open_reader(store) as con:
        info = read_info(con)
        if info.synced_at is None or not _is_due(store, info, now):
            return 0
        present = _present(con, scores.about.source, info.synced_at)
        pending = queries.run(con, "pending_requests").select("wr_id", "ahead_ftm", "payout_ftm")
    return append_windows(store, info, list(_entries(present, pending)), logged_at=now)


def _is_due(store: Path, info: StoreInfo, now: datetime) -> bool:
    if info.simulated or info.is_of_the_past:
        return False
    if info.synced_at is None or not info.synced_at > now - MOST_DELAY:
        return False
    last = last_line(store)
    if last is None or last.chain_id != info.chain_id:
        return True
    return last.forecast_at.date() < info.synced_at.date()


def _present(con: duckdb.DuckDBPyConnection, source: str, at: datetime) -> Present:
    return read_present(
        queries.run(con, "money_ahead").row(0, named=True),
        queries.run(con, "funding", source=source),
        queries.run(con, "funding", source="inflows"),
        queries.run(con, "lock_up_ends"),
        source,
        at,
    )


def _entries(present: Present, pending: pl.DataFrame) -> Iterator[Entry]:
    """What is known of the windows; one whose need is unknown is left out."""
    every = max(1, -(-pending.height // MOST_PENDING))
    rows: list[tuple[int | None, float | None, float | None]] = [
        *pending.gather_every(every).rows(),
        *((None, present.waiting_ftm, amount) for amount in NEW_FTM),
    ]
    for wr_id, ahead_ftm, payout_ftm in rows:
        window = present.window(ahead_ftm, payout_ftm)
        if window is None or ahead_ftm is None or payout_ftm is None:
            continue
        need_ftm, in_pool_ftm = present.need(ahead_ftm, payout_ftm)
        yield Entry(
            wr_id=wr_id,
            need_ftm=need_ftm,
            in_pool_ftm=in_pool_ftm,
            window=window,
            source=present.source,
            model_version=model_version(),
            inputs_hash=present.inputs_hash,
            new_ftm=payout_ftm if wr_id is None else None,
        )
