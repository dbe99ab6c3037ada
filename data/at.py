"""`python -m data.at`: a network's store as it was at the end of a day, or at a block.

Exit status: 0 done, 1 it cannot be shown or built, 2 bad usage.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from data import ConfigError, PastError
from data.config import SAMPLE, default_store, load_network, network_names
from data.ingest.past import Past, ensure_past, locate, read_moment
from data.pool.amounts import format_short
from data.sample.store import ensure_sample
from data.store.command import add_network, as_program, ended
from data.store.reader import open_reader, translated

_QUEUE = """
SELECT count(*), CASE WHEN count(payout_wei) = count(*) THEN coalesce(sum(payout_wei), 0) END
FROM requests WHERE status = 'pending'
"""
_CHECKS = "SELECT DISTINCT name, message FROM checks WHERE status = 'failed' ORDER BY ALL"
_SHOWN = 10


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    options = _parser().parse_args(arguments)
    return ended("data.at", lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    network = load_network(options.network)
    now = datetime.now(UTC)
    moment = _moment(options.moment)
    store = options.store or default_store(network.name)
    if network.name == SAMPLE and options.store is None:
        ensure_sample(now)
    try:
        past = _past(store, moment, now)
    except PastError as error:
        raise PastError(f"{options.moment[:40]} cannot be shown: {error}") from error
    path = past.path if options.out is None else _copied(past.path, options.out)
    print("\n".join(_lines(past, path)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m data.at",
        description="Build a store as it was at the end of a day (UTC), or at a block.",
        epilog="Networks: " + ", ".join(network_names()),
    )
    add_network(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="a copy of it, to be kept")
    parser.add_argument("moment", metavar="DAY|BLOCK", help="such as 2024-03-01, or 33123456")
    return parser


def _moment(text: str) -> date | int:
    try:
        return read_moment(text)
    except PastError as error:
        raise ConfigError(f"{text[:40]!r}: {error}") from error


def _past(store: Path, moment: date | int, now: datetime) -> Past:
    with open_reader(store) as con:
        place = locate(con, moment, now.date())
    return ensure_past(store, place, now)


def _copied(path: Path, out: Path) -> Path:
    """A copy that no other store of the past drives out. What is there already is left alone."""
    part = out.with_name(f"{out.name}.part")
    if out.exists():
        raise ConfigError(f"{out} is there already: name a new file, so that none is lost")
    try:
        shutil.copyfile(path, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise translated(error, out) from error
    return out


def _lines(past: Past, path: Path) -> list[str]:
    """Where it is, its block and time, the queue then, what failed, and how to open it."""
    with open_reader(path) as con:
        requests, waiting_wei = _row(con, _QUEUE)
        failed = con.execute(_CHECKS).fetchall()
    place = past.place
    about = "" if place.is_exact else ", the time of the newest log before it"
    waiting = "an unknown amount" if waiting_wei is None else f"{format_short(waiting_wei)} FTM"
    return [
        f"{path}: block {place.block}, {place.at:%Y-%m-%d %H:%M:%S} UTC{about}",
        f"{requests:,} requests waiting, {waiting}",
        f"{len(failed)} checks failed",
        *(f"check failed: {name}: {message}" for name, message in failed[:_SHOWN]),
        f"open it with: .venv/bin/duckdb -readonly {shlex.quote(str(path))}",
    ]


def _row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, int | None]:
    row = con.execute(sql).fetchone()
    assert row is not None
    return row[0], None if row[1] is None else int(row[1])


if __name__ == "__main__":
    as_program(main)
