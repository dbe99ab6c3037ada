"""The app as it is run: its own tree with its own var/, stores in it, and a server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

import duckdb

from data.config import ROOT
from data.ingest import decode
from devnet.node import free_port

_PARTS = (
    "app.py",
    ".streamlit",
    "answers",
    "api",
    "data",
    "pages",
    "queries",
    "ui",
    "forecast",
    "scoring",
)
# What hourly_flows and waits sum up.
SUMMED = ("requests", "head_moves", "reward_claims", "returned_stakes", "stakes")


@dataclass(frozen=True)
class App:
    """A running server, and the tree it was started in."""

    url: str
    root: Path
    pid: int

    def store(self, network: str) -> Path:
        return self.root / "var" / f"{network}.duckdb"


def edited(sample: Path, path: Path, *statements: str) -> Path:
    """A copy of the sample's store, changed, put at `path` as a sync would."""
    following = path.with_name(path.name + ".edited")
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sample, following)
    if not statements:  # to open and close a store costs six copies
        following.replace(path)
        return path
    with duckdb.connect(following) as con:
        for statement in statements:
            con.execute(statement)
        changes = [each for each in statements if each.startswith(("DELETE", "UPDATE", "INSERT"))]
        if any(name in change for name in SUMMED for change in changes):
            for name in ("hourly_flows", "waits"):
                con.execute(f"DELETE FROM {name}")
                con.execute(f"INSERT INTO {name} {decode.table(name)}")
    following.replace(path)
    return path


def of_network(name: str, synced_ago: str = "20 minutes") -> str:
    """The statement that makes a sample's store one of a real network."""
    return (
        f"UPDATE store_info SET simulated = FALSE, network = '{name}', "
        f"synced_at = now() - INTERVAL '{synced_ago}', "
        f"published_at = now() - INTERVAL '{synced_ago}'"
    )


def rewrite(file: Path, old: str, new: str) -> None:
    """Change the app's own code where a test needs it otherwise."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@contextmanager
def served(root: Path, *options: str, **environment: str) -> Iterator[App]:
    """`streamlit run app.py` in `root` on a free port, up to and until the answer of /healthz."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port), *options]
    # Scoring takes a core for half a minute: it is for the one test that is about it.
    environment = {"FTM_SCORING": "off", "PYTHONFAULTHANDLER": "1"} | environment
    with (root / "server.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=root, env=os.environ | environment, stdout=log, stderr=subprocess.STDOUT
        )
    app = App(f"http://127.0.0.1:{port}", root, server.pid)
    try:
        _wait_for(app, server)
        yield app
    finally:
        server.terminate()
        try:
            server.wait(60)
        except subprocess.TimeoutExpired as error:
            server.send_signal(signal.SIGABRT)  # it says where each thread stands
            server.wait(60)
            told = (root / "server.log").read_text()
            raise AssertionError(f"the server did not stop:\n{told}") from error


def _wait_for(app: App, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{app.url}/healthz", timeout=60).close()
            return
        except HTTPError:
            return
        except OSError:  # not listening yet
            time.sleep(0.05)
    raise AssertionError((app.root / "server.log").read_text())


def planted(root: Path) -> Path:
    """A copy of the app's own files at `root`, with what Python has compiled of them: what is
    changed afterwards is compiled anew."""
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, root / part, ignore=_half_written)
        elif source.exists():
            root.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, root / part)
    return root


def _half_written(folder: str, names: list[str]) -> list[str]:
    """What another process is just compiling: it gets its name when it is whole."""
    return [name for name in names if ".pyc." in name]
