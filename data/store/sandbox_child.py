"""One stranger's statement, in a process that can do nothing but answer it.

data.store.sandbox runs this file with `python -I`, an empty environment and the request on
stdin; nothing of ours is imported, for a quick start. Doors close in this order: DuckDB
opens the store and is locked, then the process gives up opening files and sockets,
writing, forking, memory and its turn on the processor. Only then is the text looked at.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import math
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    os.nice(10)  # its start, too, yields to whoever waits for a page
    task: dict[str, Any] = json.load(sys.stdin.buffer)
    # A store that takes no link is read below another root. That may be changed in a namespace of
    # its own (CLONE_NEWUSER), where any user may have one; later, with DuckDB's threads, none may.
    if sys.platform == "linux" and os.geteuid():
        link = f"{task['store']}.{os.getpid()}"
        try:
            os.link(task["store"], link)
        except OSError:
            ctypes.CDLL(None).unshare(0x10000000)
        else:
            Path(link).unlink()
    sys.modules["numpy"] = None  # type: ignore[assignment]  # pyarrow's slower half, not needed
else:
    task = {}

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

ALLOWED = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
COLUMNS = 1_000
BATCH_ROWS = 2_048
MESSAGE_LETTERS = 2_000
TOO_WIDE = "the answer is larger than {} MB: choose fewer columns, or cut texts with left(x, 100)"
# Types by DuckDB's ids. What Arrow or polars would get wrong is left out: UHUGEINT loses its
# first bit, TIMETZ its zone, TIMESTAMP_S its infinity; BIT and BIGNUM are bytes. An INTERVAL fails
# inside others, and is shown in days where it is a column.
SHOWN = set(
    """boolean tinyint smallint integer bigint hugeint utinyint usmallint uinteger ubigint float
    double decimal varchar blob uuid enum time""".split()
)
# Only as columns: inside lists nobody checks that they lie in the years that polars knows.
DATES = {"date", "timestamp", "timestamp with time zone"}
_ON_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of linux/prctl.h
NESTED = {"list", "array", "struct", "map"}


class Refused(Exception):
    """Why there is no answer, in words for whoever sent the statement."""


def open_store(store: str, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """A connection that reads the store, and can reach nothing else nor be reconfigured."""
    con = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": f"{memory_mb * 3 // 4}MB",
            "temp_directory": "",
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
        },
    )
    con.execute("SET TimeZone = 'UTC'")
    if sys.platform == "linux":
        _attach_nameless(con, store)
    else:
        _attach(con, store)
    con.execute("USE store")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def _attach(con: duckdb.DuckDBPyConnection, path: str) -> None:
    con.execute("ATTACH '" + path.replace("'", "''") + "' AS store (READ_ONLY)")


def _attach_nameless(con: duckdb.DuckDBPyConnection, store: str) -> None:
    """Attach the store without its folder's name: duckdb_databases() would show it.

    Through a link that is gone; where none can be made, as in a folder that we may not write or of
    another's file, with that folder as the root of all; and where that cannot be, as a copy in
    memory.
    """
    link = f"{store}.{os.getpid()}"
    try:
        os.link(store, link)
    except OSError:
        if not _attach_below(con, Path(store)):
            _attach(con, f"/proc/self/fd/{_copied(store)}")
        return
    try:
        opened = os.open(link, os.O_RDONLY)
    finally:
        Path(link).unlink()
    _attach(con, f"/proc/self/fd/{opened}")


def _attach_below(con: duckdb.DuckDBPyConnection, store: Path) -> bool:
    """Attach the store while its folder is this process' root; False where that cannot be."""
    root = os.open("/", os.O_RDONLY)
    try:
        os.chroot(store.parent)
    except PermissionError:
        os.close(root)
        return False
    try:
        _attach(con, f"/{store.name}")
    except duckdb.IOException:  # its name leaves no room for a write-ahead log's
        return False
    finally:
        os.fchdir(root)
        os.chroot(".")
        os.close(root)
    return True


def _copied(store: str) -> int:
    copy = os.memfd_create("store")
    with Path(store).open("rb") as file:
        while os.sendfile(copy, file.fileno(), None, 2**30):
            pass
    return copy


def end_with(parent: int, seconds: float) -> None:
    """End when the server does, however it ends, and in any case soon after the time is up: the one
    who would end this process may be gone, and one that sleeps uses up no time on a processor."""
    signal.alarm(math.ceil(seconds) + 1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ON_PARENTS_DEATH, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it was too late
            os._exit(1)


def close_doors(seconds: float, memory_mb: int) -> None:
    """Give up what a statement does not need. A limit that this system lacks is skipped."""
    processor = math.ceil(seconds) + 1
    _limit("RLIMIT_CPU", processor, processor + 1)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_NPROC", 0)
    if sys.platform == "linux":
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _limit("RLIMIT_AS", taken + memory_mb * 2**20)
    _limit("RLIMIT_NOFILE", 0)  # what is open stays open
    os.nice(9)


def _limit(name: str, soft: int, hard: int | None = None) -> None:
    kind = getattr(resource, name, None)
    if kind is not None:
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, soft if hard is None else hard))


