"""What links make a real server hold: no more, however many and however large the answers."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bench.sessions import serving, visiting
from tests.app import edited, rewrite

MOST_MB = 700
LINKS = 30  # each held its 15 MB before there was a bound: 800 MB for 30


@pytest.mark.node
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads Linux's account of a process")
def test_links_with_large_answers_do_not_fill_a_server(sample_store: Path, app_tree: Path) -> None:
    edited(sample_store, app_tree / "var" / "sample.duckdb")
    # A statement's process stands behind all others: on a busy machine 10 s can pass without it.
    rewrite(app_tree / "pages" / "explore" / "sql_box.py", "_SECONDS = 10", "_SECONDS = 100")
    # A browser of another test may keep this thread's event loop busy.
    with ThreadPoolExecutor(1) as thread:
        peak = thread.submit(lambda: asyncio.run(peak_mb(app_tree / "app.py"))).result()
    assert peak < MOST_MB


async def peak_mb(script: Path) -> float:
    """The server's peak after as many statements by link, two at a time, each of a new visitor."""
    left = iter(range(LINKS))

    async def visit() -> None:
        for link in left:
            sql = f"SELECT repeat('{link:02}', 750) || i AS a FROM range(10_000) t(i)"
            query = urlencode({"network": "sample", "ask": "SQL", "sql": sql})
            async with visiting(server, f"explore?{query}"):
                pass

    async with serving(script) as server:
        await asyncio.gather(visit(), visit())
        return server.peak_mb()
