"""Appends to the log of forecasts: `scoring/forecast_log.py` says what is in it.

A process that appends locks the file for an instant, and first reads what others appended since: no
forecast is logged twice. A line that a crash or a full disk tore is left as it is, and the next one
begins on a fresh line. No page does this.
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from data import StoreError
from data.config import settings
from data.store.reader import StoreInfo, is_full
from forecast import ReleaseWindow
from forecast.backtest import BRIER_DAYS
from scoring.forecast_log import LEVELS, ForecastLine, Key, log_of, read_line

# A tenth of a second: block times are whole seconds.
_DECIMALS = 6
# A forecast logged twice is logged within minutes: what is older than this much of the file is not
# looked at before an append. Where that lets one through, reading counts it once.
_TAIL_BYTES = 4 * 2**20
_MOST_KEYS = 100_000
_LOCK_TRIES, _LOCK_WAIT_S = 200, 0.005


@dataclass(frozen=True, eq=False)
class Entry:
    """A window of a pending request, or of a new unstake: then it has no `wr_id`, but `new_ftm`.

    `source` is the funding it was read from, `inputs_hash` a hash of all that it was made of.
    """

    wr_id: int | None
    need_ftm: float
    in_pool_ftm: float
    window: ReleaseWindow
    source: str
    model_version: str
    inputs_hash: str
    new_ftm: float | None = None


def line_of(info: StoreInfo, entry: Entry, logged_at: datetime) -> ForecastLine:
    """The line of a window made from the store `info` speaks of.

    Raises StoreError where that was not synced up to any block.
    """
    if info.synced_at is None or info.synced_block is None:
        raise StoreError("the store was not synced up to any block yet: sync it first")
    window = entry.window
    known = bool(window.days.size)
    within = {
        f"within_{days}_days": window.probability_within(days) if known else None
        for days in BRIER_DAYS
    }
    return ForecastLine(
        forecast_at=info.synced_at,
        block=info.synced_block,
        network=info.network,
        chain_id=info.chain_id,
        wr_id=entry.wr_id,
        need_ftm=entry.need_ftm,
        in_pool_ftm=entry.in_pool_ftm,
        kind=window.kind,
        horizon_days=window.horizon_days,
        quantiles=[_days(window.quantile(level)) for level in LEVELS] if known else [],
        source=entry.source,
        model_version=entry.model_version,
        inputs_hash=entry.inputs_hash,
        logged_at=logged_at,
        new_ftm=entry.new_ftm,
        **within,
    )


def _days(days: float) -> float | None:
    return None if math.isinf(days) else round(days, _DECIMALS)


@dataclass
class _Seen:
    """What this process knows of one file: the keys in it up to `end_bytes`."""

    file: tuple[int, int]
    end_bytes: int
    keys: set[Key] = field(default_factory=set)


_seen: dict[Path, _Seen] = {}
_seen_by_one = threading.Lock()


def append_windows(
    store: Path, info: StoreInfo, entries: Sequence[Entry], *, logged_at: datetime | None = None
) -> int:
    """Log windows made from `store`; returns how many were not there yet.

    Nothing is written of a simulated store, nor where FTM_FORECAST_LOG is off. `logged_at` is the
    wall clock's unless given. Raises StoreError where the file cannot be written, ConfigError for a
    bad setting.
    """
    if info.simulated or settings().forecast_log == "off":
        return 0
    now = datetime.now(UTC) if logged_at is None else logged_at
    lines = [line_of(info, entry, now) for entry in entries]
    path = log_of(store)
    with _seen_by_one:
        try:
            return _append(path, lines)
        except OSError as error:
            why = "no space left" if is_full(error) else error.strerror
            raise StoreError(
                f"cannot write {path}: {why}; until that is fixed, what is forecast is not logged"
            ) from error


def _append(path: Path, lines: list[ForecastLine]) -> int:
    """Append the lines that are not in the file yet; returns how many. Raises OSError."""
    if _all_known(path, lines):
        return 0
    with _locked(path) as handle:
        keys, fresh = _read_on(path, handle), True
        end = os.fstat(handle).st_size
        if end:
            fresh = os.pread(handle, 1, end - 1) == b"\n"
        written = 0
        for line in lines:
            if line.key in keys:
                continue
            text = line.model_dump_json().encode() + b"\n"
            _write_whole(handle, text if fresh else b"\n" + text)
            keys.add(line.key)
            fresh = True
            written += 1
        _seen[path].end_bytes = os.fstat(handle).st_size
        return written


def _all_known(path: Path, lines: list[ForecastLine]) -> bool:
    """Whether this process already knows every line, so that the file need not be opened."""
    seen = _seen.get(path)
    if seen is None or not {line.key for line in lines} <= seen.keys:
        return not lines
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return seen.file == (status.st_dev, status.st_ino) and status.st_size >= seen.end_bytes


def _read_on(path: Path, handle: int) -> set[Key]:
    """The keys in the file, with those that others appended since the last look."""
    status = os.fstat(handle)
    file, end = (status.st_dev, status.st_ino), status.st_size
    seen = _seen.get(path)
    if seen is None or seen.file != file or end < seen.end_bytes or len(seen.keys) > _MOST_KEYS:
        seen = _seen[path] = _Seen(file, max(0, end - _TAIL_BYTES))
    appended = b""
    while more := os.pread(handle, end - seen.end_bytes, seen.end_bytes):
        appended += more
        seen.end_bytes += len(more)
    lines = (read_line(text) for text in appended.split(b"\n"))
    seen.keys.update(line.key for line in lines if line is not None)
    return seen.keys


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, open to append, while no other process or thread appends to it."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        for _ in range(_LOCK_TRIES):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_LOCK_WAIT_S)
        else:
            raise OSError(errno.EWOULDBLOCK, "another process keeps it locked")
        yield handle
    finally:
        os.close(handle)


def _write_whole(handle: int, text: bytes) -> None:
    """One write, so that lines of several processes cannot mix."""
    if os.write(handle, text) < len(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
