"""How long each query in queries/ takes on a store, warm and on two threads.

A figure counts what the app waits for: reading the file, the query, and its rows as a frame.
CPU time is of all threads, and tells a slow query from a busy machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

import queries
from data.store.reader import open_reader

THREADS, RUNS, TARGET_MS = 2, 5, 500
# Who and what is asked for: the staker with the most requests, the newest request that was
# refused and claimed by hand, the transaction that paid the most.
_SUBJECTS = {
    "address": "SELECT staker FROM requests GROUP BY staker ORDER BY count(*) DESC, staker LIMIT 1",
    "wr_id": "SELECT max(wr_id) FROM requests WHERE manual_at IS NOT NULL AND paid_at IS NOT NULL",
    "tx": "SELECT tx FROM head_moves GROUP BY tx ORDER BY count(*) DESC, tx LIMIT 1",
}
# Beside the defaults, what the pages' inputs choose.
_CHOSEN: dict[str, list[dict[str, Any]]] = {
    "depth_against_claims": [{"step": "hour"}, {"step": "week", "token": "aFTMc"}],
    "queue_depth": [{"step": "hour"}],
}


def main(store: Path) -> int:
    """Print one row a query. Returns 0: a slow query is marked, and is no error."""
    print(f"load {load()}; median of {RUNS} runs after the first, {THREADS} threads\n")
    print(f"{'query':22}{'asked with':34}{'rows':>9}{'CPU ms':>8}{'ms':>8}  target {TARGET_MS} ms")
    over = 0
    with open_reader(store) as con:
        con.execute(f"SET threads = {THREADS}")
        for name, params in runs_on(con):
            began = time.process_time()
            rows, took_ms = measured(lambda: queries.run(con, name, **params).height)  # noqa: B023
            cpu_ms = (time.process_time() - began) * 1000 / (RUNS + 1)
            inputs = ", ".join(f"{key} {str(value)[:18]}" for key, value in params.items())
            over += took_ms > TARGET_MS
            print(row(f"{name:22}{inputs:34}{rows:9,}{cpu_ms:8.0f}", took_ms, TARGET_MS))
    print(f"\n{over} over the target; load {load()}")
    return 0


def runs_on(con: duckdb.DuckDBPyConnection) -> list[tuple[str, dict[str, Any]]]:
    """Each query with the parameters it is measured with."""
    runs: list[tuple[str, dict[str, Any]]] = []
    for name in queries.names():
        takes = [param.name for param in queries.load(name).params]
        subjects = {key: _one(con, sql) for key, sql in _SUBJECTS.items() if key in takes}
        runs += [(name, params) for params in [subjects, *_CHOSEN.get(name, [])]]
    return runs


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = con.execute(sql).fetchone()
    return row and row[0]


def measured(run: Callable[[], int]) -> tuple[int, float]:
    """What `run` returns, and the median of its times in ms after a first run."""
    result = run()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return result, median(times)


def row(label: str, took_ms: float, target_ms: int) -> str:
    """A line of a table, with what is over its target marked."""
    return f"{label}{took_ms:8.0f}{'  over' if took_ms > target_ms else ''}"


def load() -> str:
    """The machine's load over 1, 5 and 15 minutes, and how many cores bear it."""
    averages = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"{averages} on {os.cpu_count()} cores"
