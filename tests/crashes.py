"""`python -m tests.crashes`: kills syncs at random moments, and fills their disk.

After each the sync goes on, and its final tables must be those of an uninterrupted one, to the
byte, with what was read and what the checks found. All the while a reader opens the store and
counts. Exit status 1 where a table differs, a read failed, a traceback was printed or something was
left in /dev/shm.
"""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from data import TrackerError
from data.config import ROOT
from data.store.reader import open_reader
from tests.data.store.test_disk_full import small_disk
from tests.fake_node import Asked, FakeNode, Fault, Reply, at_most, either, fake_node
from tests.faults.__main__ import devnet_url
from tests.faults.acts import behind
from tests.faults.history import History, captured
from tests.syncing import Rows, tables

_MEMORY = Path("/dev/shm")
_LATENCY_S = 0.01
_WIDEST = 600
_BESIDE = {f"devnet.duckdb{suffix}" for suffix in ("", ".lock", ".progress", ".seal")}
_EVIDENCE = {
    "coverage": "SELECT filter, from_block, to_block, known FROM coverage ORDER BY ALL",
    "checks": "SELECT name, status, block, wr_id FROM checks ORDER BY ALL",
}
_KINDS = ("at any moment", "at any moment", "while publishing", "while following")


@dataclass
class Told:
    """What went wrong, in words, and how often there was occasion."""

    kills: int = 0
    stores: int = 0
    full_disks: int = 0
    reads: int = 0
    wrong: list[str] = field(default_factory=list)
    left: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Whole:
    """An uninterrupted sync: its tables, how long it took, and how many views it asked for."""

    tables: dict[str, Rows]
    took_s: float
    views: int


