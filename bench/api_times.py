"""How long the API takes while the app is used: 50 clients at once, and sessions that click.

Each client asks again as soon as it was answered, or a second later. Half of the amounts were never
asked for before. Clients and server share the machine's processors.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from websockets.exceptions import WebSocketException

from bench.query_times import load
from bench.sessions import Server, Session, SessionError, serving, visiting
from data.config import ROOT
from data.sample.store import ensure_sample
from data.store.reader import open_reader
from scoring.companion import write_scores
from scoring.inputs import read_inputs
from scoring.run import first_verdict

_CLIENTS, _SESSIONS, _SECONDS = 50, 5, 15.0
_THINK_S = 2.0
_TARGET_MS = 100.0


@dataclass(frozen=True)
class Route:
    """What is asked for: its name, and a path for each number of a request."""

    name: str
    path: str

    def at(self, number: int) -> str:
        """The path, with an amount that depends on the number."""
        return self.path.format(amount=f"{100 + number % 900}.{number:06d}")


_ROUTES = (
    Route("queue", "/api/v1/queue"),
    Route("release-window, asked before", "/api/v1/release-window?token=aFTMc&amount=1000"),
    Route("release-window, any amount", "/api/v1/release-window?token=aFTMb&amount={amount}"),
)


def main() -> int:
    """Print the times; returns 1 where an answer failed."""
    print(f"\nAPI on the sample, {_CLIENTS} clients beside {_SESSIONS} sessions; load {load()}\n")
    print(f"{'':32}{'pause':>8}{'answers/s':>11}{'p50 ms':>9}{'p95 ms':>9}{'target':>9}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            store = ensure_sample(datetime.now(UTC), Path(folder) / "sample.duckdb")
            with open_reader(store) as con:
                write_scores(store, first_verdict(read_inputs(con), datetime.now(UTC)))
            asyncio.run(_measure(store))
    except (SessionError, OSError, WebSocketException) as error:
        print(f"FAILED: {error}")
        return 1
    return 0


async def _measure(store: Path) -> None:
    settings = [f"FTM_STORE={store}", "FTM_NETWORK=sample", "FTM_API_PER_MINUTE=0"]
    async with serving(ROOT / "app.py", *settings) as server, _used(server):
        for pause_s in (1.0, 0.0):
            for route in _ROUTES:
                times = await _answer_times(server, route, pause_s)
                p50, p95 = (1_000 * float(np.quantile(times, p)) for p in (0.5, 0.95))
                verdict = "pass" if p95 < _TARGET_MS else "over"
                rate = len(times) / _SECONDS
                print(
                    f"{route.name:32}{pause_s:6.0f} s{rate:11.0f}{p50:9.1f}{p95:9.1f}{verdict:>9}"
                )


@asynccontextmanager
async def _used(server: Server) -> AsyncIterator[None]:
    """Sessions that run a page again every two seconds."""
    async with AsyncExitStack() as stack:
        pages = ("queue", "waits", "track", "outlook", "explore")
        links = [pages[number % len(pages)] for number in range(_SESSIONS)]
        sessions = [await stack.enter_async_context(visiting(server, link)) for link in links]
        clicking = [asyncio.create_task(_click(session)) for session in sessions]
        try:
            yield
        finally:
            for task in clicking:
                task.cancel()
            await asyncio.gather(*clicking, return_exceptions=True)


async def _click(session: Session) -> None:
    while True:
        await asyncio.sleep(_THINK_S)
        await session.rerun()


async def _answer_times(server: Server, route: Route, pause_s: float) -> list[float]:
    """The seconds that each answer took, of all clients."""
    numbers = iter(range(10**9))
    ends = time.perf_counter() + _SECONDS

    async def client() -> list[float]:
        host, port = server.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        times = []
        await asyncio.sleep(random.random() * pause_s)
        while time.perf_counter() < ends:
            began = time.perf_counter()
            await _ask(reader, writer, route.at(next(numbers)), host)
            times.append(time.perf_counter() - began)
            await asyncio.sleep(pause_s)
        writer.close()
        return times

    times_by_client = await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    return [each for times in times_by_client for each in times]


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, host: str
) -> None:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not head.startswith(b"http/1.1 200"):
        raise SessionError(f"{path}: {body[:200].decode()}")
