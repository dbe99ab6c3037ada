"""A sync on a real pseudo-terminal of any width, and into pipes that somebody closes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from data.config import ROOT
from devnet import Devnet
from tests.fake_node import at_most, devnet_answers, fake_node
from tests.syncing import tables

pytestmark = pytest.mark.node


def _read_all(terminal: int) -> str:
    pieces = []
    with contextlib.suppress(OSError):  # what Linux says at the end of a terminal
        while piece := os.read(terminal, 65_536):
            pieces.append(piece)
    return b"".join(pieces).decode(errors="replace")


# A width of 0 is what a terminal says that knows none.
@pytest.mark.parametrize("columns", [0, 1, 10_000])
def test_a_terminal_of_any_width_shows_progress_and_breaks_nothing(
    columns: int, devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with fake_node(devnet_answers(devnet.rpc_url), at_most(60)) as node:
        node.latency_s = 0.1  # long enough for a bar to be drawn
        words = ["--network", "devnet", "--store", str(store), "--rpc-url", node.url]
        with subprocess.Popen(
            [sys.executable, "-m", "data.sync", *words], cwd=ROOT, stdout=theirs, stderr=theirs
        ) as process:
            os.close(theirs)
            seen = _read_all(ours)
            os.close(ours)
            assert process.wait(60) == 0
    assert "Traceback" not in seen
    assert "new logs up to block" in seen.replace("\r\n", "")
    assert "reading" in seen
    assert tables(store) == tables(devnet_store)


def test_a_pipe_that_somebody_closes_loses_nothing(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    words = ["--network", "devnet", "--store", str(store), "--rpc-url", devnet.rpc_url]
    with subprocess.Popen(
        [sys.executable, "-m", "data.sync", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        seen = process.stderr.read().decode()
        assert process.wait(60) == 128 + signal.SIGPIPE
    assert "Traceback" not in seen
    assert tables(store) == tables(devnet_store)
