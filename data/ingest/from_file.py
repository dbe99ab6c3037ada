"""A store brought up from files of logs, one log a line in the form of eth_getLogs: no node.

For exports of other tools, machines with no way out, and the simulated sample. A file is
landed whole or not at all, and a line that cannot be is named by its number. It is read
in pieces, so that its size needs no memory, and unzipped here: DuckDB would take a .gz
that was cut off at the end of a line for a whole one.
"""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, cast

import duckdb

from data import LogFileError
from data.config import Network
from data.ingest import decode, raw_logs
from data.ingest.checks import Finding
from data.ingest.coverage import cover
from data.ingest.finish import Reached, finish
from data.pool.contracts import Balance, Block, PoolState
from data.store.writer import open_next, publish, transaction

_PIECE_BYTES = 16_000_000


@dataclass(frozen=True)
class Landed:
    """The last block the files cover, how many logs were new, and what the checks found."""

    block: int
    logs: int
    findings: Sequence[Finding]


def sync_file(
    network: Network,
    path: Path,
    files: Sequence[Path],
    now: datetime,
    first: int | None = None,
    last: int | None = None,
    *,
    source: str | None = None,
    state: PoolState | None = None,
    balances: Sequence[Balance] = (),
) -> Landed:
    """Bring the logs of some files into the store at `path`: all of them or none.

    `first` and `last` leave out blocks beyond them. What the contract says is known only
    where `state` gives it, as the simulation does. To be called under store.writer.lock.
    Raises LogFileError, StoreError or ChangedLogError with the store as it was.
    """
    names = source or ", ".join(file.name for file in files)
    with open_next(path, network) as con:
        decode.prepare(con, network)
        staged = stage_files(con, files, network, first, last)
        covered = [file for file in staged if file is not None]
        if not covered:
            raise LogFileError(f"{names} holds no log of the asked blocks: nothing was stored")
        with transaction(con):
            logs = raw_logs.land(con)
            for name, start, end in covered:
                cover(con, (name,), start, end)
        con.execute("DROP TABLE landing")  # its memory is the rebuilding's now
        block = state.block if state else _last_block(con, max(end for _, _, end in covered))
        reached = Reached(
            block,
            block.number if state else None,
            names,
            now,
            state,
            "read from a file: there was no node to ask",
        )
        findings = finish(con, reached, balances)
    publish(path)
    return Landed(block.number, logs, findings)


def _last_block(con: duckdb.DuckDBPyConnection, number: int) -> Block:
    """The last covered block, at the time of the last log up to it: files hold no headers."""
    row = con.execute("SELECT max(block_time) FROM raw_logs WHERE block <= ?", [number]).fetchone()
    assert row is not None
    return Block(number, None, row[0])


@dataclass(frozen=True)
class _Piece:
    """Some whole lines of a file, the first of which has the number `first` (from 1)."""

    path: Path
    first: int
    lines: list[bytes]

    def filled(self) -> Iterator[tuple[int, bytes]]:
        """The lines that are not blank, with their numbers."""
        return (
            (number, line)
            for number, line in enumerate(self.lines, self.first)
            if line.strip(b" \t\r\n")
        )

    def fault(self, number: int, why: str) -> LogFileError:
        return LogFileError(
            f"{self.path}, line {number}: {why}. Mend or remove the line; nothing of the file "
            "was stored"
        )


