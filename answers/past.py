"""A store as it was at the end of a day or at a block of the past: the answers of that day.

Where it is not kept from before it is built first, from the published store's own logs
(data/ingest/past.py). Its view knows that it is of the past, and leads to the present one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from answers import store_view
from answers.sources import Source, Version
from answers.store_view import At, StoreView
from data import PastError
from data.ingest.past import Past, Place, build_past, find_past, locate, read_moment, touch

MOST_LOGS = 1_000_000  # of a store whose past programs may ask for: a page waits, they do not
_LOGS_A_SECOND = 40_000  # less where many requests wait
_WAITING = threading.BoundedSemaphore(8)
_TRIES = 3  # what was built may be driven out before it is opened


@dataclass(frozen=True)
class Plan:
    """How long it takes to show a moment of the past, in about so many `seconds`: 0 where it is
    kept from before. So many `logs` are read."""

    seconds: float
    logs: int


def plan(source: Source, moment: str, now: datetime) -> Plan:
    """What it takes to show `source` as of `moment`. Raises what `open_at` does; builds nothing."""
    present, place = _present_and_place(source, moment, now)
    past = _past(present.version, place)
    if past.path.exists():
        return Plan(0.0, 0)
    with store_view.cursor(present.version) as con:
        row = con.execute("SELECT count(*) FROM raw_logs WHERE block <= ?", [place.block])
        (logs,) = row.fetchone() or (0,)
    return Plan(logs / _LOGS_A_SECOND, logs)


def open_at(source: Source, moment: str, now: datetime) -> StoreView:
    """The store of `source` as it was at `moment`, built first where it is not kept: a day (UTC) as
    `2024-03-01` is read as of its last block, the number of a block as of that block.

    `now` is the wall clock's. Raises PastError with the reason for what is neither a day nor a
    block, a day that is not over or not known whole, a block that is not read yet, what lies before
    the first block, a store without times and one that cannot be built; StoreError where the
    published store cannot be read, SupersededError where a newer one came meanwhile.
    """
    present, place = _present_and_place(source, moment, now)
    read = read_moment(moment)
    day = read if isinstance(read, date) else None
    at = At(str(read), day, place.is_exact, present)
    for _ in range(_TRIES):
        past = _past(present.version, place)
        if not touch(past, now):
            past = _built(source.path, place, now)
            store_view.refuse_other(present.version)
        built = Source(source.name, past.path)
        if (found := built.version()) is not None:
            return StoreView(built, found, store_view.read(found), place.at, at)
    raise PastError("too many days of the past are shown at once: try again")


def days(present: StoreView) -> tuple[date, date] | None:
    """The first and the last day that can be shown as of their end; None where there is none."""
    first_at, last_at = present.first_request_at, present.info.synced_at
    if first_at is None or last_at is None:
        return None
    first = first_at.astimezone(UTC).date()
    last = last_at.astimezone(UTC).date() - timedelta(days=1)
    last = min(last, present.now.date() - timedelta(days=1))
    return (first, last) if first <= last else None


def _present_and_place(source: Source, moment: str, now: datetime) -> tuple[StoreView, Place]:
    """The present view and the place in it that a link or a program names."""
    read = read_moment(moment)
    present = store_view.open_view(source, source.version(), now)
    if present is None:
        raise PastError(f"nothing of {source.name} was read yet")
    return present, _place(present.version, read, now.astimezone(UTC).date())


def _built(store: Path, place: Place, now: datetime) -> Past:
    """One after another is built; who comes when many wait already is sent away."""
    if not _WAITING.acquire(blocking=False):
        raise PastError("many days of the past are being rebuilt just now: try again in a minute")
    try:
        return build_past(store, place, now)
    finally:
        _WAITING.release()


# Both look through all logs, which takes seconds where they are millions.
@lru_cache(maxsize=256)
def _place(version: Version, moment: date | int, today: date) -> Place:
    with store_view.cursor(version) as con:
        return locate(con, moment, today)


@lru_cache(maxsize=256)
def _past(version: Version, place: Place) -> Past:
    past = find_past(Path(version[0]), place)
    store_view.refuse_other(version)
    return past
