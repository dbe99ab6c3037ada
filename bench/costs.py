"""What a program takes from its start to its end, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from data.config import ROOT


@dataclass(frozen=True)
class Cost:
    """Time and memory of one child process, from its start to its end, and what it printed last."""

    wall_s: float
    cpu_s: float
    peak_rss_mb: float
    output: str = ""


def run(module: str, *arguments: object) -> Cost:
    """What `python -m module` costs. Ends the bench where the program fails."""
    return run_command([sys.executable, "-m", module, *map(str, arguments)])


def run_command(command: Sequence[str]) -> Cost:
    """What a command costs; its errors are shown. Ends the bench where it fails."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout is not None
    with child.stdout:
        output = child.stdout.read().strip()
    _, status, used = os.wait4(child.pid, 0)  # what this one child used, unlike getrusage
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command[:3])} ended with status {child.returncode}")
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return Cost(
        time.monotonic() - began,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss * kilobyte / 1e6,
        output.splitlines()[-1] if output else "",
    )


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure; what the first one said."""
    return Cost(
        median(cost.wall_s for cost in costs),
        median(cost.cpu_s for cost in costs),
        median(cost.peak_rss_mb for cost in costs),
        costs[0].output,
    )


def print_heading() -> None:
    """The head of a table of costs."""
    print(f"{'':34}{'wall s':>8}{'CPU s':>8}{'peak RSS MB':>13}{'logs/s':>10}")


def print_cost(name: str, cost: Cost, logs: float) -> None:
    """A row of it."""
    print(
        f"{name:34}{cost.wall_s:8.1f}{cost.cpu_s:8.1f}{cost.peak_rss_mb:13.0f}"
        f"{logs / cost.wall_s:10,.0f}",
        flush=True,
    )
