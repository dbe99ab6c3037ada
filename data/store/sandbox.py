"""A stranger's SQL over a published store: answered, or refused in words they can act on.

DuckDB alone cannot hold it: inside one long function it hears no interrupt and counts no
memory. So every statement gets a process of its own (sandbox_child.py) that can open
nothing and is killed when its time is up. Not even the text is parsed in this process:
parsing IMPORT DATABASE already reads the files it names.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from data import SqlError
from data.store.reader import version

TEXT_BYTES = 100_000
ANSWER_BYTES = 16 * 2**20
_REPLY_BYTES = 2 * ANSWER_BYTES  # what Arrow adds to many small batches is less than that
_CHILD = Path(__file__).with_name("sandbox_child.py")
_AT_ONCE = 2
_DAYS = -719_162, 2_932_897  # since 1970, of the years 1 to 9999
_MICROSECONDS_A_DAY = 86_400 * 10**6
_FREE = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True)
class SqlAnswer:
    """The rows, whether there were more than asked for, and how long DuckDB worked for them."""

    rows: pl.DataFrame
    cut: bool
    seconds: float


def run_sql(
    store: Path, sql: str, *, rows: int = 10_000, seconds: float = 10.0, memory_mb: int = 512
) -> SqlAnswer:
    """The answer to one SELECT, EXPLAIN, DESCRIBE, SUMMARIZE or SHOW; times are UTC.

    `seconds` counts from the start of its process, and once more for waiting while two
    others run in this one. Raises StoreError where there is no store, SqlError for any
    other statement, for what DuckDB refuses, and for what takes too much of anything.
    """
    version(store)
    _check_text(sql)
    request = json.dumps(
        {
            "store": str(store.resolve()),
            "parent": os.getpid(),
            "sql": sql,
            "rows": rows,
            "seconds": seconds,
            "memory_mb": memory_mb,
            "answer_bytes": ANSWER_BYTES,
        }
    )
    if not _FREE.acquire(timeout=seconds):
        raise SqlError(f"{_AT_ONCE} other statements are running: try again in a few seconds")
    try:
        reply = _ask_child(request.encode(), seconds, memory_mb)
    finally:
        _FREE.release()
    head, _, stream = reply.partition(b"\n")
    answer: dict[str, Any] = json.loads(head)
    if "error" in answer:
        raise SqlError(answer["error"])
    return SqlAnswer(_frame(stream), bool(answer["cut"]), float(answer["seconds"]))


def _check_text(sql: str) -> None:
    if not sql.strip():
        raise SqlError("there is no statement: write a SELECT, or SHOW TABLES to see what there is")
    try:
        size = len(sql.encode())
    except UnicodeEncodeError as error:
        raise SqlError(
            f"character {error.start + 1} is no Unicode: delete it and type it again"
        ) from error
    if "\0" in sql:
        raise SqlError(f"character {sql.index(chr(0)) + 1} is a NUL: delete it")
    if size > TEXT_BYTES:
        raise SqlError(f"{size:,} bytes of SQL are too many: {TEXT_BYTES:,} are taken")


def _ask_child(request: bytes, seconds: float, memory_mb: int) -> bytes:
    """The whole output of the child. The child is gone when this returns or raises."""
    try:
        # A group of its own to kill, but no session: that would make its `nice` void
        # where the kernel schedules session by session.
        child = subprocess.Popen(
            [sys.executable, "-I", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            process_group=0,
        )
    except OSError as error:
        raise SqlError("the server has no room for a statement now: try again later") from error
    started = time.monotonic()
    alarm = threading.Timer(seconds, _kill, [child])
    with child:
        alarm.start()
        try:
            reply = _exchange(child, request)
        finally:
            alarm.cancel()
            alarm.join()  # after it nobody kills a number that may be another's
            _kill(child)
    if len(reply) > _REPLY_BYTES:
        raise SqlError("the answer is too large: choose fewer columns")
    if int.from_bytes(reply[:8]) == len(reply) - 8:
        return reply[8:]
    if time.monotonic() - started >= seconds or child.returncode == -signal.SIGXCPU:
        raise SqlError(
            f"no answer within {seconds:g} s: narrow it with WHERE, aggregate first, or "
            "look at its plan with EXPLAIN"
        )
    raise SqlError(
        f"the statement took more than {memory_mb} MB of memory or broke the database engine: "
        "narrow it with WHERE, or write it more simply"
    )


def _exchange(child: subprocess.Popen[bytes], request: bytes) -> bytes:
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(BrokenPipeError):  # it was killed before it read on
        child.stdin.write(request)
    with suppress(BrokenPipeError):
        child.stdin.close()
    return child.stdout.read(_REPLY_BYTES + 1)


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS: none may kill the dead
        os.killpg(child.pid, signal.SIGKILL)


def _frame(stream: bytes) -> pl.DataFrame:
    """The rows; dates that no Python can say are refused, because polars panics at them."""
    frame = pl.read_ipc_stream(io.BytesIO(stream))
    for column in frame.select(cs.date() | cs.datetime()):
        a_day = 1 if column.dtype == pl.Date else _MICROSECONDS_A_DAY
        first, end = (day * a_day for day in _DAYS)
        if not column.to_physical().is_between(first, end, closed="left").all():
            raise SqlError(f"{column.name} lies outside the years 1 to 9999: cast it to VARCHAR")
    return frame
