"""Sessions as a browser holds them: a server of the app in a process of its own, and its WebSocket.

A session names the messages that it still holds, as browsers do, and waits until a rerun has ended.
An input that lies in a fragment asks for a run of that alone.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from data.config import ROOT
from devnet.node import free_port

_HELD_RUNS = 2  # a browser forgets a message after so many runs that did not send it
_TIMEOUT_S = 120.0
_ENDS = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


class SessionError(Exception):
    """A page that failed, or a server that did not answer."""


@dataclass(frozen=True)
class Server:
    """A running server, by its address and its process."""

    address: str
    pid: int

    def peak_mb(self) -> float:
        """The most memory that was ever resident."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def held_mb(self) -> float:
        """The memory that is resident now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

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
    fragments: dict[str, str] = field(default_factory=dict)  # by input; "" of none
    held: dict[str, tuple[int, str]] = field(default_factory=dict)  # in which run, and fragment
    runs: int = 0
    received_bytes: int = 0
    chart_rows: int = 0
    counts_rows: bool = True  # which takes the client's time
    text: str = ""
    id: str = ""

    async def rerun(self, fragment: str = "") -> None:
        """Ask for a run of the script, or of a fragment of it, and read its messages to the last
        one. A fragment may itself ask for a run of the script."""
        back = BackMsg()
        back.rerun_script.fragment_id = fragment
        back.rerun_script.query_string = self.query
        back.rerun_script.page_script_hash = self.page_hash
        back.rerun_script.page_name = "" if self.page_hash else self.page
        back.rerun_script.widget_states.widgets.extend(self.widgets.values())
        back.rerun_script.cached_message_hashes.extend(self.held)
        await self.socket.send(back.SerializeToString())
        while not self._is_last(message := await self._message()):
            pass
        self.runs += 1
        of_fragment = message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        self.held = {
            key: (run, of)
            for key, (run, of) in self.held.items()
            if self.runs - run <= _HELD_RUNS or (of_fragment and of != fragment)
        }

    async def go(self, page: str) -> None:
        """Open another page of the app, as a click on its link does."""
        self.page, self.page_hash, self.query = page, "", ""
        self.widgets, self.inputs, self.fragments = {}, {}, {}
        await self.rerun()

    async def file(self, key: str) -> str:
        """Have the file behind a button written, and tell the path that it then lies at."""
        back = BackMsg()
        request = back.backend_operation_request
        request.request_id, request.session_id = "file", self.id
        request.deferred_file.file_id = self.input(key).deferred_file_id
        await self.socket.send(back.SerializeToString())
        while (message := await self._message()).WhichOneof("type") != "backend_operation_response":
            pass
        response = message.backend_operation_response
        if response.error_msg:
            raise SessionError(f"{self.page}: {response.error_msg}")
        return str(response.deferred_file.url)

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
            self.id = message.new_session.initialize.session_id
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "ref_hash":
            self.held[message.ref_hash] = self.runs, self.held[message.ref_hash][1]
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            if message.metadata.cacheable:
                self.held[message.hash] = self.runs, message.delta.fragment_id
            self._note(message.delta.new_element, message.delta.fragment_id)
        return kind == "script_finished" and message.script_finished in _ENDS

    def _note(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception" or (kind == "alert" and element.alert.format == element.alert.ERROR):
            raise SessionError(f"{self.page}: {getattr(element, kind)}")
        if kind == "vega_lite_chart" and self.counts_rows:
            rows = sum(map(_rows, element.vega_lite_chart.datasets))
            self.chart_rows = max(self.chart_rows, rows)
        if kind == "markdown":
            self.text += f"{element.markdown.body}\n"
        if key := getattr(getattr(element, kind), "id", "").partition("-")[2].partition("-")[2]:
            self.inputs[key], self.fragments[key] = getattr(element, kind), fragment

    def input(self, key: str) -> Any:
        """The input of this key; where none has it, the last one whose key is this and a number."""
        return self.inputs[self._named(key)]

    def _named(self, key: str) -> str:
        if key in self.inputs:
            return key
        numbered = [name for name in self.inputs if re.fullmatch(f"{key}( [0-9]+)?", name)]
        if not numbered:
            raise SessionError(f"{self.page} has no input {key}")
        return numbered[-1]

    async def click(self, key: str, state: WidgetState) -> None:
        """Put an input into a state, which runs the page, or the fragment that it lies in."""
        widget = WidgetState(id=self.input(key).id)
        widget.MergeFrom(state)
        self.widgets[widget.id] = widget
        await self.rerun(self.fragments[self._named(key)])


def _rows(dataset: Any) -> int:
    return pl.read_ipc_stream(io.BytesIO(dataset.data.data)).height


@asynccontextmanager
async def visiting(server: Server, link: str) -> AsyncIterator[Session]:
    """A session that has opened a page, with a query if the link has one."""
    async with visiting_site(f"http://{server.address}", link) as session:
        yield session


@asynccontextmanager
async def visiting_site(site: str, link: str, **how: Any) -> AsyncIterator[Session]:
    """The same at any address that pages lie at; `how` goes to the connection: `ssl`, `host`,
    `port`, `additional_headers`."""
    parts = urlsplit(site)
    scheme = {"http": "ws", "https": "wss"}[parts.scheme]
    async with connect(
        f"{scheme}://{parts.netloc}{parts.path}/_stcore/stream",
        origin=Origin(f"{parts.scheme}://{parts.netloc}"),
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        compression=None,
        # A busy machine takes its time, and is no server that has gone.
        open_timeout=_TIMEOUT_S,
        ping_interval=None,
        **how,
    ) as socket:
        page, _, query = link.partition("?")
        session = Session(socket, page, query)
        await session.rerun()
        yield session


@asynccontextmanager
async def serving(script: Path, *settings: str) -> AsyncIterator[Server]:
    """`streamlit run` of `script` on a free port, with `settings` in its environment.

    An app is run in its own folder, what is no app in this one.
    """
    port = free_port()
    own = ["-u", "FTM_NETWORK", "-u", "FTM_NETWORKS_FILE", "FTM_SCORING=off"]
    own += ["FTM_FORECAST_LOG=off", *settings]
    command = ["env", *own, sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.headless", "true"]
    quiet = subprocess.DEVNULL
    folder = script.parent if script.name == "app.py" else ROOT
    process = subprocess.Popen(command, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        server = Server(f"127.0.0.1:{port}", process.pid)
        await _answers(port, process)
        yield server
    finally:
        process.terminate()
        process.wait()


async def _answers(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers: it takes connections before it has loaded what it serves."""
    ends = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
            continue
        writer.write(b"GET /_stcore/health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        answer = await reader.readline()
        writer.close()
        if answer:
            return
        await asyncio.sleep(0.2)
    raise SessionError("the server did not start")
