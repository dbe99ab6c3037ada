"""What a whole rerun costs the server, and how long many visitors wait for theirs.

`streamlit run app.py` serves a store in a process of its own, and sessions speak to it over its
WebSocket as browsers do: they click an input of the page, name the messages they still hold, and
wait until the rerun has ended. CPU time is the server's own, so a busy machine changes it little.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

from bench.page_times import ensure_scores
from bench.query_times import load, row
from data import StoreError
from data.config import ROOT
from data.store.reader import open_reader

TARGET_MS, TARGET_P95_MS = 40, 500
# The inputs that are clicked on each page, by their keys. Status has none: it is only run again.
CLICKED = {
    "queue": ("payouts", "range"),
    "waits": ("days",),
    "unstake": ("unstake token",),
    "track": ("find",),
    "outlook": ("of",),
    "explore": ("query",),
    "status": (),
}
_CHOICES = 4
_APART_S = 0.1  # between the first visits of a crowd
_HELD_RUNS = 2  # a browser forgets a message after so many runs that did not send it
_TIMEOUT_S = 120.0
_EMPTY = "import streamlit as st\nst.toggle('on', key='on')\n"


Click = Callable[[], Awaitable[None]]


class SessionError(Exception):
    """A page that failed, or a server that did not answer."""


@dataclass(frozen=True)
class Server:
    """A running server, by its address and its process."""

    address: str
    pid: int

    def cpu_s(self) -> float:
        """What all its threads have used so far."""
        of_process = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, of_process[11:13])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Session:
    """One browser's end of a connection, on one page."""

    socket: ClientConnection
    page: str
    query: str = ""
    page_hash: str = ""
    widgets: dict[str, WidgetState] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    runs: int = 0
    received_bytes: int = 0

    async def rerun(self) -> None:
        """Ask for a run of the script, and read its messages to the last one."""
        back = BackMsg()
        back.rerun_script.query_string = self.query
        back.rerun_script.page_script_hash = self.page_hash
        back.rerun_script.page_name = "" if self.page_hash else self.page
        back.rerun_script.widget_states.widgets.extend(self.widgets.values())
        back.rerun_script.cached_message_hashes.extend(self.held)
        await self.socket.send(back.SerializeToString())
        while not self._is_last(await self._message()):
            pass
        self.runs += 1
        self.held = {key: run for key, run in self.held.items() if self.runs - run <= _HELD_RUNS}

    async def _message(self) -> ForwardMsg:
        sent = await asyncio.wait_for(self.socket.recv(decode=False), _TIMEOUT_S)
        self.received_bytes += len(sent)
        message = ForwardMsg()
        message.ParseFromString(sent)
        return message

    def _is_last(self, message: ForwardMsg) -> bool:
        """Take in what a browser would; whether the run has ended with this."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page_hash = message.new_session.page_script_hash
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "ref_hash":
            self.held[message.ref_hash] = self.runs
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            if message.metadata.cacheable:
                self.held[message.hash] = self.runs
            self._note(message.delta.new_element)
        finished = kind == "script_finished"
        return finished and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception" or (kind == "alert" and element.alert.format == element.alert.ERROR):
            raise SessionError(f"{self.page}: {getattr(element, kind)}")
        if key := getattr(getattr(element, kind), "id", "").partition("-")[2].partition("-")[2]:
            self.inputs[key] = getattr(element, kind)

    def input(self, key: str) -> Any:
        """The input of this key, or the last one whose key is this and a number."""
        numbered = [name for name in self.inputs if re.fullmatch(f"{key}( [0-9]+)?", name)]
        if not numbered:
            raise SessionError(f"{self.page} has no input {key}")
        return self.inputs[numbered[-1]]

    async def click(self, key: str, state: WidgetState) -> None:
        """Put an input into a state, which runs the page."""
        widget = WidgetState(id=self.input(key).id)
        widget.MergeFrom(state)
        self.widgets[widget.id] = widget
        await self.rerun()


@dataclass(frozen=True)
class Plan:
    """How much is measured: reruns of a page; then crowds of sessions, each for `crowd_s`, who
    wait `think_s` on average between two clicks."""

    reruns: int = 40
    crowds: tuple[int, ...] = (25, 50)
    crowd_s: float = 30.0
    think_s: float = 2.0


def main(store: Path, plan: Plan = Plan()) -> int:
    """Print a row a page, then a row a crowd of sessions; returns 1 where a page failed."""
    if not Path("/proc/self/stat").exists():
        print("\nthe cost of a rerun is read from /proc, which this system does not have")
        return 0
    try:
        ensure_scores(store)
        asyncio.run(_measure(store.resolve(), plan))
    except (SessionError, StoreError, OSError, WebSocketException) as error:
        print(f"FAILED: {error}")
        return 1
    return 0


async def _measure(store: Path, plan: Plan) -> None:
    texts = _requests(store)
    print(f"\na rerun over the WebSocket, after a click; mean of {plan.reruns}; load {load()}\n")
    print(f"{'page':28}{'median ms':>11}{'sent kB':>9}{'CPU ms':>8}  target {TARGET_MS} ms")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "empty.py")
        script.write_text(_EMPTY)
        async with serving(script) as server, visiting(server, "") as session:
            clicks = _clicks(session, ("on",), texts)
            print(await _cost("no page, one input", server, session, clicks, plan))
    async with serving(ROOT / "app.py", f"FTM_STORE={store}") as server:
        for page, keys in CLICKED.items():
            async with visiting(server, page) as session:
                clicks = _clicks(session, keys, texts)
                print(await _cost(page.capitalize(), server, session, clicks, plan))
        print(f"\nsessions with {plan.think_s:g} s between clicks, for {plan.crowd_s:g} s\n")
        head = f"{'sessions':20}{'reruns':>8}{'CPU ms':>10}{'p50 ms':>9}{'p95 ms':>8}"
        print(f"{head}  target {TARGET_P95_MS} ms")
        for pages in (["queue"], list(CLICKED)):
            for count in plan.crowds:
                print(await _crowd(server, count, pages, texts, plan))


async def _cost(
    name: str, server: Server, session: Session, clicks: Iterator[Click], plan: Plan
) -> str:
    """The row of a page: what a rerun costs once every choice was made before."""
    for _ in range(4 * _CHOICES):
        await next(clicks)()
    session.received_bytes, cpu_s, times = 0, server.cpu_s(), []
    for _ in range(plan.reruns):
        began = time.perf_counter()
        await next(clicks)()
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.05)  # what the server does afterwards counts too
    cpu_ms = 1000 * (server.cpu_s() - cpu_s) / plan.reruns
    sent_kb = session.received_bytes / plan.reruns / 1000
    return row(f"{name:28}{1000 * median(times):11.0f}{sent_kb:9,.0f}", cpu_ms, TARGET_MS)


async def _crowd(server: Server, count: int, pages: list[str], texts: list[str], plan: Plan) -> str:
    """The row of `count` sessions on `pages`, each of which clicks at random moments.

    Measured once all of them have come. A browser also asks for the footer every ten seconds in
    which nobody clicks; here hardly any pass.
    """
    waits: list[float] = []
    all_came = time.perf_counter() + _APART_S * count
    ends = all_came + plan.crowd_s

    async def play(number: int) -> None:
        page, dice = pages[number % len(pages)], random.Random(number)
        await asyncio.sleep(_APART_S * number)
        async with visiting(server, page) as session:
            clicks = _clicks(session, CLICKED[page], texts)
            while True:
                await asyncio.sleep(dice.expovariate(1 / plan.think_s))
                began = time.perf_counter()
                if began > ends:
                    return
                await next(clicks)()
                if began > all_came:
                    waits.append(time.perf_counter() - began)

    sessions = [asyncio.create_task(play(number)) for number in range(count)]
    await asyncio.sleep(all_came - time.perf_counter())
    cpu_s = server.cpu_s()
    await asyncio.gather(*sessions)
    cpu_ms = 1000 * (server.cpu_s() - cpu_s) / len(waits)
    cuts = [1000 * each for each in quantiles(waits, n=20)]
    name = f"{count} on {'all pages' if len(pages) > 1 else pages[0].capitalize()}"
    head = f"{name:20}{len(waits):8,}{cpu_ms:10.0f}{cuts[9]:9.0f}"
    return f"{row(head, cuts[18], TARGET_P95_MS)}  load {load()}"


def _clicks(session: Session, keys: tuple[str, ...], texts: list[str]) -> Iterator[Click]:
    """Clicks on a page's own inputs in turn, again and again; reruns where it has none."""
    if not keys:
        return cycle([session.rerun])
    states = [_states(session.input(key), texts) for key in keys]
    turns = zip(*map(cycle, states), strict=True)
    each = (zip(keys, turn, strict=True) for turn in turns)
    return (partial(session.click, key, state) for key, state in chain.from_iterable(each))


