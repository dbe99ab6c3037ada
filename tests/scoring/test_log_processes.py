"""Several processes that log at once, are killed while they do, or run out of disk."""

from __future__ import annotations

import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

from data.config import ROOT
from scoring.forecast_log import log_of, read_log
from tests.made_forecasts import append

# Appends ids one at a time, once it is told to begin, and says how many were new.
APPENDER = """
import sys
from pathlib import Path
from data import StoreError
from tests.made_forecasts import append
store, own, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
new = 0
try:
    for number in range(count):
        new += append(store, number)
        new += append(store, own * 1_000_000 + number)
        if new >= 100:
            print("many", flush=True)
except StoreError as error:
    print(f"failed: {error}")
print(new)
"""


def appender(
    store: Path, own: int, count: int, most_bytes: int | None = None
) -> subprocess.Popen[str]:
    limit = most_bytes and partial(
        resource.setrlimit, resource.RLIMIT_FSIZE, (most_bytes, most_bytes)
    )
    command = [sys.executable, "-c", APPENDER, str(store), str(own), str(count)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=limit,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> None:
    process.stdin.write("\n")
    process.stdin.flush()


def test_processes_that_append_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    processes = [appender(store, own, 200) for own in (1, 2, 3)]
    for process in processes:
        begin(process)
    new = [int(process.communicate()[0].split()[-1]) for process in processes]
    # Each of 200 forecasts of its own, and 200 that all three tell and one of them logs.
    assert sum(new) == 3 * 200 + 200
    assert log_of(store).read_bytes().count(b"\n") == 800
    log = read_log(store)
    assert log.unreadable_lines == 0
    own = {k * 1_000_000 + number for k in (1, 2, 3) for number in range(200)}
    assert set(log.frame["wr_id"]) == own | set(range(200))
    # This process has logged nothing yet, and then knows what those did.
    assert append(store, 1_000_000, 5_000_000) == 1


def test_what_another_process_logged_meanwhile_is_not_logged_again(tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    assert append(store, 7) == 1
    other = appender(store, 1, 3)
    begin(other)
    assert other.communicate()[0].split()[-1] == "6"
    assert append(store, 7, 1, 1_000_001, 8) == 1
    assert log_of(store).read_bytes().count(b"\n") == 8


def test_a_process_killed_while_it_appends_leaves_a_log_to_go_on_with(tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    process = appender(store, 1, 1_000_000)
    begin(process)
    assert process.stdout.readline() == "many\n"
    process.kill()
    process.communicate()
    before = log_of(store).read_bytes()
    assert read_log(store).frame.height >= 100
    assert append(store, 9_000_000) == 1  # the lock went with its holder
    log = read_log(store)
    assert log.frame["wr_id"][-1] == 9_000_000
    assert log.unreadable_lines <= 1
    assert log_of(store).read_bytes().startswith(before)


def test_a_full_disk_tears_one_line_at_most_and_is_told(tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    process = appender(store, 1, 100, most_bytes=10_000)
    begin(process)
    told = process.communicate()[0]
    assert f"failed: cannot write {log_of(store)}: no space left; until that is fixed" in told
    whole = int(told.split()[-1])
    before = log_of(store).read_bytes()
    assert len(before) == 10_000
    assert before.count(b"\n") == whole > 5
    # With room again: what was torn is logged after all, on a line of its own.
    torn = whole // 2 if whole % 2 == 0 else 1_000_000 + whole // 2
    assert append(store, torn) == 1
    log = read_log(store)
    assert (log.frame.height, log.unreadable_lines) == (whole + 1, 1)
    assert log.frame["wr_id"][-1] == torn
    assert log_of(store).read_bytes().startswith(before)
