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
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from unittest.mock import patch

import polars as pl
import streamlit as st
import streamlit.web.bootstrap  # the server's share of the memory
from streamlit.testing.v1 import AppTest

from bench.query_times import RUNS, load, row
from data.config import ROOT

TARGET_MS, MOST_ROWS, MOST_MB = 300, 2_000, 700
_TIMEOUT_S = 120


@dataclass(frozen=True)
class Times:
    """One page as a visitor meets it first after a sync, and from then on."""

    first_ms: float
    warm_ms: float
    chart_rows: int
    failures: int


def main(store: Path) -> int:
    """Print one row a page, measured in a process of its own; returns 1 where one failed."""
    others = ["-u", "FTM_NETWORK", "-u", "FTM_NETWORKS_FILE"]
    shown = f"FTM_STORE={store.resolve()}"
    command = ["env", *others, shown, sys.executable, "-m", "bench.page_times"]
    sys.stdout.flush()
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _measure() -> int:
    logging.disable(logging.WARNING)  # Streamlit's on scripts that run without a server
    print(f"load {load()}; median of {RUNS} runs after the first\n")
    print(f"{'page':28}{'first ms':>9}{'chart rows':>12}{'warm ms':>8}  target {TARGET_MS} ms")
    most_rows = failures = 0
    for script, title in _pages():
        for choice in ({}, {"range": "all"}):
            times = _times(script, choice)
            if times is None:
                continue
            said = title + ", ".join(f", {key} {value}" for key, value in choice.items())
            head = f"{said:28}{times.first_ms:9.0f}{times.chart_rows:12,}"
            print(row(head, times.warm_ms, TARGET_MS) + ("  FAILED" if times.failures else ""))
            most_rows, failures = max(most_rows, times.chart_rows), failures + times.failures
    over = "  over" if most_rows > MOST_ROWS else ""
    print(f"\nrows of the biggest chart {most_rows:,}, target {MOST_ROWS:,}{over}")
    held = _peak_mb()
    over = "  over" if held > MOST_MB else ""
    print(f"peak memory of the process {held:,.0f} MB, target {MOST_MB} MB{over}; load {load()}")
    return 1 if failures else 0


def _pages() -> list[tuple[Path, str]]:
    """Script and title of each page that the router registers."""
    with patch.object(st, "Page", wraps=st.Page) as registered:
        _app().run()
    st.cache_data.clear()  # the first run of each is to be measured
    return [
        (Path(call.args[0]), call.kwargs.get("title") or Path(call.args[0]).stem)
        for call in registered.call_args_list
    ]


def _times(script: Path, choice: dict[str, str]) -> Times | None:
    """The times of one page with some of its inputs chosen; None where it has none of them."""
    app = _app()
    app.switch_page(str(script))
    for key, value in choice.items():
        app.query_params[key] = value
    st.cache_data.clear()
    times = []
    for _ in range(RUNS + 1):
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
    raise SystemExit(_measure())
