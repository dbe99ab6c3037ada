"""One run: a sync through endpoints of which some lie, in a process that can be killed, and
what its store is worth; then the same store synced again, when all are honest."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from data import TrackerError
from data.ingest.coverage import BOND, POOL
from data.node.endpoint import Manners
from data.pool.contracts import (
    CLAIMED_REWARDS,
    MANUAL_WITHDRAWAL_EXPECTED,
    PAID,
    STAKE_RECEIVED,
    STAKE_RECEIVED_2,
    STAKE_RETURNED,
    TOKENS_BURNED,
    TOKENS_BURNED_2,
)
from data.store.reader import open_reader
from tests.fake_node import FakeNode, at_most, fake_node
from tests.faults.history import History
from tests.faults.table import ROWS, WIDEST, Run
from tests.syncing import Rows, sync, tables

SAME, STOP, TOLD = "same", "stop", "told"
SILENT, HANG, TRACEBACK, MUTE = "silent", "hang", "traceback", "mute"
# Two of three left out the same log, bore each other out, and no ids, ratio or balance tells it:
# "agreed" means just that. Only asking the third for everything would.
ALIKE = "alike"
OUTCOMES = (SAME, STOP, TOLD, ALIKE, SILENT, HANG, TRACEBACK, MUTE)
# What takes as much longer than an honest sync hangs; half a minute is never too long.
LIMIT_TIMES, LEAST_LIMIT_S = 40.0, 30.0
# A host alone is asked some 300 times, and each third answer costs its deadline of a second.
UNENDING_LIMIT_S = 120.0
HONEST_SYNCS = 3
# Small ranges and short pauses: what takes minutes on a real chain takes seconds here.
_MANNERS = Manners(
    timeout_s=1.0,
    pause_s=0.01,
    longest_pause_s=0.05,
    longest_rest_s=0.5,
    idle_s=2.0,
    first_span=200,
)
_ADVICE = re.compile(r"--rpc-url|try again|sync again|name (an)?other|ask another", re.IGNORECASE)
_STOPPED, _RAISED = 1, 3
# The pool's other logs are upgrades and settings: as sure as the bond's, and Status says so.
_COUNTED = {
    event.topic0
    for event in (
        *(TOKENS_BURNED, TOKENS_BURNED_2, PAID, MANUAL_WITHDRAWAL_EXPECTED),
        *(STAKE_RECEIVED, STAKE_RECEIVED_2),
    )
}
_BRINGS_MONEY = {
    event.topic0 for event in (STAKE_RECEIVED, STAKE_RECEIVED_2, CLAIMED_REWARDS, STAKE_RETURNED)
}
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.play"])


@dataclass(frozen=True)
class Truth:
    """The store of an honest node: every table, the chain's newest block, and what it took."""

    tables: dict[str, Rows]
    head: int
    addresses: dict[str, str]
    took_s: float


@dataclass(frozen=True)
class Ended:
    """How a sync ended, its words, and how long it took."""

    outcome: str
    words: str = ""
    took_s: float = 0.0


def truth(history: History) -> Truth:
    """What a sync from an honest node makes of the history."""
    with tempfile.TemporaryDirectory() as folder, fake_node(history.answers) as node:
        node.fault = at_most(WIDEST)
        store = Path(folder) / "honest.duckdb"
        began = time.monotonic()
        sync(store, node.url, manners=_MANNERS)
        took_s = time.monotonic() - began
        found = Truth(tables(store), history.head, history.addresses, took_s)
    places = [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in history.logs]
    assert [row[:2] for row in found.tables["raw_logs"]] == places, "an honest sync is not honest"
    return found


def play(
    run: Run, history: History, honest: Truth, limit_times: float = LIMIT_TIMES
) -> tuple[Ended, Ended]:
    """How a sync of an empty store ended, and the next one, with all endpoints honest. Where two
    lied alike, the next ones: each asks for so many second answers and no more."""
    least_s = UNENDING_LIMIT_S if ROWS[run.name].unending else LEAST_LIMIT_S
    limit_s = max(least_s, limit_times * honest.took_s)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, ExitStack() as open_nodes:
        store = Path(folder) / "devnet.duckdb"
        nodes: list[FakeNode] = []
        liars: set[str] = set()
        for number in range(run.scene.endpoints):
            node = open_nodes.enter_context(fake_node(history.answers, at_most(WIDEST)))
            if number < run.scene.liars:
                row = ROWS[run.name]
                node.fault = row.fault(history, run.scene.contract, run.rate, run.seed)
                liars.add(node.url.removeprefix("http://"))
            nodes.append(node)
        lied = _ended(store, nodes, honest, liars, limit_s)
        for node in nodes:
            node.fault = at_most(WIDEST)
        for _ in range(HONEST_SYNCS if len(liars) > 1 else 1):
            after = _ended(store, nodes, honest, liars, limit_s)
            if after.outcome != TOLD:
                break
        return lied, after


def _ended(
    store: Path, nodes: list[FakeNode], honest: Truth, liars: set[str], limit_s: float
) -> Ended:
    began = time.monotonic()
    ended = _outcome(store, nodes, honest, liars, limit_s)
    return replace(ended, took_s=time.monotonic() - began)