def main(arguments: list[str] | None = None) -> int:
    """Kill, continue and compare; returns 1 where something went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, metavar="N")
    parser.add_argument("--disks", type=int, default=10, metavar="N", help="full disks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--devnet", metavar="URL", help="a played devnet that runs already")
    options = parser.parse_args(arguments)
    dice, told, began = random.Random(options.seed), Told(), time.monotonic()
    with ExitStack() as stack:
        history = captured(stack.enter_context(devnet_url(options.devnet)))
        node = stack.enter_context(fake_node(history.answers, at_most(_WIDEST)))
        node.latency_s = _LATENCY_S
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crashes-")))
        whole = _uninterrupted(work / "whole.duckdb", node)
        print(f"an uninterrupted sync takes {whole.took_s:.1f} s", flush=True)
        before = set(_MEMORY.iterdir()) if _MEMORY.exists() else set()
        while told.kills < options.kills:
            told.stores += 1
            folder = work / str(told.stores)
            folder.mkdir()
            _kill_and_go_on(folder / "devnet.duckdb", node, history, whole, dice, told)
        for number in range(options.disks):
            _fill(work / f"disk {number}", node, whole, dice, told)
        told.left = {file.name for file in set(_MEMORY.iterdir()) - before}
    print(
        f"{told.kills} kills of syncs of {told.stores} stores, {told.full_disks} full disks, "
        f"{told.reads:,} reads beside them, in {time.monotonic() - began:.0f} s\n"
        f"{len(told.wrong)} wrong; {len(told.left)} left in {_MEMORY}"
    )
    for words in told.wrong:
        print(f"  {words}")
    return 1 if told.wrong or told.left else 0


def _uninterrupted(store: Path, node: FakeNode) -> Whole:
    began = time.monotonic()
    status, words = _finished(store, node)
    assert status == 0, words
    return Whole(_all_of(store), time.monotonic() - began, node.count("eth_call"))


def _all_of(store: Path) -> dict[str, Rows]:
    """Every table, with the blocks that were read and what each check found."""
    found = tables(store)
    with open_reader(store) as con:
        for name, query in _EVIDENCE.items():
            found[name] = con.execute(query).fetchall()
    return found


def _kill_and_go_on(
    store: Path, node: FakeNode, history: History, whole: Whole, dice: random.Random, told: Told
) -> None:
    """One store: its sync killed one to four times, then left to its end."""
    with _read_beside(store, told):
        for _ in range(dice.randint(1, 4)):
            kind = dice.choice(_KINDS)
            node.asked.clear()
            following = kind == "while following"
            node.fault = either(at_most(_WIDEST), _growing(history) if following else _no_fault)
            with _started(store, node, *(["--follow", "1"] if following else [])) as process:
                if kind == "while publishing":
                    _wait_for_views(process, node, whole)
                    time.sleep(dice.uniform(0, 0.3) * whole.took_s)
                else:
                    time.sleep(dice.uniform(0.1, 2.5 if following else 1.1) * whole.took_s)
                process.kill()
                words = process.communicate()[1]
            told.kills += 1
            if "Traceback" in words:
                told.wrong.append(f"store {told.stores}, killed {kind}: {words[-200:]}")
        node.fault = at_most(_WIDEST)
        _go_on(store, node, whole, told, f"store {told.stores}, last killed {kind}")


def _go_on(store: Path, node: FakeNode, whole: Whole, told: Told, what: str) -> None:
    """The same command again: it must end in the tables of an uninterrupted sync."""
    status, words = _finished(store, node)
    if status != 0:
        told.wrong.append(f"{what}: status {status}: {words[-200:]}")
    elif (found := _all_of(store)) != whole.tables:
        names = [name for name, rows in whole.tables.items() if found[name] != rows]
        told.wrong.append(f"{what}: {', '.join(names)} differ")
    elif extra := {file.name for file in store.parent.iterdir()} - _BESIDE:
        told.wrong.append(f"{what}: {', '.join(sorted(extra))} left beside the store")


def _fill(folder: Path, node: FakeNode, whole: Whole, dice: random.Random, told: Told) -> None:
    """A sync on a disk that is too small, left to its end or killed there, and on the same disk
    once it is not."""
    kilobytes = dice.randint(100, 3_000)
    with small_disk(folder, f"{kilobytes}k") as mounted:
        if not mounted:
            print("full disks: not tried, only root may mount one")
            return
        store = folder / "devnet.duckdb"
        with _read_beside(store, told):
            if dice.random() < 0.5:
                status, words = _finished(store, node)
                told.full_disks += status != 0
                if status not in (0, 1) or "Traceback" in words:
                    told.wrong.append(f"disk of {kilobytes} kB: status {status}: {words[-200:]}")
            else:
                with _started(store, node):
                    time.sleep(dice.uniform(0.1, 1.1) * whole.took_s)
                told.kills += 1
            subprocess.run(["mount", "-o", "remount,size=99m", str(folder)], check=True)
            _go_on(store, node, whole, told, f"disk of {kilobytes} kB")


@contextmanager
def _started(store: Path, node: FakeNode, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "data.sync", "--network", "devnet", "--store", str(store)]
    command += ["--rpc-url", node.url, *more]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def _finished(store: Path, node: FakeNode) -> tuple[int, str]:
    """The status of a sync that is left alone, and what it said on stderr."""
    with _started(store, node) as process:
        words = process.communicate()[1]
    return process.returncode, words


def _wait_for_views(process: subprocess.Popen[str], node: FakeNode, whole: Whole) -> None:
    """Until all is read and the contract was asked: what follows is checked and published."""
    while process.poll() is None and node.count("eth_call") < whole.views:
        time.sleep(0.005)


def _no_fault(asked: Asked) -> Reply | None:
    return None


def _growing(history: History) -> Fault:
    """A chain whose newest blocks come while it is asked."""
    turns = itertools.count()

    def fault(asked: Asked) -> Reply | None:
        hidden = max(0, 8_000 - 40 * next(turns))
        return behind(hidden)(history, "all")(asked)

    return fault


@contextmanager
def _read_beside(store: Path, told: Told) -> Iterator[None]:
    """Somebody who opens the store and counts, again and again."""
    done = threading.Event()

    def read() -> None:
        while not done.wait(0.01):
            if not store.exists():
                continue
            try:
                with open_reader(store) as con:
                    con.execute("SELECT count(*), sum(hash(raw_logs)) FROM raw_logs").fetchone()
                    con.execute("SELECT count(*) FROM requests, checks").fetchone()
                told.reads += 1
            except (TrackerError, duckdb.Error, OSError) as error:
                told.wrong.append(f"store {told.stores}: a read failed: {error}")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()


if __name__ == "__main__":
    raise SystemExit(main())
