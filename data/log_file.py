"""Logs from a file instead of a node: one log a line, in the form of eth_getLogs.

For exports of other tools, machines with no way out, and the simulated sample. A file is
landed whole or not at all, and a line that cannot be is named by its number.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import IO, cast

import duckdb

from data import LogFileError, decode
from data.config import Network
from data.coverage import cover

_KEYS = ("address", "topics", "data", "blockNumber", "transactionHash", "logIndex")


def land_file(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    network: Network,
    first: int | None = None,
    last: int | None = None,
) -> tuple[int, int, int] | None:
    """Land the logs of `path` (ndjson, gzip where it ends in .gz) within first..last.

    Returns the number of new logs and the range of blocks that the file covers, None for a
    file without logs. Lines may be unsorted and overlap what is stored. Raises
    LogFileError naming the line, ChangedLogError where a log contradicts another. Runs
    inside the caller's transaction, after decode.prepare.
    """
    if not path.is_file():
        raise LogFileError(f"no file {path}")
    try:
        fault = decode.read_answer(con, path, lines=True)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise _broken_line(path, str(error).split("\n")[0]) from error
    if fault is not None:
        raise LogFileError(
            f"{path}, line {_line_of(path, fault.row)}: {fault.reason}. Mend or remove the line; "
            "nothing of the file was stored"
        )
    _refuse(con, path, "block_time IS NULL", "has no blockTimestamp, which a file must carry")
    known = ", ".join(f"'{address}'" for address in (network.pool, network.bond, network.sfc))
    _refuse(
        con,
        path,
        f"address NOT IN ({known})",
        f"is of a contract that {network.name} does not read: filter the export by address",
    )
    _refuse(
        con,
        path,
        "(block, log_index) IN (SELECT (block, log_index) FROM malformed_logs('landing'))",
        "has not the shape of the event that its topic0 names",
    )
    if first is not None or last is not None:
        con.execute(
            "DELETE FROM landing WHERE NOT block BETWEEN coalesce($first, 0) "
            "AND coalesce($last, block)",
            {"first": first, "last": last},
        )
    span = con.execute("SELECT min(block), max(block) FROM landing").fetchone()
    if span is None or span[0] is None:
        return None
    first, last = (span[0] if first is None else first), (span[1] if last is None else last)
    count = decode.land(con)
    cover(con, (f"file {path.name}",), first, last)
    return count, first, last


def _refuse(con: duckdb.DuckDBPyConnection, path: Path, condition: str, why: str) -> None:
    """Raise for the first line of the file that meets the condition."""
    row = con.execute(
        f"SELECT block, log_index FROM landing WHERE {condition} ORDER BY ALL LIMIT 1"
    ).fetchone()
    if row is not None:
        raise LogFileError(
            f"{path}, line {_line_with(path, *row)}: log {row[1]} of block {row[0]} {why}. "
            "Nothing of the file was stored"
        )


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.GzipFile(path)) if path.suffix == ".gz" else path.open("rb")


def _line_of(path: Path, row: int) -> int:
    """The number of the line that holds log `row`, counted from 0: blank lines hold none."""
    with _open(path) as lines:
        filled = (number for number, line in enumerate(lines, 1) if line.strip())
        return next(number for at, number in enumerate(filled) if at == row)


def _line_with(path: Path, block: int, log_index: int) -> int:
    """The number of the first line that holds this log."""
    with _open(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                log = json.loads(line)
                if (int(log["blockNumber"], 16), int(log["logIndex"], 16)) == (block, log_index):
                    return number
    raise LogFileError(f"{path} changed while it was read: try again")


def _broken_line(path: Path, reason: str) -> LogFileError:
    """The first line that is no log, found by reading the file once more, slowly."""
    number = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                log = json.loads(line)
                missing = [key for key in _KEYS if not isinstance(log, dict) or key not in log]
                if missing:
                    return _at(path, number, f"has no {missing[0]}")
                if not isinstance(log["topics"], list):
                    return _at(path, number, "topics are no list")
    except ValueError:
        return _at(path, number, "is no JSON")
    except (OSError, EOFError, zlib.error) as error:
        return _at(path, number + 1, f"cannot be read ({error})")
    return LogFileError(f"{path} cannot be read as one log a line: {reason}")


def _at(path: Path, number: int, why: str) -> LogFileError:
    return LogFileError(
        f"{path}, line {number}: {why}. Mend or remove the line; nothing of the file was stored"
    )
