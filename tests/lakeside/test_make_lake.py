"""`python -m lakeside`, in a tree of its own: one command from a store to an app on a lake."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data.config import ROOT
from data.store.reader import open_reader, read_info
from devnet.node import free_port
from lakeside.children import listens
from tests.app import planted

pytestmark = pytest.mark.node

READY = "Ctrl-C stops everything."


@pytest.fixture(scope="module")
def tree(sample_store: Path, servers_folder: Path) -> Path:
    """The project, with the sample made already, where PostgreSQL's user reaches it."""
    root = planted(servers_folder / "tree")
    for room in ("lakeside", "devnet"):
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "var").mkdir()
    shutil.copyfile(sample_store, root / "var" / "sample.duckdb")
    return root


@contextmanager
def running(tree: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and what it said until it was ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lakeside", *options],
        cwd=tree,
        env={**os.environ, "FTM_SCORING": "off", "FTM_STORE": "/another/store.duckdb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if READY in line:
                    break
            yield process, said
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def test_one_command_serves_a_lake_and_ctrl_c_stops_all_of_it(
    tree: Path, sample_store: Path
) -> None:
    port = free_port()
    with running(tree, "--app-port", str(port)) as (process, said):
        assert READY in said
        assert said.count(" as pushed\n") > 15
        assert "NOT" not in said
        secrets = tree / "var" / "lakeside" / "environment"
        assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
        assert not any(
            line.split("=", 1)[1].strip() in said
            for line in secrets.read_text().splitlines()
            if "PASSWORD" in line or "SECRET" in line
        )
        _asks_the_lake_as_it_was_told_to(tree, said)
        _serves(port, sample_store)
        ports = [int(each.split()[0]) for each in (tree / "ports").read_text().splitlines()]
        assert len(ports) == 2
        assert all(map(listens, ports))
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped. What the lake holds is kept in var/lakeside." in told
    assert not any(map(listens, [*ports, port]))


def test_it_goes_on_from_what_the_lake_holds_and_takes_no_second_beside_it(tree: Path) -> None:
    with running(tree, "--no-app") as (_, said):
        assert READY in said
        with running(tree, "--no-app") as (second, refused):
            second.wait(60)
        assert second.returncode == 1
        assert "stop" in refused
    assert "nothing new, the lake holds all of it" in said


@pytest.mark.parametrize("module", ["lakeside", "devnet"])
def test_a_port_that_cannot_be_had_is_told_before_anything_is_started(module: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for named, why in ((port, "Address already in use"), ("65536", "up to 65535")):
            command = [sys.executable, "-m", module, "--app-port", named]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
            assert done.returncode == 2
            assert done.stdout == ""
            assert f"{named} cannot be had (" in done.stderr
            assert why in done.stderr


def _asks_the_lake_as_it_was_told_to(tree: Path, said: str) -> None:
    """The example runs as it is printed, in another shell, and tells what the lake holds."""
    example = [line.strip() for line in said.splitlines() if line.startswith("    ")]
    assert len(example) == 2
    script = "\n".join(example).replace(".venv/bin/python", sys.executable)
    script += "\nenv | grep -o 'port=[0-9]*\\|127.0.0.1:[0-9]*' | grep -o '[0-9]*$' > ports"
    shell = subprocess.run(
        ["sh", "-ec", script], cwd=tree, capture_output=True, text=True, timeout=60, check=True
    )
    assert "paid" in shell.stdout
    assert "2197" in shell.stdout


def _serves(port: int, sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        block = read_info(con).synced_block
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/api/v1/queue") as told:
                assert json.load(told)["about"]["block"] == block
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
