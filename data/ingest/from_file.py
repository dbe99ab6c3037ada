"""A store brought up from files of logs that other tools wrote, without a node.

For exports, machines with no way out, and the simulated sample. Files are landed whole or not at
all, and a row that cannot be is named. Which forms are read stands in formats.py; here they become
what a node would have answered, each log once and with its time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data import ChangedLogError, LogFileError
from data.config import Network
from data.ingest import decode, raw_logs
from data.ingest.checks import Finding
from data.ingest.coverage import BOND, FROM_FILE, POOL, SFC, TIMES, cover, forget, gaps
from data.ingest.finish import Reached, finish
from data.ingest.landing import forget_before_new_stubs
from data.ingest.plain_files import named_files, plain_file
from data.ingest.read_file import MACROS, place_again, read_texts
from data.pool.state import Balance, Block, PoolState
from data.store.writer import open_next, publish, transaction

_LOG = "block, log_index, block_time, tx, address, topic0, topic1, topic2, topic3, data"
# Times (UTC) of some blocks, from wherever they are known.
BlockTimes = Callable[[list[int]], dict[int, datetime]]


@dataclass(frozen=True)
class Landed:
    """The last block the files cover, how many logs were new, how many were of other contracts
    and left out, and what the checks found."""

    block: int
    logs: int
    skipped: int
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Staged:
    """What one file held: its name, its first and last block (None without logs), and how many
    logs of other contracts."""

    name: str
    span: tuple[int, int] | None
    skipped: int


def sync_file(
    network: Network,
    path: Path,
    files: Sequence[Path],
    now: datetime,
    first: int | None = None,
    last: int | None = None,
    *,
    covers: tuple[int, int] | None = None,
    blocks: Sequence[Path] = (),
    block_times: BlockTimes | None = None,
    source: str | None = None,
    state: PoolState | None = None,
    balances: Sequence[Balance] = (),
) -> Landed:
    """Bring the logs of some files into the store at `path`: all of them or none.

    `files` may be folders and patterns. `first` and `last` leave out blocks beyond them. `covers`
    says of which blocks the files hold every log. Logs without a time get it from other logs of
    their block, from the files `blocks`, from the store, or from `block_times`. What the contract
    says is known only where `state` gives it, as the simulation does. To be called under
    store.writer.lock. Raises LogFileError, StoreError, ChangedLogError, or what `block_times`
    raises, with the store as it was.
    """
    files, blocks = named_files(files), named_files(blocks)
    names = source or _names(files)
    with open_next(path, network) as con:
        decode.prepare(con, network)
        staged = stage_files(con, files, network, first, last)
        skipped = sum(file.skipped for file in staged)
        spans = [(f"file {file.name}", *file.span) for file in staged if file.span]
        if not spans:
            others = f", and {skipped:,} of other contracts" if skipped else ""
            raise LogFileError(
                f"{names} holds no log of the asked blocks{others}: nothing was stored"
            )
        fill_times(con, files, network, blocks, block_times)
        with transaction(con):
            forget_before_new_stubs(con)
            logs = raw_logs.land(con)
            for span in spans:
                cover(con, (span[0],), *span[1:], "single", _names(files))
                if logs:
                    forget(con, *span[1:], TIMES)
            if covers is not None:
                _covered_whole(con, covers, _names(files))
        con.execute("DROP TABLE landing")  # its memory is the rebuilding's now
        end = max([end for *_, end in spans] if covers is None else [covers[1]])
        block = state.block if state else _last_block(con, end)
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
    return Landed(block.number, logs, skipped, findings)


def _names(files: Sequence[Path]) -> str:
    more = f" and {len(files) - 8} more" if len(files) > 8 else ""
    return ", ".join(file.name for file in files[:8]) + more


def _last_block(con: duckdb.DuckDBPyConnection, number: int) -> Block:
    """The last covered block, at the time of the last log up to it: files hold no headers."""
    row = con.execute("SELECT max(block_time) FROM raw_logs WHERE block <= ?", [number]).fetchone()
    assert row is not None
    return Block(number, None, row[0])


def _covered_whole(con: duckdb.DuckDBPyConnection, covers: tuple[int, int], names: str) -> None:
    """Count these blocks as read. Raises LogFileError where the store holds a log of them that the
    files leave out: then they do not hold them whole. What is known of blocks that were read before
    stays as it is: the files may come from the host that gave them."""
    left_out = con.execute(
        """
        SELECT block, log_index FROM known_logs('raw_logs')
        WHERE block BETWEEN $first AND $last
            AND (contract <> 'sfc' OR topic1 IN (
                SELECT topic1 FROM known_logs('raw_logs')
                WHERE contract = 'pool' AND event = 'Deployed'
            ))
            AND (block, log_index) NOT IN (SELECT (block, log_index) FROM landing)
        ORDER BY ALL LIMIT 1
        """,
        {"first": covers[0], "last": covers[1]},
    ).fetchone()
    if left_out is not None:
        raise LogFileError(
            f"{names} leaves out log {left_out[1]} of block {left_out[0]}, which the store holds: "
            f"it does not cover blocks {covers[0]} to {covers[1]} whole. Nothing was stored; "
            "leave out --covers, or export those blocks again"
        )
    for name in (POOL, BOND, SFC):
        for first, last in gaps(con, name, *covers):
            cover(con, (name,), first, last, "single", f"{FROM_FILE}{names}")


def stage_files(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    network: Network,
    first: int | None = None,
    last: int | None = None,
) -> list[Staged]:
    """Read the logs within first..last of some files into the temporary table `landing`.

    Rows may be unsorted, and files may overlap. Raises LogFileError naming the row. Runs outside
    of a transaction, after decode.prepare: inside of one, what was read before would stay in
    memory. Times may be missing, which fill_times gives.
    """
    con.execute(MACROS)
    con.execute("CREATE OR REPLACE TEMP TABLE landing AS FROM raw_logs LIMIT 0")
    con.execute("CREATE OR REPLACE TEMP TABLE block_times (block BIGINT, block_time TIMESTAMPTZ)")
    con.execute("CREATE OR REPLACE TEMP TABLE timeless (block BIGINT, file INTEGER, place BIGINT)")
    with tempfile.TemporaryDirectory() as folder:
        return [
            _stage(con, n, path, Path(folder), network, first, last) for n, path in enumerate(files)
        ]


def _stage(
    con: duckdb.DuckDBPyConnection,
    number: int,
    path: Path,
    folder: Path,
    network: Network,
    first: int | None,
    last: int | None,
) -> Staged:
    plain = plain_file(path, folder)
    form = read_texts(con, path, plain, "logs", network)
    if form is None:
        return Staged(path.name, None, 0)
    wanted = f"block BETWEEN {first or 0} AND {'block' if last is None else last} AND NOT skipped"
    con.execute(f"INSERT INTO landing SELECT {_LOG} FROM file_rows WHERE {wanted}")
    con.execute(
        f"INSERT INTO timeless SELECT block, {number}, rowid FROM file_rows "
        f"WHERE {wanted} AND block_time IS NULL"
    )
    row = con.execute(
        f"SELECT min(block) FILTER ({wanted}), max(block) FILTER ({wanted}), "
        "count(*) FILTER (skipped) FROM file_rows"
    ).fetchone()
    assert row is not None
    start, end, skipped = row
    con.execute("DROP TABLE file_rows")
    if start is None:
        return Staged(path.name, None, skipped)
    if form.has_blocks:
        _take_times(con, path, plain, network)
    span = start if first is None else first, end if last is None else last
    return Staged(path.name, span, skipped)


# Times


def fill_times(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    network: Network,
    blocks: Sequence[Path] = (),
    block_times: BlockTimes | None = None,
) -> None:
    """Give each log of `landing` its time: what other logs of its block tell, the files `blocks`,
    the store, or at last `block_times`.

    Raises ChangedLogError where two of them differ, LogFileError naming the row where none knows.
    """
    if con.execute("SELECT 1 FROM timeless LIMIT 1").fetchone() is None and not blocks:
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in blocks:
            _take_times(con, path, plain_file(path, Path(folder)), network)
    con.execute(
        "INSERT INTO block_times SELECT DISTINCT block, block_time FROM landing "
        "WHERE block_time IS NOT NULL"
    )
    differing = con.execute(
        "SELECT block FROM block_times GROUP BY block HAVING min(block_time) <> max(block_time) "
        "ORDER BY block LIMIT 1"
    ).fetchone()
    if differing is not None:
        raise ChangedLogError(
            f"block {differing[0]} came with two different times. Compare the files for this "
            "block, and keep the one that an explorer confirms. Nothing was stored"
        )
    con.execute("""
        UPDATE landing SET block_time = known.block_time
        FROM (SELECT DISTINCT block, block_time FROM block_times) AS known
        WHERE landing.block_time IS NULL AND landing.block = known.block
    """)
    unknown = raw_logs.blocks_without_time(con)
    if not unknown:
        return
    if block_times is None:
        row = con.execute(
            "SELECT block, file, place FROM timeless WHERE block IN (SELECT unnest($1)) "
            "ORDER BY file, place LIMIT 1",
            [unknown],
        ).fetchone()
        assert row is not None
        block, file, place = row
        raise LogFileError(
            f"{files[file]}, {place_again(con, files[file], place)}: has no time, and nothing "
            f"tells that of block {block} ({len(unknown):,} blocks have none). Give --blocks with "
            "a file of blocks or transactions and their times, or --rpc-url with a node to ask, "
            "or export the logs with their times; nothing of the file was stored"
        )
    raw_logs.set_block_times(con, block_times(unknown))


def _take_times(con: duckdb.DuckDBPyConnection, path: Path, plain: Path, network: Network) -> None:
    """Put the times that a file tells of blocks in `landing` into `block_times`."""
    if read_texts(con, path, plain, "blocks", network) is not None:
        con.execute(
            "INSERT INTO block_times SELECT DISTINCT block, block_time FROM file_rows "
            "WHERE block IN (SELECT block FROM landing)"
        )
        con.execute("DROP TABLE file_rows")
