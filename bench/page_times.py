"""How long each page's script takes on a store, how much it draws, and what the app holds.

The pages are those of the router, in a process of its own: `env` tells that one which store
to show, as it would tell the app. What a browser then does with a page is not in it.
"""

from __future__ import annotations

import io
import logging
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import polars as pl
import streamlit as st
import streamlit.web.bootstrap  # the server's share of the memory
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from bench.query_times import RUNS, load, row
from data import SqlError, StoreError
from data.config import ROOT
from data.store.reader import open_reader
from data.store.sandbox import run_sql
from scoring.companion import read_scores, write_scores
from scoring.inputs import read_inputs
from scoring.run import MOST_ORIGINS, model_version, run_backtest

TARGET_MS, MOST_ROWS, MOST_MB, MOST_TIMES = 300, 2_000, 700, 2.0
RUNAWAY = "SELECT sum(a.range * b.range) FROM range(100000) a, range(100000) b, range(100) c"
_TIMEOUT_S = 120


@dataclass(frozen=True)
class Effort:
    """How much is measured: runs a page after the first, how long the runaway statements run,
    and of how many requests the odds are scored."""

    runs: int = RUNS
    attack_s: float = 10.0
    most_origins: int = MOST_ORIGINS


QUICK = Effort(runs=1, attack_s=2.0, most_origins=50)


@dataclass(frozen=True)
class Times:
    """One page as a visitor meets it first after a sync, and from then on."""

    first_ms: float
    warm_ms: float
    chart_rows: int
    failures: int


def main(store: Path, *, quick: bool = False) -> int:
    """Print one row a page, measured in a process of its own; returns 1 where one failed."""
    others = ["-u", "FTM_NETWORK", "-u", "FTM_NETWORKS_FILE"]
    shown = f"FTM_STORE={store.resolve()}"
    command = ["env", *others, shown, sys.executable, "-m", "bench.page_times", str(store)]
    command += ["quick"] * quick
    sys.stdout.flush()
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _measure(store: Path, effort: Effort) -> int:
    logging.disable(logging.WARNING)  # Streamlit's on scripts that run without a server
    with suppress(StoreError):  # the pages then fail, which is told
        ensure_scores(store, effort.most_origins)
    print(f"load {load()}; median of {effort.runs} runs after the first\n")
    print(f"{'page':34}{'first ms':>9}{'chart rows':>12}{'warm ms':>8}  target {TARGET_MS} ms")
    most_rows = failures = 0
    choices = [{}, {"range": "all"}, {"query": "payouts"}, {"table": "raw_logs"}]
    with suppress(StoreError):  # the pages then fail, which is told
        choices.append({"find": _busiest_staker(store)})
    for url, title in _pages():
        for choice in choices:
            times = _times(url, choice, effort.runs)
            if times is None:
                continue
            said = title + "".join(f", {key} {value[:14]}" for key, value in choice.items())
            head = f"{said:34}{times.first_ms:9.0f}{times.chart_rows:12,}"
            print(row(head, times.warm_ms, TARGET_MS) + ("  FAILED" if times.failures else ""))
            most_rows, failures = max(most_rows, times.chart_rows), failures + times.failures
    if not failures:
        _print_under_attack(store, effort)
    over = "  over" if most_rows > MOST_ROWS else ""
    print(f"\nrows of the biggest chart {most_rows:,}, target {MOST_ROWS:,}{over}")
    held = _peak_mb()
    over = "  over" if held > MOST_MB else ""
    print(f"peak memory of the process {held:,.0f} MB, target {MOST_MB} MB{over}; load {load()}")
    return 1 if failures else 0


def ensure_scores(store: Path, most_origins: int = MOST_ORIGINS) -> None:
    """Without scores beside the store the pages show no odds."""
    kept = read_scores(store)
    if kept is None or kept.about.model_version != model_version():
        with open_reader(store) as con:
            inputs = read_inputs(con)
        kept = run_backtest(inputs, datetime.now(UTC), most_origins=most_origins)
        write_scores(store, kept)
        print(f"its odds scored: {kept.about.origins:,} origins in {kept.about.seconds:.0f} s")


def _print_under_attack(store: Path, effort: Effort) -> None:
    """The first page's time beside as many runaway statements as may run at once."""
    app = _app()
    app.run()
    alone = median(_runs(app, effort.runs))
    attack = partial(_run_away, store, effort.attack_s)
    attackers = [threading.Thread(target=attack) for _ in range(2)]
    for attacker in attackers:
        attacker.start()
    time.sleep(1.0)
    beside = median(_runs(app, effort.runs))
    for attacker in attackers:
        attacker.join()
    times = beside / alone
    print(f"\n{'Queue, alone':40}{alone:8.0f} ms")
    over = "  over" if times > MOST_TIMES else ""
    print(f"{'Queue, beside two runaway statements':40}{beside:8.0f} ms, {times:.1f} times{over}")


def _run_away(store: Path, seconds: float) -> None:
    with suppress(SqlError):
        run_sql(store, RUNAWAY, seconds=seconds)


def _runs(app: AppTest, runs: int) -> list[float]:
    """Milliseconds of each of many runs."""
    times = []
    for _ in range(4 * runs):
        began = time.perf_counter()
        app.run()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _busiest_staker(store: Path) -> str:
    with open_reader(store) as con:
        busiest = "SELECT staker FROM requests GROUP BY ALL ORDER BY count(*) DESC, staker LIMIT 1"
        row = con.execute(busiest).fetchone()
    assert row is not None
    return str(row[0])


def _pages() -> list[tuple[str, str]]:
    """Address and title of each page that the router registers."""
    with patch.object(st, "Page", wraps=st.Page) as registered:
        _app().run()
    pages = [call.kwargs for call in registered.call_args_list]
    return [("" if page.get("default") else page["url_path"], page["title"]) for page in pages]


def _times(url: str, choice: dict[str, str], runs: int) -> Times | None:
    """The times of one page with some of its inputs chosen; None where it has none of them."""
    app = _app()
    app._page_hash = calc_hash(url)  # as a link does: switch_page() wants a run before it
    for key, value in choice.items():
        app.query_params[key] = value
    st.cache_data.clear()  # what a sync makes the app do anew
    st.cache_resource.clear()
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        app.run()
        times.append((time.perf_counter() - began) * 1000)
    if any(key not in app.session_state for key in choice):
        return None
    failures = len(app.exception) + len(app.error)
    return Times(times[0], median(times[1:]), _chart_rows(app), failures)


def _app() -> AppTest:
    return AppTest.from_file(ROOT / "ui" / "main.py", default_timeout=_TIMEOUT_S)


def _chart_rows(app: AppTest) -> int:
    """How many rows the biggest chart of the page is drawn from, all its layers together."""
    charts = [chart.proto for chart in app.get("vega_lite_chart")]
    return max((sum(map(_rows, chart.datasets)) for chart in charts), default=0)


def _rows(dataset: object) -> int:
    sent: bytes = dataset.data.data  # type: ignore[attr-defined]
    return pl.read_ipc_stream(io.BytesIO(sent)).height


def _peak_mb() -> float:
    """The most that was ever resident. Linux's own count of the process: the one that
    getrusage gives begins with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilobyte / 1e6


if __name__ == "__main__":
    raise SystemExit(_measure(Path(sys.argv[1]), QUICK if sys.argv[2:] else Effort()))
