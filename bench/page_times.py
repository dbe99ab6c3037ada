"""How long each page takes on a store, what a rerun costs the server, and how long a crowd waits.

`streamlit run app.py` serves the store, and sessions click the inputs of its pages. CPU time is the
server's own, so a busy machine changes it little. What a browser then does with a page is not in
it.
"""

from __future__ import annotations

import asyncio
import math
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import WebSocketException

from bench.query_times import load, row
from bench.sessions import Server, Session, SessionError, serving, visiting
from data import SqlError, StoreError
from data.config import ROOT
from data.store.reader import open_reader
from data.store.sandbox import run_sql
from scoring.companion import read_scores, write_scores
from scoring.inputs import read_inputs
from scoring.run import MOST_ORIGINS, model_version, run_backtest

TARGET_MS, TARGET_P95_MS, MOST_ROWS, MOST_MB, MOST_TIMES = 40, 500, 2_000, 700, 2.0
# The inputs that are clicked on each page, by their keys. Status has none: it is only run again.
CLICKED = {
    "queue": ("payouts", "range"),
    "waits": ("days", "range"),
    "unstake": ("unstake token",),
    "track": ("find",),
    "outlook": ("of",),
    "explore": ("query",),
    "status": (),
}
# What else is opened: the largest answer and the largest table.
_MORE = {"explore?query=payouts": ("query",), "explore?table=raw_logs": ("table",)}
_RUNAWAY = "SELECT sum(a.range * b.range) FROM range(100000) a, range(100000) b, range(100) c"
_CHOICES = 4
_APART_S = 0.1  # between the first visits of a crowd
_EMPTY = "import streamlit as st\nst.toggle('on', key='on')\n"


Click = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Plan:
    """How much is measured: reruns of a page; how long runaway statements run beside it; then
    crowds of sessions, each for `crowd_s`, who wait `think_s` on average between two clicks.
    `warm_ups` clicks come before the reruns, and `most_origins` requests are what the odds are
    scored by."""

    reruns: int = 40
    warm_ups: int = 4 * _CHOICES
    attack_s: float = 10.0
    crowds: tuple[int, ...] = (25, 50)
    crowd_s: float = 30.0
    think_s: float = 2.0
    most_origins: int = MOST_ORIGINS


def main(store: Path, plan: Plan = Plan()) -> int:
    """Print a row a page, then a row a crowd of sessions; returns 1 where a page failed."""
    if not Path("/proc/self/stat").exists():
        print("\nthe cost of a rerun is read from /proc, which this system does not have")
        return 0
    try:
        _ensure_scores(store, plan.most_origins)
        asyncio.run(_measure(store.resolve(), plan))
    except (SessionError, StoreError, OSError, WebSocketException) as error:
        print(f"FAILED: {error}")
        return 1
    return 0


def _ensure_scores(store: Path, most_origins: int) -> None:
    """Without scores beside the store the pages show no odds."""
    kept = read_scores(store)
    if kept is None or kept.about.model_version != model_version():
        with open_reader(store) as con:
            inputs = read_inputs(con)
        kept = run_backtest(inputs, datetime.now(UTC), most_origins=most_origins)
        write_scores(store, kept)
        print(f"its odds scored: {kept.about.origins:,} origins in {kept.about.seconds:.0f} s")


async def _measure(store: Path, plan: Plan) -> None:
    texts = typed(store)
    print(f"\na rerun over the WebSocket, after a click; mean of {plan.reruns}; load {load()}\n")
    print(
        f"{'page':28}{'first ms':>9}{'chart rows':>12}{'median ms':>11}{'sent kB':>9}{'CPU ms':>8}"
        f"  target {TARGET_MS} ms"
    )
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "empty.py")
        script.write_text(_EMPTY)
        async with serving(script) as server:
            await _cost("no page, one input", server, "", ("on",), texts, plan)
    async with serving(ROOT / "app.py", f"FTM_STORE={store}") as server:
        most_rows = 0
        for link, keys in (CLICKED | _MORE).items():
            name = link.capitalize().replace("?", ", ").replace("=", " ")
            rows = await _cost(name, server, link, keys, texts, plan)
            most_rows = max(most_rows, rows)
        over = "  over" if most_rows > MOST_ROWS else ""
        print(f"\nrows of the biggest chart {most_rows:,}, target {MOST_ROWS:,}{over}")
        held_mb = server.peak_mb()
        over = "  over" if held_mb > MOST_MB else ""
        print(f"peak memory of the server {held_mb:,.0f} MB, target {MOST_MB} MB{over}")
        await _under_attack(server, store, texts, plan)
        print(f"\nsessions with {plan.think_s:g} s between clicks, for {plan.crowd_s:g} s\n")
        head = f"{'sessions':20}{'reruns':>8}{'CPU ms':>10}{'p50 ms':>9}{'p95 ms':>8}"
        print(f"{head}  target {TARGET_P95_MS} ms")
        for pages in (["queue"], list(CLICKED)):
            for count in plan.crowds:
                print(await _crowd(server, count, pages, texts, plan))


