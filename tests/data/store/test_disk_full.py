"""A disk that fills up in the middle of a sync loses nothing: on small disks, really full."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from data.store.reader import open_reader
from tests.log_lines import STAKED, Story, rows, write_logs
from tests.processes import python
from tests.store_steps import blocks, digest, published

FULL = "no space left to write {}: free some, then sync again; what is published is whole\n"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs that take some ten megabytes while they land."""
    story = Story()
    for number in range(10_000):
        story.emit(STAKED, f"0x{number**9 % 2**160:040x}", number**7)
    return write_logs(tmp_path_factory.mktemp("logs") / "logs.ndjson.gz", story.logs)


def _sync(
    path: Path, file: Path, most_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    """The command, in a process that may write no larger file than `most_bytes`."""
    limit = most_bytes and partial(
        resource.setrlimit, resource.RLIMIT_FSIZE, (most_bytes, most_bytes)
    )
    command = ("-m", "data.sync", "--network", "fantom", "--logs", file, "--store", path)
    return python(*command, preexec_fn=limit)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[bool]:
    """Whether `folder` is a disk of this size now: only root may mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _assert_nothing_is_lost(path: Path, file: Path, most_bytes: int | None = None) -> None:
    """`path` is a published store where there is no room to sync the file."""
    before = digest(path)
    told = _sync(path, file, most_bytes)
    assert (told.returncode, told.stderr) == (1, f"data.sync: {FULL.format(path)}")
    assert digest(path) == before
    assert blocks(path) == [1]
    assert not path.with_name(f"{path.name}.copy").exists()


def test_files_that_may_grow_no_further_leave_the_published_store_whole(
    file: Path, tmp_path: Path
) -> None:
    path = published(tmp_path / "store.duckdb")
    _assert_nothing_is_lost(path, file, most_bytes=3_000_000)


# 800 kB hold no copy of the published store, 6 MB no more than the logs as they land. Where
# nothing may be mounted, the test above has tried the same.
@pytest.mark.parametrize("size", ["800k", "6m"])
def test_a_full_disk_leaves_the_published_store_whole(
    size: str, file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder, size) as mounted:
        if not mounted:
            return
        path = published(folder / "store.duckdb")
        _assert_nothing_is_lost(path, file)
        subprocess.run(["mount", "-o", "remount,size=99m", str(folder)], check=True)
        told = _sync(path, file)
        assert (told.returncode, told.stderr) == (0, "")
        with open_reader(path) as con:
            assert rows(con, "SELECT count(*) FROM raw_logs") == [(10_000,)]
            assert rows(con, "SELECT count(*) FROM stakes") == [(10_000,)]
