"""How long a newcomer waits for odds: from a server's start on an empty var/ to a page with odds of
the sample, and to the whole backtest of it.

The page is asked anew every second, which is what it does by itself while odds are being scored.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from websockets.exceptions import WebSocketException

from bench.query_times import load
from bench.sessions import SessionError, serving, visiting
from data.config import ROOT
from scoring.companion import read_scores

ODDS_S, WHOLE_S = 10.0, 15.0
_PARTS = (
    *(".streamlit", "answers", "api", "data"),
    *("forecast", "pages", "queries", "scoring", "ui"),
)
_SIGN = "chance by"
_MOST_S = 300.0


def main() -> int:
    """Print the seconds to each; returns 1 where a page failed or no odds came."""
    print(f"\nfrom the server's start on an empty var/, sample; load {load()}\n")
    try:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_measure(_planted(Path(folder))))
    except (SessionError, OSError, TimeoutError, WebSocketException) as error:
        print(f"FAILED: {error}")
        return 1
    return 0


def _planted(root: Path) -> Path:
    """A copy of the app's own files, with no var/ yet."""
    for part in _PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", root)
    return root


async def _measure(root: Path) -> None:
    store = root / "var" / "sample.duckdb"
    began = time.monotonic()
    async with asyncio.timeout(_MOST_S), serving(root / "app.py", "FTM_SCORING=on") as server:
        print(f"{'the server takes connections':42}{time.monotonic() - began:6.1f} s")
        async with visiting(server, "queue") as session:
            print(f"{'a page is shown':42}{time.monotonic() - began:6.1f} s")
            while _SIGN not in session.text:
                await asyncio.sleep(1)
                await session.rerun()
            _row("odds on the page", time.monotonic() - began, ODDS_S)
        while (kept := read_scores(store)) is None or kept.about.provisional:
            await asyncio.sleep(0.2)
        print(f"{'all past requests are scored':42}{time.monotonic() - began:6.1f} s")
        label = f"the backtest of {kept.about.origins:,} requests alone"
        _row(label, kept.about.seconds, WHOLE_S)


def _row(label: str, took: float, target: float) -> None:
    verdict = "pass" if took < target else "falls short"
    print(f"{label:42}{took:6.1f} s  target {target:.0f} s  {verdict}")