def _outcome(
    store: Path, nodes: list[FakeNode], honest: Truth, liars: set[str], limit_s: float
) -> Ended:
    words = store.with_name("words")
    _status_of(words).unlink(missing_ok=True)
    arguments = (store, [node.url for node in nodes], words)
    child = _CONTEXT.Process(target=_sync, args=arguments, daemon=True)
    child.start()
    try:
        child.join(limit_s)
        if child.is_alive():
            return Ended(HANG, f"over {limit_s:.0f} s")
    finally:
        child.kill()
        child.join()
    told = words.read_text() if words.exists() else ""
    # The status as the child wrote it: of threads that look after children at once, one may read
    # the system's in another's place, which then is told 255.
    status = int(_status_of(words).read_text()) if _status_of(words).exists() else child.exitcode
    if status == _STOPPED and "Traceback" not in told:
        last = "".join(told.strip().splitlines()[-1:])
        return Ended(STOP if _ADVICE.search(last) else MUTE, last)
    if status != 0 or "Traceback" in told:
        return Ended(TRACEBACK, f"status {status}: " + "".join(told.splitlines()[-1:]))
    return _worth(store, honest, liars)


def _sync(store: Path, urls: list[str], words: Path) -> None:
    """The child. What it prints and why it stopped is kept in `words`, its status beside them."""
    with words.open("w") as file:
        os.dup2(file.fileno(), 2)
        tqdm.set_lock(threading.RLock())  # its own is a semaphore, which a killed child leaves
        status = 0
        try:
            sync(store, *urls, manners=_MANNERS)
        except TrackerError as error:
            status = _STOPPED
            print(error, file=file)
        except BaseException:  # noqa: BLE001 - whatever it is, it is what we look for
            status = _RAISED
            traceback.print_exc(file=file)
    _status_of(words).write_text(str(status))
    os._exit(status)


def _status_of(words: Path) -> Path:
    return words.with_name("status")


def _worth(store: Path, honest: Truth, liars: set[str]) -> Ended:
    """What a published store is worth beside the truth, where the hosts `liars` lied."""
    with open_reader(store) as con:
        synced, covered = con.execute(
            "SELECT (SELECT synced_block FROM store_info), (SELECT max(to_block) FROM coverage)"
        ).fetchall()[0]
        failed = con.execute(
            "SELECT name, block, message FROM checks WHERE status = 'failed'"
        ).fetchall()
        single = _ranges(con, "known = 'single'")
        both = _ranges(con, "known = 'agreed' AND source = ?", ", ".join(sorted(liars)))
        times_alone = con.execute(
            "FROM checks WHERE name = 'second source: times' AND status = 'unknown'"
        ).fetchone()
        surplus = con.execute(
            "SELECT message FROM checks WHERE name = 'money' AND status = 'unknown' "
            "AND contains(message, 'more than what came')"
        ).fetchone()
    found = tables(store)
    expected = {row for row in honest.tables["raw_logs"] if row[0] <= synced}
    wrong = expected ^ set(found["raw_logs"])
    too_far = max(synced, covered) > honest.head
    if synced < honest.head and not wrong and not too_far:
        return Ended(SAME, f"up to block {synced} of {honest.head}")
    if found == honest.tables and not too_far:
        return Ended(SAME)
    blocks = sorted({row[0] for row in wrong})
    # A check tells of what is wrong where it names one of its blocks, or is of the whole history.
    telling = [each for each in failed if not wrong or each[1] in blocks or _of_all(each[0])]
    if telling:
        return Ended(TOLD, "failed check: {}, block {}: {}".format(*telling[0]))
    names = {row: _filter_of(row, honest.addresses) for row in wrong}
    hidden = [row for row in wrong if not _within(row, names[row], single)]
    if wrong and not too_far and not hidden:
        return Ended(TOLD, f"{len(wrong)} rows differ in blocks that one source gave")
    only_times = wrong and _timeless(wrong & expected) == _timeless(wrong - expected)
    if times_alone and only_times and not too_far:
        return Ended(TOLD, f"{len(wrong) // 2} times are wrong that one source gave")
    if surplus and len(liars) > 1 and not too_far:
        hidden = [row for row in hidden if row[5] not in _BRINGS_MONEY]
        if not hidden:
            return Ended(TOLD, f"money: {surplus[0]}")
    if hidden and not too_far and all(_within(row, names[row], both) for row in hidden):
        return Ended(ALIKE, f"{len(hidden)} rows differ in blocks that both liars gave alike")
    what = f"{len(wrong)} rows differ, blocks {blocks[:3]}" if wrong else f"covered to {covered}"
    return Ended(SILENT, what)


def _of_all(check: str) -> bool:
    return check == "money" or check.startswith("view ")


def _timeless(rows: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {(*row[:2], *row[3:]) for row in rows}


def _ranges(con: Any, where: str, *values: str) -> list[tuple[str, int, int]]:
    ranges = f"SELECT filter, from_block, to_block FROM coverage WHERE {where}"
    return list(con.execute(ranges, values).fetchall())


def _within(row: tuple[Any, ...], name: str, ranges: list[tuple[str, int, int]]) -> bool:
    return any(name == each and first <= row[0] <= last for each, first, last in ranges)


def _filter_of(row: tuple[Any, ...], addresses: dict[str, str]) -> str:
    """How coverage names what the log of this row of raw_logs is as sure as."""
    name = next((name for name, address in addresses.items() if address == row[4]), "")
    return BOND if name == POOL and row[5] not in _COUNTED else name
