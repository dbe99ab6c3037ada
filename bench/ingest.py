"""How fast, how small and how exact a file of logs becomes a store.

The same file goes through `python -m data.sync` and through plain Python; then every value
of every table is compared with what plain Python made of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from multiprocessing import get_context
from pathlib import Path

import duckdb

from bench import plain_python
from bench.large_store import LOGS_A_REQUEST, make_logs
from bench.plain_python import Row
from data.config import Network, load_network
from data.ingest.decode import DERIVED
from data.store.reader import open_reader

_NETWORK = "fantom"
_NOTHING = object()
# A log in the form of eth_getLogs.
_NODE_LOGS = """
SELECT
    address,
    list_filter([topic0, topic1, topic2, topic3], lambda topic: topic IS NOT NULL) AS topics,
    data,
    format('0x{:x}', block) AS "blockNumber",
    tx AS "transactionHash",
    format('0x{:x}', epoch(block_time)::BIGINT) AS "blockTimestamp",
    format('0x{:x}', log_index) AS "logIndex",
    FALSE AS removed
FROM made_logs
"""


@dataclass(frozen=True)
class Cost:
    """Time and memory of one child process, from its start to its end."""

    wall_s: float
    cpu_s: float
    peak_rss_mb: float


def main(logs: int) -> int:
    """Print the costs side by side and the comparison; returns 1 where a value differs."""
    network = load_network(_NETWORK)
    with tempfile.TemporaryDirectory() as folder:
        file, store = Path(folder) / "logs.ndjson", Path(folder) / "store.duckdb"
        # In a process of its own: a child is charged with what its parent held when it began.
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            process.submit(_write_logs, file, logs, network).result()
        size_mb = file.stat().st_size / 1e6
        print(f"{logs:,} logs of every event that fills a table, {size_mb:.0f} MB of JSON\n")
        print(f"{'':34}{'wall s':>8}{'CPU s':>8}{'peak RSS MB':>13}{'logs/s':>10}")
        ours = _run("data.sync", "--network", _NETWORK, "--logs", file, "--store", store)
        _print_cost("data.sync, to a checked store", ours, logs)
        theirs = _run("bench.plain_python", file, _NETWORK)
        _print_cost("json + eth_abi, decoded only", theirs, logs)
        print()
        with open_reader(store) as con:
            return _compare(con, plain_python.tables(plain_python.read_file(file, network)))


def _write_logs(file: Path, logs: int, network: Network) -> None:
    with duckdb.connect() as con:
        make_logs(con, network, logs // LOGS_A_REQUEST, logs)
        con.execute(f"COPY ({_NODE_LOGS}) TO '{file}' (FORMAT json)")


def _run(module: str, *arguments: str | Path) -> Cost:
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)  # what this one child used, unlike getrusage
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{module} ended with status {child.returncode}")
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return Cost(
        time.monotonic() - began,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss * kilobyte / 1e6,
    )


def _print_cost(name: str, cost: Cost, logs: int) -> None:
    print(
        f"{name:34}{cost.wall_s:8.1f}{cost.cpu_s:8.1f}{cost.peak_rss_mb:13.0f}"
        f"{logs / cost.wall_s:10,.0f}"
    )


def _compare(con: duckdb.DuckDBPyConnection, expected: dict[str, list[Row]]) -> int:
    print(f"{'table':18}{'rows':>9}{'values':>11}{'differing':>11}")
    values = unequal = 0
    for name in DERIVED:
        rows = con.sql(f"FROM {name}").fetchall()
        wrong = differing_values(rows, expected[name])
        compared = sum(map(len, expected[name]))
        print(f"{name:18}{len(rows):9,}{compared:11,}{wrong:11,}")
        values, unequal = values + compared, unequal + wrong
    print(f"{'all':18}{'':9}{values:11,}{unequal:11,}")
    return 1 if unequal else 0


def differing_values(rows: Iterable[Row], expected: Iterable[Row]) -> int:
    """How many values differ, row by row; a missing or extra row differs in all of its own."""
    return sum(
        one != other
        for row, wanted in zip_longest(rows, expected, fillvalue=())
        for one, other in zip_longest(row, wanted, fillvalue=_NOTHING)
    )
