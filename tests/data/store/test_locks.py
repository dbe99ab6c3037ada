"""No store is written by two programs: who has it is named, and what they wrote is kept."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from data import StoreError, StoreLockedError
from data.store.writer import lock, publish
from tests.store_steps import ROOT, blocks, digest, insert, published, sync_process, writer


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return published(tmp_path / "store.duckdb")


@pytest.mark.parametrize("step", ["before", "at the end"])
def test_a_store_that_another_program_writes_is_not_replaced(step: str, store: Path) -> None:
    if step == "at the end":
        insert(store, 2)
    before = digest(store)
    act = publish if step == "at the end" else partial(insert, block=2)
    with writer(store), pytest.raises(StoreError, match="open for writing in another program"):
        act(store)
    assert digest(store) == before
    insert(store, 3)
    publish(store)
    assert blocks(store) == ([1, 3] if step == "before" else [1, 2, 3])


def test_what_another_program_wrote_to_the_store_is_not_overwritten(store: Path) -> None:
    with writer(store, "INSERT INTO pool_balances VALUES (9, '2026-01-01', 1)") as process:
        process.kill()
    assert store.with_name("store.duckdb.wal").exists()
    insert(store, 2)
    with pytest.raises(StoreError, match=r"duckdb.wal shows that a program wrote to the store"):
        publish(store)
    assert blocks(store) == [1, 9]


def test_a_lock_names_its_holder_and_goes_with_it(store: Path) -> None:
    with sync_process(store) as process:
        told = f"is being synced by process {process.pid}: let it finish, or stop it"
        with pytest.raises(StoreLockedError, match=told), lock(store):
            pass
        process.kill()
        process.wait()
        with lock(store):
            pass


def test_a_lock_can_be_waited_for(store: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom data.store.writer import lock\n"
        "with lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(0.5)\n"
    )
    command = [sys.executable, "-c", code, str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        began = time.monotonic()
        with lock(store, wait=True):
            assert process.wait(5) == 0
        assert time.monotonic() - began > 0.2
