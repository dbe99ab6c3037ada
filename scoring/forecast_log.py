"""What visitors were told, kept before anyone can know how it went: `<store>.forecasts`.

One JSON object a line, in a file that only grows. Whoever appends holds a lock on it for an
instant, in which it reads what others appended since: nothing is told twice, and a line that
a crash or a full disk tore is left as it is, with the next one begun on a fresh line.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from data import StoreError
from data.config import forecast_log_wanted
from data.store.reader import StoreInfo, is_full
from scoring.forecast_line import SCHEMA, Entry, ForecastLine, Key, line_of, read_line

# A forecast told twice is told within minutes: what is older than this much of the file is not
# looked at before an append. Where that lets one through, reading counts it once.
_TAIL_BYTES = 4 * 2**20
_MOST_KEYS = 100_000
_LOCK_TRIES, _LOCK_WAIT_S = 200, 0.005


@dataclass(frozen=True)
class Log:
    """The forecasts in the order they were logged, each once, as `forecast_line.SCHEMA` says.

    `unreadable_lines` were torn or are of another form, and are left out.
    """

    frame: pl.DataFrame
    unreadable_lines: int


@dataclass
class _Seen:
    """What this process knows of one file: the keys in it up to `end_bytes`."""

    file: tuple[int, int]
    end_bytes: int
    keys: set[Key] = field(default_factory=set)


_seen: dict[Path, _Seen] = {}
_seen_by_one = threading.Lock()


def log_of(store: Path) -> Path:
    """Where the forecasts shown from a store lie."""
    return store.with_name(f"{store.name}.forecasts")


def append_windows(
    store: Path, info: StoreInfo, entries: Sequence[Entry], *, logged_at: datetime | None = None
) -> int:
    """Log the windows that were shown from `store`; returns how many were not there yet.

    Nothing is written of a simulated store, nor where FTM_FORECAST_LOG is off. `logged_at` is the
    wall clock's unless told. Raises StoreError where the file cannot be written (what was
    shown stays right, but is not logged: say so and go on), ConfigError for a bad setting.
    """
    if info.simulated or not forecast_log_wanted():
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
                f"cannot write {path}: {why}; until that is mended, what is forecast is not logged"
            ) from error


def read_log(store: Path) -> Log:
    """All that was logged beside `store`; empty where nothing was. Raises StoreError."""
    lines: dict[Key, ForecastLine] = {}
    unreadable = 0
    try:
        with log_of(store).open("rb") as file:
            for text in filter(bytes.strip, file):
                line = read_line(text)
                unreadable += line is None
                if line is not None:
                    lines.setdefault(line.key, line)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StoreError(f"cannot read {log_of(store)}: {error.strerror}") from error
    columns = {name: [getattr(line, name) for line in lines.values()] for name in SCHEMA}
    return Log(pl.DataFrame(columns, schema=SCHEMA), unreadable)


def _append(path: Path, lines: list[ForecastLine]) -> int:
    """The part of `append_windows` that may fail."""
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
    """Whether this process knows without a look that nothing is to be written."""
    seen = _seen.get(path)
    if seen is None or not {line.key for line in lines} <= seen.keys:
        return not lines
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return seen.file == (status.st_dev, status.st_ino) and status.st_size >= seen.end_bytes


def _read_on(path: Path, handle: int) -> set[Key]:
    """The keys in the file, after a look at what was appended since the last one."""
    status = os.fstat(handle)
    file, end = (status.st_dev, status.st_ino), status.st_size
    seen = _seen.get(path)
    if seen is None or seen.file != file or end < seen.end_bytes or len(seen.keys) > _MOST_KEYS:
        seen = _seen[path] = _Seen(file, max(0, end - _TAIL_BYTES))
    appended = b""
    while more := os.pread(handle, end - seen.end_bytes, seen.end_bytes):
        appended += more
        seen.end_bytes += len(more)
    found = (read_line(text) for text in appended.split(b"\n"))
    seen.keys.update(line.key for line in found if line is not None)
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
