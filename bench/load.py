"""How the app bears many visitors while syncs publish: one process by itself, and two behind nginx.

Sessions open pages, type amounts and move filters, each with two seconds between on average, as
`bench/sessions.py` plays them. They share the machine's processors with the servers, nginx and what
publishes: what they take themselves is printed.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import duckdb
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import WebSocketException

from bench.page_times import CLICKED, states, typed
from bench.proxied import proxied
from bench.query_times import load
from bench.sessions import Server, Session, SessionError, serving, visiting, visiting_site
from data.config import ROOT
from data.sample.store import ensure_sample
from data.store.reader import open_reader
from scoring.companion import companion_of, write_scores
from scoring.inputs import read_inputs
from scoring.run import first_verdict

TARGETS_MS = {(1, 50): 300, (2, 100): 500}  # 95 % of the reruns, by processes and sessions
MOST_MB = 1_024
_THINK_S, _APART_S = 2.0, 0.1
_LONGEST_S = 60.0  # who waits longer for a page is lost
_LEAVES = 0.1  # of what a visitor does, so much is to open another page
_NAME = "queue.test"
_TYPED = {"queue": "amount", "unstake": "unstake amount", "outlook": "amount"}


@dataclass(frozen=True)
class Plan:
    """How many sessions there are, one row each, for how long, and how often a sync publishes."""

    sessions: tuple[int, ...] = (25, 50, 100, 200)
    processes: tuple[int, ...] = (1, 2)
    seconds: float = 60.0
    think_s: float = _THINK_S
    published_every_s: float = 10.0


@dataclass
class Measured:
    """What the sessions of one row have met, in seconds; faults by what they say."""

    firsts: list[float] = field(default_factory=list)
    reruns: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Site:
    """Where the pages lie, and the processes that serve them."""

    url: str
    servers: tuple[Server, ...]
    how: dict[str, object]


def main(plan: Plan = Plan(), store: Path | None = None) -> int:
    """Print a row for each number of processes and sessions, on a copy of `store` or on the sample;
    returns 1 where a page failed, or a session was lost."""
    with tempfile.TemporaryDirectory() as folder:
        own = _scored(store, Path(folder) / "load.duckdb")
        try:
            return asyncio.run(_measure(own, Path(folder), plan))
        except (SessionError, OSError, WebSocketException) as error:
            print(f"FAILED: {error}")
            return 1


def _scored(store: Path | None, own: Path) -> Path:
    """A store at `own` that may be replaced, with scores beside it, as pages show odds."""
    if store is None:
        ensure_sample(datetime.now(UTC), own)
    else:
        shutil.copyfile(store, own)
        if companion_of(store).exists():
            shutil.copyfile(companion_of(store), companion_of(own))
            return own
    with open_reader(own) as con:
        write_scores(own, first_verdict(read_inputs(con), datetime.now(UTC)))
    return own


async def _measure(store: Path, folder: Path, plan: Plan) -> int:
    print(
        f"\nsessions with {plan.think_s:g} s between what they do, for "
        f"{plan.seconds:g} s; a store published every {plan.published_every_s:g} s; load {load()}\n"
    )
    print(
        f"{'':27}{'a rerun':>16}{'':12}{'a first page':>14}\n"
        f"{'processes':>9}{'sessions':>10}{'reruns':>8}{'p50 ms':>8}{'p95 ms':>8}{'target':>12}"
        f"{'p50 ms':>8}{'p95 ms':>8}{'errors':>8}{'lost':>6}{'published':>11}"
        "   MB a process, begin to end (most); processors taken by the sessions themselves"
    )
    texts, failed = typed(store), 0
    for processes in plan.processes:
        async with _served(store, folder / f"nginx-{processes}", processes) as site:
            for count in plan.sessions:
                failed |= await row(site, store, count, texts, plan)
    print(f"\ntargets: no error, no lost session, under {MOST_MB:,} MB a process, and no growth")
    return failed


@asynccontextmanager
async def _served(store: Path, folder: Path, processes: int) -> AsyncIterator[Site]:
    """One process by itself, or several behind the nginx of deploy/."""
    settings = [f"FTM_STORE={store}", f"STREAMLIT_BROWSER_SERVER_ADDRESS={_NAME}"]
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(serving(ROOT / "app.py", *settings))
            for _ in range(processes)
        ]
        for server in servers:  # what is loaded and cached once is no visitor's wait
            for page in CLICKED:
                async with visiting(server, page):
                    pass
        if processes == 1:
            yield Site(f"http://{servers[0].address}", tuple(servers), {})
            return
        ports = [int(server.address.partition(":")[2]) for server in servers]
        # All sessions come from one address, which would be too many from one.
        crowd = {"limit_conn ftm_connections 300;": "limit_conn ftm_connections 10000;"}
        proxy = stack.enter_context(proxied(folder, ports, name=_NAME, edits=crowd))
        how = {"ssl": proxy.trust(), "host": "127.0.0.1", "port": proxy.port}
        yield Site(proxy.url, tuple(servers), how)


async def row(site: Site, store: Path, count: int, texts: list[str], plan: Plan) -> int:
    """Print what so many sessions met. Measured from when all of them have come."""
    measured, came = Measured(), asyncio.Event()
    waiting, ends = count, math.inf
    begun_mb = [server.held_mb() for server in site.servers]
    cpu_s, began = _own_cpu_s(), time.perf_counter()

    async def play(number: int) -> None:
        nonlocal waiting, ends
        dice = random.Random(number)
        await asyncio.sleep(_APART_S * number)
        is_in = False

        def come_in() -> None:
            nonlocal waiting, ends, is_in
            waiting, is_in = waiting - (not is_in), True
            if not waiting and ends == math.inf:
                ends = time.perf_counter() + plan.seconds
                came.set()

        page = list(CLICKED)[number % len(CLICKED)]
        how = {**site.how, "additional_headers": {"Cookie": f"ftm_visitor=visitor-{number}"}}
        try:
            at = time.perf_counter()
            async with visiting_site(site.url, page, **how) as session:
                measured.firsts.append(time.perf_counter() - at)
                session.counts_rows = False
                come_in()
                while True:
                    await asyncio.sleep(dice.expovariate(1 / plan.think_s))
                    at = time.perf_counter()
                    if at > ends:
                        return
                    async with asyncio.timeout(_LONGEST_S):
                        await _act(session, dice, texts)
                    if came.is_set():
                        measured.reruns.append(time.perf_counter() - at)
        except SessionError as error:
            measured.errors.append(str(error))
        except (WebSocketException, OSError) as error:
            measured.lost.append(repr(error))
        finally:
            come_in()

    publishing = asyncio.create_task(_publishing(store, plan.published_every_s))
    try:
        await asyncio.gather(*(play(number) for number in range(count)))
    finally:
        publishing.cancel()
        published = await publishing
    share = (_own_cpu_s() - cpu_s) / (time.perf_counter() - began) / (os.cpu_count() or 1)
    print(_line(site, count, measured, begun_mb, published, share), flush=True)
    for fault in dict.fromkeys(measured.errors + measured.lost):
        print(f"          {fault[:200]}")
    return 1 if measured.errors or measured.lost else 0


async def _act(session: Session, dice: random.Random, texts: list[str]) -> None:
    """What a visitor does next: opens another page, types an amount, or moves a filter."""
    if dice.random() < _LEAVES:
        await session.go(dice.choice([page for page in CLICKED if page != session.page]))
        return
    amount = _TYPED.get(session.page)
    keys = [*CLICKED[session.page], *([amount] if amount else [])]
    there = [
        key for key in keys if any(re.fullmatch(f"{key}( [0-9]+)?", k) for k in session.inputs)
    ]
    if not there:
        await session.rerun()
        return
    key = dice.choice(there)
    some = [f"{dice.randrange(1_000, 500_000) / 100:.2f}"] if key == amount else texts
    possible: list[WidgetState] = states(session.input(key), some)
    await session.click(key, dice.choice(possible))


async def _publishing(store: Path, every_s: float) -> int:
    """Publish the store again and again, until cancelled; returns how often."""
    published = 0
    try:
        while True:
            await asyncio.sleep(every_s)
            await asyncio.to_thread(publish, store)
            published += 1
    except asyncio.CancelledError:
        return published


def publish(store: Path) -> None:
    """What a sync leaves that read on by ten blocks of a second each and found no log: every figure
    that counts from the newest block is another, and so are all odds."""
    following = store.with_name(f"{store.name}.next")
    shutil.copyfile(store, following)
    with duckdb.connect(following) as con:
        con.execute(
            "UPDATE store_info SET published_at = now(), synced_block = synced_block + 10, "
            "head_block = head_block + 10, synced_at = synced_at + INTERVAL 10 SECOND"
        )
        con.execute(
            "UPDATE coverage SET to_block = to_block + 10 "
            "WHERE to_block = (SELECT max(to_block) FROM coverage)"
        )
        con.execute("FORCE CHECKPOINT")
    following.replace(store)


def _line(
    site: Site, count: int, measured: Measured, begun_mb: list[float], published: int, share: float
) -> str:
    p50, p95 = _cuts(measured.reruns)
    first_p50, first_p95 = _cuts(measured.firsts)
    target = TARGETS_MS.get((len(site.servers), count))
    over = "" if target is None else f"{'over' if p95 > target else 'under'} {target}"
    memory = ", ".join(
        f"{begun:,.0f} to {server.held_mb():,.0f} ({server.peak_mb():,.0f})"
        + ("  over" if server.peak_mb() > MOST_MB else "")
        for begun, server in zip(begun_mb, site.servers, strict=True)
    )
    return (
        f"{len(site.servers):9}{count:10}{len(measured.reruns):8,}{p50:8.0f}{p95:8.0f}{over:>12}"
        f"{first_p50:8.0f}{first_p95:8.0f}{len(measured.errors):8}{len(measured.lost):6}{published:11}"
        f"   {memory}; {100 * share:.0f} %"
    )


def _cuts(seconds: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    if len(seconds) < 2:
        return math.nan, math.nan
    cuts = quantiles(seconds, n=20)
    return 1000 * cuts[9], 1000 * cuts[18]


def _own_cpu_s() -> float:
    used = os.times()
    return used.user + used.system
