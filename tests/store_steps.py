"""Small steps on stores for tests: write, publish, read, and other processes that do so too.

A step leaves its mark in pool_balances, the one table that nothing is derived from.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.config import ROOT
from data.store.reader import open_reader
from data.store.writer import lock, open_next, publish
from tests.log_lines import FANTOM, rows

# A sync of its own process, which says when it has committed and then waits to be killed.
SYNC = """
import sys, time
from pathlib import Path
from data.store.writer import lock, open_next
from data.config import load_network
path = Path(sys.argv[1])
fantom = load_network("sample").model_copy(update={"name": "fantom", "simulated": False})
with lock(path), open_next(path, fantom) as con:
    con.execute("INSERT INTO pool_balances VALUES (2, '2026-01-01', 1)")
    con.begin()
    con.execute("INSERT INTO pool_balances VALUES (3, '2026-01-01', 1)")
    print("committed", flush=True)
    time.sleep(600)
"""
WRITER = """
import duckdb, sys
con = duckdb.connect(sys.argv[1])
con.execute(sys.argv[2])
print("writing", flush=True)
sys.stdin.read()
"""


@contextmanager
def writer(path: Path, statement: str = "SELECT 1") -> Iterator[subprocess.Popen[str]]:
    """Another process that has a database open for writing, until the end of the block."""
    command = [sys.executable, "-c", WRITER, str(path), statement]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()


def insert(path: Path, block: int, notes: list[str] | None = None) -> None:
    with open_next(path, FANTOM, ([] if notes is None else notes).append) as con:
        con.execute(f"INSERT INTO pool_balances VALUES ({block}, '2026-01-01', 1)")


def blocks(path: Path) -> list[int]:
    with open_reader(path) as con:
        return [block for (block,) in rows(con, "SELECT block FROM pool_balances ORDER BY 1")]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sync_process(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SYNC, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "committed\n"
    return process


def published(path: Path) -> Path:
    """A published store with the mark of block 1."""
    with lock(path):
        insert(path, 1)
        publish(path)
    return path
