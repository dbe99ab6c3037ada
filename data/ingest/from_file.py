"""A store brought up from files of logs: no node, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data import LogFileError
from data.config import Network
from data.ingest import decode, raw_logs
from data.ingest.checks import Finding
from data.ingest.coverage import cover
from data.ingest.finish import Reached, finish
from data.ingest.log_file import stage_files
from data.pool.contracts import Balance, Block, PoolState
from data.store.writer import open_next, publish, transaction


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
    where `state` gives it, as the simulation does. To be called under next_store.lock.
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
