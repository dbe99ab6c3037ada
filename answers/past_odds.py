"""The odds of a day of the past: scored when somebody looks at it.

They are what the pages would have said on that day: the same model on the store of that day, with
the first verdict of `scoring`, made of 200 requests and of what was known of them by then. The
whole backtest, which takes several times as long, is left out: each day would need its own.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from answers import scored
from answers.sources import Version
from answers.store_view import StoreView
from data.config import ROOT

_MOST_KNOWN, _MOST_WAITING = 500, 8
_lock = threading.Lock()
_runs: dict[Version, Future[str]] = {}
# One after another: others need the processors too.
_scorer = ThreadPoolExecutor(1, "odds of the past")


def score(view: StoreView) -> Future[str]:
    """Have the odds of a view of the past scored, unless they are; the result is why that could not
    be done, "" where it was; of the same file it is not tried again.

    A process of its own does it in about three seconds, and keeps the scores beside the store of
    that day.
    """
    with _lock:
        run = _runs.get(view.version)
        # They go with the store, and that comes anew when it is asked for again.
        gone = run is not None and run.done() and not run.result()
        if run is None or (gone and scored.scores_of(view) is None):
            if len(_runs) >= _MOST_KNOWN:
                _runs.pop(next(iter(_runs)))
            _drop_oldest()
            run = _runs[view.version] = _scorer.submit(_score, view.source.path)
        return run


def _drop_oldest() -> None:
    """Where many wait, nobody looks any more at what was asked for first; who does asks again."""
    waiting = [version for version, run in _runs.items() if not run.done()]
    for version in waiting[: max(0, len(waiting) - _MOST_WAITING + 1)]:
        if _runs[version].cancel():
            del _runs[version]


def is_being_scored(view: StoreView) -> bool:
    """Whether the odds of a view of the past are about to come."""
    with _lock:
        run = _runs.get(view.version)
        return run is not None and not run.done()


def fault(view: StoreView) -> str:
    """Why they could not be scored, "" where they are, or are about to be."""
    with _lock:
        run = _runs.get(view.version)
        return run.result() if run is not None and run.done() else ""


def _score(path: Path) -> str:
    command = [sys.executable, "-m", "scoring", "--first", "--store", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.returncode:
        return ""
    return (done.stderr.strip().splitlines() or ["the process ended without a word"])[-1]