async def _cost(
    name: str, server: Server, link: str, keys: tuple[str, ...], texts: list[str], plan: Plan
) -> int:
    """Print the row of a page: its first visit, then a rerun once every choice was made before.
    Returns the rows of its biggest chart."""
    began = time.perf_counter()
    async with visiting(server, link) as session:
        first_ms = 1000 * (time.perf_counter() - began)
        clicks = _clicks(session, keys, texts)
        for _ in range(plan.warm_ups):
            await next(clicks)()
        session.received_bytes, cpu_s = 0, server.cpu_s()
        times = [await _timed(next(clicks)) for _ in range(plan.reruns)]
    cpu_ms = 1000 * (server.cpu_s() - cpu_s) / plan.reruns
    sent_kb = session.received_bytes / plan.reruns / 1000
    head = f"{name:28}{first_ms:9,.0f}{session.chart_rows:12,}{median(times):11.0f}{sent_kb:9,.0f}"
    print(row(head, cpu_ms, TARGET_MS))
    return session.chart_rows


async def _timed(click: Click) -> float:
    """The milliseconds that a click takes."""
    began = time.perf_counter()
    await click()
    took_ms = 1000 * (time.perf_counter() - began)
    await asyncio.sleep(0.05)  # what the server does afterwards counts too
    return took_ms


async def _under_attack(server: Server, store: Path, texts: list[str], plan: Plan) -> None:
    """Print the first page's time beside as many runaway statements as may run at once."""
    async with visiting(server, "queue") as session:
        clicks = _clicks(session, CLICKED["queue"], texts)
        alone = median([await _timed(next(clicks)) for _ in range(plan.reruns)])
        run_away = partial(asyncio.to_thread, _run_away, store, plan.attack_s)
        attackers = [asyncio.create_task(run_away()) for _ in range(2)]
        await asyncio.sleep(1.0)
        beside = median([await _timed(next(clicks)) for _ in range(plan.reruns)])
        await asyncio.gather(*attackers)
    times = beside / alone
    over = "  over" if times > MOST_TIMES else ""
    print(f"\n{'Queue, alone':40}{alone:8.0f} ms")
    print(f"{'Queue, beside two runaway statements':40}{beside:8.0f} ms, {times:.1f} times{over}")


def _run_away(store: Path, seconds: float) -> None:
    with suppress(SqlError):
        run_sql(store, _RUNAWAY, seconds=seconds)


async def _crowd(server: Server, count: int, pages: list[str], texts: list[str], plan: Plan) -> str:
    """The row of `count` sessions on `pages`, each of which clicks at random moments.

    Measured once all of them have come, and for each of them once at least. A browser also asks for
    the footer every ten seconds in which nobody clicks; here hardly any pass.
    """
    waits: list[float] = []
    came, ends, cpu_s = 0, math.inf, 0.0

    async def play(number: int) -> None:
        nonlocal came, ends, cpu_s
        page, dice = pages[number % len(pages)], random.Random(number)
        await asyncio.sleep(_APART_S * number)
        async with visiting(server, page) as session:
            clicks = _clicks(session, CLICKED[page], texts)
            came += 1
            if came == count:
                ends, cpu_s = time.perf_counter() + plan.crowd_s, server.cpu_s()
            counted = 0
            while True:
                await asyncio.sleep(dice.expovariate(1 / plan.think_s))
                began, counts = time.perf_counter(), came == count
                if began > ends and counted:
                    return
                await next(clicks)()
                if counts:
                    waits.append(time.perf_counter() - began)
                    counted += 1

    await asyncio.gather(*(play(number) for number in range(count)))
    cpu_ms = 1000 * (server.cpu_s() - cpu_s) / len(waits)
    cuts = [1000 * each for each in quantiles(waits, n=20)]
    name = f"{count} on {'all pages' if len(pages) > 1 else pages[0].capitalize()}"
    head = f"{name:20}{len(waits):8,}{cpu_ms:10.0f}{cuts[9]:9.0f}"
    return f"{row(head, cuts[18], TARGET_P95_MS)}  load {load()}"


def _clicks(session: Session, keys: tuple[str, ...], texts: list[str]) -> Iterator[Click]:
    """Clicks on a page's own inputs in turn, again and again; reruns where it has none."""
    if not keys:
        return cycle([session.rerun])
    possible = [states(session.input(key), texts) for key in keys]
    turns = zip(*map(cycle, possible), strict=True)
    each = (zip(keys, turn, strict=True) for turn in turns)
    return (partial(session.click, key, state) for key, state in chain.from_iterable(each))


def states(found: Any, texts: list[str]) -> list[WidgetState]:
    """The first few states an input can be put into; `texts` are for one that is typed into."""
    match type(found).__name__:
        case "Checkbox":
            return [WidgetState(bool_value=on) for on in (False, True)]
        case "ButtonGroup":
            options = [option.content for option in found.options[:_CHOICES]]
            return [WidgetState(string_array_value=StringArray(data=[each])) for each in options]
        case "NumberInput":
            return [WidgetState(double_value=float(each)) for each in texts]
        case "Selectbox":
            return [WidgetState(string_value=each) for each in found.options[:_CHOICES]]
        case _:
            return [WidgetState(string_value=each) for each in texts]


def typed(store: Path) -> list[str]:
    """What one types into Track: some requests that still wait, and who asked most often."""
    pending = f"SELECT wr_id FROM requests WHERE status = 'pending' ORDER BY 1 LIMIT {_CHOICES - 1}"
    busiest = "SELECT staker FROM requests GROUP BY ALL ORDER BY count(*) DESC, staker LIMIT 1"
    with open_reader(store) as con:
        return [
            str(found) for sql in (pending, busiest) for (found,) in con.execute(sql).fetchall()
        ]
