"""The load bench: its rows, and that it tells a session that was lost."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import load
from bench.sessions import Server
from data.store.reader import open_reader, read_info
from devnet.node import free_port
from scoring.companion import companion_of
from tests.apart import apart
from tests.app import edited

pytestmark = pytest.mark.node
FEW = load.Plan((3,), processes=(2,), seconds=6.0, think_s=0.5, published_every_s=5.0)


def test_sessions_on_two_processes_behind_nginx_have_a_row(
    sample_store: Path, sample_scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = edited(sample_store, tmp_path / "sample.duckdb")
    shutil.copyfile(sample_scores, companion_of(store))
    failed = apart(load.main, FEW, store)
    printed = capsys.readouterr().out
    assert failed == 0, printed
    (row,) = [line.split() for line in printed.splitlines() if line[:20].split() == ["2", "3"]]
    reruns, p50, p95, first, _, errors, lost, published = row[2:10]
    assert int(reruns) > 3
    assert 0 < float(p50) <= float(p95)
    assert float(first) > 0
    assert (errors, lost) == ("0", "0")
    assert int(published) >= 1


def test_a_session_that_cannot_come_is_lost_and_the_bench_fails(
    sample_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = edited(sample_store, tmp_path / "sample.duckdb")
    address = f"127.0.0.1:{free_port()}"
    site = load.Site(f"http://{address}", (Server(address, os.getpid()),), {})
    told = apart(asyncio.run, load.row(site, store, 2, [], FEW))
    assert told == 1
    row, fault = capsys.readouterr().out.splitlines()
    assert row.split()[:3] == ["1", "2", "0"]
    assert row.split()[7:9] == ["0", "2"]
    assert "ConnectionRefusedError" in fault


def test_what_it_publishes_is_a_newer_store(sample_store: Path, tmp_path: Path) -> None:
    store = edited(sample_store, tmp_path / "sample.duckdb")
    load.publish(store)
    with open_reader(sample_store) as old, open_reader(store) as new:
        before, after = read_info(old), read_info(new)
    assert before.published_at < after.published_at
    assert before.synced_at < after.synced_at
    assert before.synced_block + 10 == after.synced_block


@pytest.mark.parametrize("text", ["0", "ten", "5,"])
def test_no_number_of_sessions_is_bad_usage(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main(["load", "--sessions", text])
    assert "--sessions" in capsys.readouterr().err