def _states(found: Any, texts: list[str]) -> list[WidgetState]:
    """The first few states an input can be put into; `texts` are for one that is typed into."""
    match type(found).__name__:
        case "Checkbox":
            return [WidgetState(bool_value=on) for on in (False, True)]
        case "ButtonGroup":
            options = [option.content for option in found.options[:_CHOICES]]
            return [WidgetState(string_array_value=StringArray(data=[each])) for each in options]
        case "Selectbox":
            return [WidgetState(string_value=each) for each in found.options[:_CHOICES]]
        case _:
            return [WidgetState(string_value=each) for each in texts]


@asynccontextmanager
async def visiting(server: Server, page: str) -> AsyncIterator[Session]:
    """A session that has opened `page`."""
    stream = f"ws://{server.address}/_stcore/stream"
    origin = Origin(f"http://{server.address}")
    protocols = [Subprotocol("streamlit")]
    async with connect(
        stream, origin=origin, subprotocols=protocols, max_size=None, compression=None
    ) as socket:
        session = Session(socket, page)
        await session.rerun()
        yield session


@asynccontextmanager
async def serving(script: Path, *settings: str) -> AsyncIterator[Server]:
    """`streamlit run` of `script` on a free port, with `settings` in its environment."""
    port = await _free_port()
    own = ["-u", "FTM_NETWORK", "-u", "FTM_NETWORKS_FILE", "FTM_SCORING=off"]
    own += ["FTM_FORECAST_LOG=off", *settings]
    command = ["env", *own, sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.headless", "true"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        server = Server(f"127.0.0.1:{port}", process.pid)
        await _answers(port, process)
        yield server
    finally:
        process.terminate()
        process.wait()


async def _free_port() -> int:
    probe = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port: int = probe.sockets[0].getsockname()[1]
    probe.close()
    return port


async def _answers(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections."""
    ends = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
            continue
        writer.close()
        return
    raise SessionError("the server did not start")


def _requests(store: Path) -> list[str]:
    """Some requests that still wait, as one types them into Track."""
    pending = f"SELECT wr_id FROM requests WHERE status = 'pending' ORDER BY 1 LIMIT {_CHOICES}"
    with open_reader(store) as con:
        return [str(wr_id) for (wr_id,) in con.execute(pending).fetchall()]