def answer(con: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> tuple[bool, pa.Table]:
    """Whether there are more rows than asked for, and those asked for."""
    result = con.execute(_statement(con, request["sql"]))
    columns = [(str(name), kind) for name, kind, *_ in result.description or ()]
    if len(columns) > COLUMNS:
        raise Refused(f"{len(columns):,} columns are too many: name the ones you need")
    for name, kind in columns:
        if kind.id not in (*DATES, "interval") and not _is_shown(kind):
            raise Refused(f"{name} is of type {kind}, which cannot be shown: cast it to VARCHAR")
    reader = result.to_arrow_reader(BATCH_ROWS)
    batches, rows, size = [], 0, 0
    for batch in reader:
        batches.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if size > request["answer_bytes"]:
            raise Refused(TOO_WIDE.format(request["answer_bytes"] // 2**20))
        if rows > request["rows"]:
            break
    table = pa.Table.from_batches(batches, reader.schema).slice(0, request["rows"])
    try:
        table.validate(full=True)
    except pa.ArrowInvalid as error:
        raise Refused("a number has more than 38 digits: cast it to VARCHAR") from error
    table = _in_days(table)
    return rows > request["rows"], table.rename_columns(_distinct(table.column_names))


def _in_days(table: pa.Table) -> pa.Table:
    """The table with its intervals as numbers of days, a month being 30 of them as in DuckDB."""
    for place, field in enumerate(table.schema):
        if pa.types.is_interval(field.type):
            days = [
                each and each.months * 30 + each.days + each.nanoseconds / 86_400e9
                for each in table[place].to_pylist()
            ]
            table = table.set_column(place, f"{field.name}, days", pa.array(days, pa.float64()))
    return table


def _statement(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    statements = con.extract_statements(sql)
    if not statements:
        raise Refused("there is no statement: write a SELECT")
    if len(statements) > 1:
        pivot = not any(statement.query for statement in statements)
        raise Refused(
            "PIVOT must name its values here: PIVOT … ON column IN (…)"
            if pivot
            else f"{len(statements)} statements: send one at a time"
        )
    if statements[0].type not in ALLOWED:
        raise Refused(
            f"{statements[0].type.name} is not allowed, the store can only be read: "
            "ask with SELECT, EXPLAIN, DESCRIBE, SUMMARIZE or SHOW"
        )
    return statements[0]


def _is_shown(kind: Any) -> bool:
    if kind.id in NESTED:
        inside = kind.children[:1] if kind.id == "array" else kind.children  # [1:]: its size
        return all(_is_shown(inner) for _, inner in inside)
    return kind.id in SHOWN


def _distinct(names: list[str]) -> list[str]:
    """Column names made unique the way DuckDB does it for tables: a, a_1, a_2."""
    taken: list[str] = []
    for name in names:
        tries = (name if count == 0 else f"{name}_{count}" for count in itertools.count())
        taken.append(next(free for free in tries if free not in taken))
    return taken


def _reason(error: Exception, memory_mb: int) -> str:
    text = str(error).split("Stack Trace")[0].strip()
    if isinstance(error, MemoryError) or "Out of Memory Error" in text:
        return (
            f"it takes more than {memory_mb} MB of memory: narrow it with WHERE, or aggregate first"
        )
    return text[:MESSAGE_LETTERS]


def _reply(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The head of the reply, and the rows as an Arrow stream; no bytes for a refusal."""
    try:
        con = open_store(request["store"], request["memory_mb"])
    except (duckdb.Error, OSError):  # its message would tell the path
        return {"error": "the store cannot be opened: sync the network again"}, b""
    close_doors(request["seconds"], request["memory_mb"])
    started = time.monotonic()
    sink = pa.BufferOutputStream()
    try:
        cut, table = answer(con, request)
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
    except (Refused, duckdb.Error, pa.ArrowException, MemoryError, OSError) as error:
        return {"error": _reason(error, request["memory_mb"])}, b""
    return {"cut": cut, "seconds": time.monotonic() - started}, sink.getvalue().to_pybytes()


def main(request: dict[str, Any]) -> None:
    """The answer goes out as eight bytes of length, a line of JSON, an Arrow stream."""
    end_with(request["parent"], request["seconds"])
    out = os.dup(1)
    os.dup2(2, 1)  # enable_logging(storage := 'stdout') would write into the answer
    head, stream = _reply(request)
    payload = json.dumps(head).encode() + b"\n" + stream
    with os.fdopen(out, "wb") as pipe:
        pipe.write(len(payload).to_bytes(8) + payload)
    os._exit(0)  # no farewells: a half-read result may take long to let go


if __name__ == "__main__":
    main(task)