def stage_files(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    network: Network,
    first: int | None = None,
    last: int | None = None,
) -> list[tuple[str, int, int] | None]:
    """Read the logs within first..last of some files into the temporary table `landing`.

    Returns for each file (ndjson, gzip where it ends in .gz) its name in coverage and the
    range of blocks that it covers, None for a file without logs. Lines may be unsorted, and
    files may overlap. Raises LogFileError naming the line. Runs outside of a transaction,
    after decode.prepare: inside of one, what was read before would stay in memory.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE staged AS FROM raw_logs LIMIT 0")
    covered = [_stage(con, path, network, first, last) for path in files]
    con.execute("DROP TABLE IF EXISTS landing")
    con.execute("ALTER TABLE staged RENAME TO landing")
    return covered


def _stage(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    network: Network,
    first: int | None,
    last: int | None,
) -> tuple[str, int, int] | None:
    if not path.is_file():
        raise LogFileError(f"{path} is a folder" if path.is_dir() else f"no file {path}")
    wanted = f"block BETWEEN {first or 0} AND {'block' if last is None else last}"
    blocks = set[int]()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "piece.ndjson"
        for piece in _pieces(path):
            answer.write_bytes(b"".join(piece.lines))
            _read(con, piece, answer, network)
            con.execute(f"INSERT INTO staged FROM landing WHERE {wanted}")
            span = con.execute(
                f"SELECT min(block), max(block) FROM landing WHERE {wanted}"
            ).fetchone()
            if span is not None and span[0] is not None:
                blocks.update(span)
    if not blocks:
        return None
    start, end = min(blocks) if first is None else first, max(blocks) if last is None else last
    return f"file {path.name}", start, end


def _pieces(path: Path) -> Iterator[_Piece]:
    number = 1
    try:
        with _open(path) as file:
            while lines := file.readlines(_PIECE_BYTES):
                yield _Piece(path, number, lines)
                number += len(lines)
    except (OSError, EOFError, zlib.error) as error:
        raise LogFileError(
            f"{path} cannot be read after line {number - 1} ({error}): get the file again; "
            "nothing of it was stored"
        ) from error


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.GzipFile(path)) if path.suffix == ".gz" else path.open("rb")


def _read(con: duckdb.DuckDBPyConnection, piece: _Piece, answer: Path, network: Network) -> None:
    """Read a piece into `landing`. Raises LogFileError for a line that cannot be stored."""
    try:
        fault = raw_logs.read_answer(con, answer, lines=True)
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise _broken_line(piece, answer) from error
    if fault is not None:
        numbers = [number for number, _ in piece.filled()]
        raise piece.fault(numbers[fault.row], fault.reason)
    known = ", ".join(f"'{address}'" for address in (network.pool, network.bond, network.sfc))
    for condition, why in (
        ("block_time IS NULL", "has no blockTimestamp, which a file must carry"),
        (
            f"address NOT IN ({known})",
            f"is of a contract that {network.name} does not read: filter the export by address",
        ),
        (
            "(block, log_index) IN (SELECT (block, log_index) FROM malformed_logs('landing'))",
            "has not the shape of the event that its topic0 names",
        ),
    ):
        row = con.execute(
            f"SELECT block, log_index FROM landing WHERE {condition} ORDER BY ALL LIMIT 1"
        ).fetchone()
        if row is not None:
            raise piece.fault(_line_with(piece, *row), f"log {row[1]} of block {row[0]} {why}")


def _line_with(piece: _Piece, block: int, log_index: int) -> int:
    """The number of the first line that holds this log."""
    logs = ((number, json.loads(line)) for number, line in piece.filled())
    return next(
        number
        for number, log in logs
        if (int(log["blockNumber"], 16), int(log["logIndex"], 16)) == (block, log_index)
    )


def _broken_line(piece: _Piece, answer: Path) -> LogFileError:
    """The fault of the first line that is no log: the half with a fault is halved until one is
    left."""
    lines = list(piece.filled())
    while len(lines) > 1:
        half = lines[: len(lines) // 2]
        lines = half if _refusal(half, answer) else lines[len(half) :]
    number, line = lines[0]
    try:
        log = json.loads(line.decode())
    except ValueError:
        log = None
    if not isinstance(log, dict):
        return piece.fault(number, "is no JSON object: there must be one log a line")
    if not isinstance(log.get("topics"), list):
        return piece.fault(number, "topics are no list")
    return piece.fault(number, _refusal(lines, answer) or "is no log")


def _refusal(lines: list[tuple[int, bytes]], answer: Path) -> str | None:
    """Why these lines do not parse, or None. On a connection of its own: an error would end the
    caller's transaction."""
    answer.write_bytes(b"".join(line for _, line in lines))
    with duckdb.connect() as con:
        try:
            raw_logs.read_answer(con, answer, lines=True)
        except duckdb.Error as error:
            return str(error).split(": ", 2)[-1].split("\n")[0]
    return None
