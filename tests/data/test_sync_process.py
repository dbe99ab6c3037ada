"""`python -m data.sync` as a process: killed, interrupted, run twice, followed, read beside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from data import sync as command
from data.config import ROOT, Network
from data.ingest.upgraded import is_due
from data.store.reader import open_reader
from data.store.sync_state import SyncState, read_state
from data.store.writer import open_next
from devnet import Devnet, act
from devnet.node import free_port
from tests.fake_node import FakeNode, Reply, at_most, devnet_answers, fake_node, only, result
from tests.first_version import AS_FIRST
from tests.syncing import column, dicts, sync, tables

pytestmark = pytest.mark.node

DUCKDB = Path(sys.executable).with_name("duckdb")
HANGS = only("eth_getLogs", lambda asked: result(asked, [], after_s=30))


@contextmanager
def started(store: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A sync of the devnet; killed on leaving if it still runs."""
    command = [sys.executable, "-m", "data.sync", "--network", "devnet", "--store", str(store)]
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=os.environ | {"TZ": "America/St_Johns"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def finished(store: Path, *arguments: str) -> tuple[int, str, str]:
    """A sync run to its end: status, stdout, stderr."""
    with started(store, *arguments) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def until(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.03)


def test_killed_five_times_it_goes_on_and_loses_and_doubles_nothing(
    devnet: Devnet, store: Path, tmp_path: Path, devnet_store: Path
) -> None:
    moments: list[Callable[[FakeNode], bool]] = [
        # Together fewer than there are ranges: what landed before is not asked for again.
        lambda node: node.count("eth_getLogs") > 6,
        lambda node: node.count("eth_getLogs") > 12,
        lambda node: node.count("eth_getLogs") > 12,
        lambda node: node.count("eth_getBalance") > 0,
        lambda node: node.count("eth_call") > 10,
    ]
    narrow = at_most(20, "the limit is 20 blocks: block range is too wide")
    with fake_node(devnet_answers(devnet.rpc_url), narrow) as node:
        node.latency_s = 0.02
        for moment in moments:
            node.asked.clear()
            with started(store, "--rpc-url", node.url) as process:
                until(lambda now=moment: now(node))
                assert process.poll() is None
                process.kill()
            assert not store.exists()
        node.asked.clear()
        dead = f"http://127.0.0.1:{free_port()}"
        status, out, err = finished(store, "--rpc-url", dead, "--rpc-url", node.url)
    assert (status, "up to block" in out) == (0, True)
    assert f"{dead.removeprefix('http://')} is not used: cannot be reached" in err
    assert node.count("eth_getLogs") == 0
    assert tables(store) == tables(devnet_store)
    assert [path.name for path in sorted(tmp_path.iterdir()) if "next" in path.name] == []


@pytest.mark.parametrize(
    ("method", "ending"),
    [
        ("eth_chainId", signal.SIGINT),
        ("eth_getLogs", signal.SIGINT),
        ("eth_getLogs", signal.SIGTERM),
    ],
)
def test_ctrl_c_or_kill_ends_it_at_once_with_a_word_though_requests_hang(
    method: str, ending: signal.Signals, devnet: Devnet, store: Path
) -> None:
    hangs = only(method, lambda asked: Reply(b"", after_s=200))
    with (
        fake_node(devnet_answers(devnet.rpc_url), hangs) as node,
        started(store, "--rpc-url", node.url) as process,
    ):
        until(lambda: node.count(method))
        time.sleep(0.2)
        process.send_signal(ending)
        began = time.monotonic()
        _, err = process.communicate(timeout=200)
        assert time.monotonic() - began < 60
    assert process.returncode == 130
    assert err.strip().splitlines()[-1] == (
        "stopped; what landed is kept, run the same command to go on"
    )
    assert "Traceback" not in err


def test_ctrl_c_in_the_middle_of_a_query_is_ctrl_c_too(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def endless(network: Network, path: Path, *_: object) -> None:
        with open_next(path, network) as con:
            threading.Timer(0.2, signal.pthread_kill, [threading.main_thread().ident, 2]).start()
            con.execute("SELECT count(*) FROM range(10_000_000_000) AS a, range(1_000) AS b")

    monkeypatch.setattr(command, "_from_node", endless)
    assert command.main(["--network", "devnet", "--store", str(store)]) == 130
    assert "stopped; what landed is kept" in capsys.readouterr().err


def test_a_second_sync_names_the_first_and_a_reader_is_disturbed_by_neither(
    changing_devnet: Devnet, store: Path
) -> None:
    devnet = changing_devnet
    count = "SELECT count(*) FROM requests"
    sync(store, devnet.rpc_url)
    before = column(store, count)[0]
    act.burn_bonds(devnet, devnet.accounts[3], 10**18)
    with fake_node(devnet_answers(devnet.rpc_url), HANGS) as node, open_reader(store) as reader:
        with started(store, "--rpc-url", node.url) as first:
            until(lambda: node.count("eth_getLogs"))
            status, _, err = finished(store, "--rpc-url", node.url)
            assert status == 3
            assert f"is being synced by process {first.pid}: let it finish" in err
            shown = subprocess.run(
                [DUCKDB, "-readonly", "-noheader", "-list", str(store), "-c", count],
                capture_output=True,
                text=True,
                check=True,
            )
            assert int(shown.stdout) == before
        node.fault = None
        # The lock went with its process.
        assert finished(store, "--rpc-url", node.url)[0] == 0
        assert reader.execute(count).fetchone() == (before,)
        assert column(store, count) == [before + 1]


def test_followed_it_shows_what_happens_and_survives_the_node_going_away(
    changing_devnet: Devnet, store: Path
) -> None:
    devnet = changing_devnet
    counted = {0: 0}

    def requests() -> int:
        """Counted once a published store: opening one costs as much as many looks at its time."""
        published = store.stat().st_mtime_ns if store.exists() else 0
        if published not in counted:
            counted[published] = len(dicts(store, "requests"))
        return counted[published]

    with (
        fake_node(devnet_answers(devnet.rpc_url)) as node,
        started(store, "--rpc-url", node.url, "--follow", "1") as process,
    ):
        until(requests)
        before = requests()
        act.burn_bonds(devnet, devnet.accounts[3], 10**18)
        until(lambda: requests() == before + 1)
        refused = len(node.asked)
        node.fault = lambda asked: Reply(b"gone for a moment", 503)
        act.burn_certs(devnet, devnet.accounts[3], 10**18)
        until(lambda: len(node.asked) >= refused + 7)
        node.fault = None
        until(lambda: requests() == before + 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "HTTP 503" in err
    assert "Traceback" not in err
    assert out.count("up to block") >= 3
    assert ": 0 new logs" not in out


def test_a_followed_store_of_the_first_version_is_brought_up_though_no_node_answers(
    synced_store: Path, devnet_store: Path
) -> None:
    with duckdb.connect(synced_store) as con:
        con.execute(AS_FIRST)
    dead = f"http://127.0.0.1:{free_port()}"
    with started(synced_store, "--rpc-url", dead, "--follow", "1") as process:
        until(lambda: (state := read_state(synced_store)) and state.error_kind == "node")
        assert not is_due(synced_store)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "was brought up to date from its own logs" in out
    assert "cannot be reached" in err
    assert tables(synced_store) == tables(devnet_store)


def test_followed_as_a_service_each_line_has_a_time_and_each_change_of_state_one_line(
    changing_devnet: Devnet, store: Path
) -> None:
    devnet = changing_devnet

    def failing() -> SyncState | None:
        state = read_state(store)
        return state if state is not None and state.error_kind == "node" else None

    with (
        fake_node(devnet_answers(devnet.rpc_url)) as node,
        started(store, "--rpc-url", node.url, "--follow", "1", FTM_LOG_FORMAT="json") as process,
    ):
        until(store.exists)
        node.fault = lambda asked: Reply(b"gone for a moment", 503)
        until(failing)
        first = failing()
        assert first.failing_since_s is not None
        until(lambda: failing().began_s > first.began_s)
        assert failing().failing_since_s == first.failing_since_s
        node.fault = None
        until(lambda: not failing())
        healed = read_state(store)
        assert healed.failing_since_s is None
        until(lambda: read_state(store).began_s > healed.began_s)  # so that one is told of
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (0, "")
    lines = [json.loads(line) for line in err.splitlines()]
    assert all(datetime.fromisoformat(line["time"]).utcoffset() == timedelta() for line in lines)
    assert {line["logger"] for line in lines} == {"data.sync"}
    told = [line["message"] for line in lines]
    assert told[0] == "sync of devnet began"
    assert sum(text.startswith("published: ") for text in told) == 2
    assert [line["level"] for line in lines if "HTTP 503" in line["message"]] == ["error"]
    assert told.count("recovered: endpoints answer again") == 1
