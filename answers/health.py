"""Whether what is shown first can be read and is kept current: for a monitor, which may be anybody.

So no host, no path and no fault in its own words is shown here, only its kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from answers.sources import Source, read_sources
from answers.store_view import StoreView, SupersededError, open_view
from data import TrackerError
from data.config import settings
from data.store import fetch_state
from data.store.sync_state import BROKEN_OFF, is_syncing, read_state
from queries import QueryError

FETCH = "fetch"  # the kind of fault of a copy that cannot be renewed


@dataclass(frozen=True)
class Health:
    """How the store is that is shown first. None is not known, or no matter of a simulation.

    `age_s` is the age of its last block. `last_sync_error` is the kind of fault of the last sync
    that ended, None where it succeeded, and `sync_failing_s` how long ago the first one failed of
    those that failed since. Of a store that lies elsewhere it is fetching that may fail.
    """

    status: Literal["ok", "empty", "stale", "failing", "failed"]
    reason: str | None
    network: str | None = None
    synced_block: int | None = None
    simulated: bool | None = None
    age_s: int | None = None
    last_sync_error: str | None = None
    sync_failing_s: int | None = None
    failed_checks: int | None = None

    @property
    def is_well(self) -> bool:
        """Whether a monitor may be content. A store that is still to be made is no fault."""
        return self.status in ("ok", "empty")


def health(now: datetime) -> Health:
    """How the store that is shown first is, by FTM_MOST_AGE_SECONDS."""
    try:
        most_s = settings().most_age_seconds
        source = read_sources().default()
        view = newest(source, now)
        return _judged(source, view, most_s, now)
    except (TrackerError, QueryError):
        return Health("failed", "the store or its settings cannot be read: the pages say why")


def newest(source: Source, now: datetime) -> StoreView | None:
    """The newest store of a source; None where there is none. Raises StoreError."""
    while True:
        try:
            return open_view(source, source.version(), now)
        except SupersededError:
            continue


def fault_of_syncs(source: Source, now: datetime) -> tuple[str | None, int | None]:
    """The kind of fault of the last sync that ended, and for how many seconds syncs have failed;
    None where the last one succeeded, or there was none. Of a copy, how fetching it fails."""
    kind, since_s = _fault_of_copy(source.path) if source.is_copy else _fault_of_syncs(source.path)
    return kind, None if since_s is None else max(0, round(now.timestamp() - since_s))


def _fault_of_copy(copy: Path) -> tuple[str | None, float | None]:
    state = fetch_state.read_state(copy)
    return (FETCH, state.since_s) if state.fault else (None, None)


def _fault_of_syncs(store: Path) -> tuple[str | None, float | None]:
    state = read_state(store)
    if state is None:
        return None, None
    if state.ended_s is None and not is_syncing(store):  # it was killed
        return BROKEN_OFF, state.failing_since_s or state.began_s
    return state.error_kind, state.failing_since_s


def age_s(view: StoreView) -> int | None:
    """The age of the last block of a real chain."""
    info = view.info
    if info.simulated or info.synced_at is None:
        return None
    return max(0, round((view.now - info.synced_at).total_seconds()))


def _judged(source: Source, view: StoreView | None, most_s: float | None, now: datetime) -> Health:
    kind, failing_s = fault_of_syncs(source, now)
    age = None if view is None else age_s(view)
    status: Literal["ok", "empty", "stale", "failing"] = "empty" if view is None else "ok"
    reason = "nothing was read yet" if view is None else None
    # A chain that has ended makes nothing new, and no node answers: then nothing is overdue.
    if most_s is not None and not (view is not None and view.ending.is_final):
        if age is not None and age > most_s:
            status, reason = "stale", f"the last block read is older than {most_s:g} s"
        elif failing_s is not None and failing_s > most_s:
            what = "fetching has" if source.is_copy else "syncs have"
            status, reason = "failing", f"{what} failed for more than {most_s:g} s"
    return Health(
        status,
        reason,
        network=source.name,
        synced_block=None if view is None else view.info.synced_block,
        simulated=None if view is None else view.info.simulated,
        age_s=age,
        last_sync_error=kind,
        sync_failing_s=failing_s,
        failed_checks=None if view is None else view.failed_checks,
    )
