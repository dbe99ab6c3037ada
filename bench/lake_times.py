"""What a store costs as a lake: to push and to pull it, and each query on the lake itself beside
the same on a local copy.

PostgreSQL and the object store run on this machine, so no network is in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TypeVar

import duckdb

import queries
from bench.query_times import THREADS, load, runs_on
from data.config import Network, load_network
from data.ingest import decode
from data.ingest.coverage import BOND, POOL, SFC, cover
from data.ingest.finish import Reached, finish
from data.lake.address import LakeAddress, parse_lake
from data.lake.connection import open_lake
from data.lake.create import create_lake
from data.lake.pull import pull
from data.lake.push import push
from data.lake.upkeep import check
from data.pool import contracts
from data.pool.state import Block
from data.store.reader import open_reader, read_info
from data.store.writer import lock, open_next, publish, transaction
from lakeside.objects import BUCKET, object_store
from lakeside.postgres import postgres

T = TypeVar("T")
_RUNS = 3


def main(store: Path) -> int:
    """Print what each step takes, then a row a query; returns 1 where the lake holds another store
    than was pushed."""
    with open_reader(store) as con:
        network = load_network(read_info(con).network)
        logs = _count(con, "raw_logs")
    print(f"\n{logs:,} logs, {store.stat().st_size / 1e6:,.0f} MB as a file; load {load()}\n")
    with tempfile.TemporaryDirectory(prefix="lake-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user
        with (
            postgres(Path(folder, "catalog")) as catalog,
            object_store(Path(folder, "objects")) as objects,
        ):
            os.environ.update(catalog.environment | objects.environment)  # noqa: TID251 - for libpq
            address = parse_lake(f"ducklake:postgres:{catalog.words}")
            create_lake(address, f"s3://{BUCKET}/bench")
            copy = Path(folder, "copy.duckdb")
            whole = _steps(store, address, network, copy, logs)
            size_mb = sum(each.stat().st_size for each in objects.objects.rglob("*.parquet")) / 1e6
            print(f"{size_mb:,.0f} MB of Parquet in the object store\n")
            _queries(address, network, copy)
    return 0 if whole else 1


def _steps(store: Path, address: LakeAddress, network: Network, copy: Path, logs: int) -> bool:
    """Push, pull, a hundred new logs pushed and pulled; whether the lake holds what was pushed."""
    print(f"{'':44}{'wall s':>8}{'CPU s':>8}{'logs/s':>10}")
    mine = copy.with_name("mine.duckdb")
    shutil.copyfile(store, mine)
    now = datetime.now(UTC)
    _timed("the store into an empty lake", lambda: push(mine, address, network, now), logs)
    _timed("the same again, nothing is new", lambda: push(mine, address, network, now))
    _timed(
        "the newest state to a machine that has none", lambda: pull(address, "sample", copy), logs
    )
    _timed("a look whether there is news", lambda: pull(address, "sample", copy))
    _more(mine, network)
    _timed("a hundred new logs into the lake", lambda: push(mine, address, network, now))
    _timed("and to the other machine", lambda: pull(address, "sample", copy))
    tables = _timed("every table of the lake compared", lambda: check(address, network.name))
    return all(each.same for each in tables)


def _more(store: Path, network: Network) -> None:
    """A hundred new logs in the store, as a sync brings them."""
    with lock(store):
        with open_next(store, network) as con:
            info = read_info(con)
            assert info.synced_block is not None
            assert info.synced_at is not None
            last = Block(info.synced_block + 1_000, None, info.synced_at + timedelta(seconds=1_000))
            decode.prepare(con, network)
            with transaction(con):
                con.execute(
                    "INSERT INTO raw_logs BY NAME SELECT * REPLACE ("
                    "? + row_number() OVER () AS block, ? AS block_time) "
                    "FROM raw_logs WHERE topic0 = ? LIMIT 100",
                    [info.synced_block, last.at, contracts.RATIO_UPDATE.topic0],
                )
                cover(con, (POOL, BOND, SFC), info.synced_block + 1, last.number)
            why = "the logs are made up: there is no contract to ask"
            finish(con, Reached(last, last.number, info.source or "", last.at, None, why), [])
        publish(store)


def _timed(what: str, act: Callable[[], T], logs: int | None = None) -> T:
    began, used = time.monotonic(), time.process_time()
    result = act()
    took_s, cpu_s = time.monotonic() - began, time.process_time() - used
    rate = f"{logs / took_s:10,.0f}" if logs else ""
    print(f"{what:44}{took_s:8.1f}{cpu_s:8.1f}{rate}", flush=True)
    return result


def _queries(address: LakeAddress, network: Network, copy: Path) -> None:
    print(f"median of {_RUNS} runs after the first, in ms, {THREADS} threads; load {load()}\n")
    print(f"{'query':22}{'asked with':34}{'rows':>9}{'local':>9}{'lake':>9}")
    with open_reader(copy) as local, open_lake(address, network.name) as lake:
        for con in (local, lake):
            con.execute(f"SET threads = {THREADS}")
        for name, params in runs_on(local):
            rows, local_ms = _times(lambda: queries.run(local, name, **params).height)  # noqa: B023
            _, lake_ms = _times(lambda: queries.run(lake, name, **params).height)  # noqa: B023
            inputs = ", ".join(f"{key} {str(value)[:18]}" for key, value in params.items())
            print(f"{name:22}{inputs:34}{rows:9,}{local_ms:9.0f}{lake_ms:9.0f}", flush=True)


def _times(run: Callable[[], int]) -> tuple[int, float]:
    result, times = run(), []
    for _ in range(_RUNS):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return result, median(times)


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])
