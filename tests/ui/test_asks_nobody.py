"""Whom a real server asks while strangers visit it: nobody, as a record of its sockets says."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.app import edited, served
from tests.ui.test_gate import asked, port_of, session_id, stream

pytestmark = pytest.mark.node
# Python reads it before all else, in each process that the server starts, too.
RECORDER = """
import os, sys
told = os.open({path!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def note(event, arguments):
    if event == "socket.getaddrinfo" or event.startswith("socket.gethost"):
        os.write(told, f"{{event}} {{arguments[0]}}\\n".encode())
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        address = address[0] if isinstance(address, tuple) else address
        os.write(told, f"{{event}} {{address}}\\n".encode())
sys.addaudithook(note)
os.write(told, b"started here\\n")
"""
NOBODY = {"here", "None", "127.0.0.1", "::1", "localhost", "0.0.0.0"}
OPTIONS = {
    "as make run starts it": (),
    "at all addresses, with another origin": (
        *("--server.address", "0.0.0.0"),
        *("--server.corsAllowedOrigins", "https://other.test"),
    ),
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_a_server_asks_nobody_outside(
    sample_store: Path, app_tree: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    edited(sample_store, app_tree / "var" / "sample.duckdb")
    record = tmp_path / "asked.txt"
    (tmp_path / "sitecustomize.py").write_text(RECORDER.format(path=str(record)))
    with served(app_tree, *options, PYTHONPATH=str(tmp_path)) as app:
        host = f"localhost:{port_of(app)}"
        with stream(app, host, f"http://{host}") as connection:
            assert session_id(connection)
        asked(app, "GET", "/", Host="evil.test")
        for origin in ("https://other.test", "https://evil.test", "http://localhost:1"):
            try:
                with stream(app, host, origin) as connection:
                    assert origin in options
                    assert session_id(connection)
            except InvalidStatus:
                assert origin not in options
    lines = record.read_text().split("\n")
    assert "started here" in lines
    assert {line.partition(" ")[2] or "here" for line in lines} <= NOBODY
    told = (app_tree / "server.log").read_text()
    assert f"Open http://{'127.0.0.1' if '0.0.0.0' not in options else 'localhost'}:" in told
    assert "external IP" not in told
