"""`python -m data.at`: what it prints, and with which status it ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from data.at import main
from data.config import ROOT
from data.store.reader import open_reader
from tests.app import edited
from tests.log_lines import rows


@pytest.fixture
def store(sample_store: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(sample_store, tmp_path / "store.duckdb"))


def run(store: Path, *arguments: object) -> int:
    return main(["--network", "sample", "--store", str(store), *map(str, arguments)])


def test_it_tells_block_time_queue_and_how_to_open_it(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(store, "2024-03-01") == 0
    place, queue, checks, opened = capsys.readouterr().out.splitlines()
    path = Path(place.partition(": ")[0])
    with open_reader(path) as con:
        ((block, requests),) = rows(
            con,
            "SELECT synced_block, (SELECT count(*) FROM requests WHERE status = 'pending') "
            "FROM store_info",
        )
    assert place == f"{path}: block {block}, 2024-03-01 23:59:59 UTC"
    assert queue.startswith(f"{requests} requests waiting, ")
    assert checks == "0 checks failed"
    command = opened.removeprefix("open it with: ")
    assert command == f".venv/bin/duckdb -readonly {path}"


def test_a_copy_is_kept_where_it_was_wanted_and_no_file_is_lost(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "that day.duckdb"
    assert run(store, "--out", out, "50000000") == 0
    assert f"'{out}'" in capsys.readouterr().out
    with open_reader(out) as con:
        assert rows(con, "SELECT synced_block FROM store_info") == [(50_000_000,)]
    assert run(store, "--out", out, "50000001") == 2
    assert "is there already" in capsys.readouterr().err
    assert run(store, "--out", tmp_path / "no" / "where", "50000000") == 1
    assert "cannot use" in capsys.readouterr().err


def test_what_failed_by_then_is_named(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = "(SELECT requested_block FROM requests WHERE wr_id = 3)"
    edited(store, store, f"DELETE FROM raw_logs WHERE block = {lost}")
    assert run(store, "2024-03-01") == 0
    out = capsys.readouterr().out
    assert "0 checks failed" not in out
    assert "check failed: request ids: " in out


@pytest.mark.parametrize(
    ("moment", "status", "why"),
    [
        ("foo", 2, "'foo': it is neither a day"),
        ("9" * 400, 2, "9': it is neither a day"),
        ("2031-01-01", 1, "2031-01-01 cannot be shown: 1 Jan 2031 is not over yet"),
        ("2020-01-01", 1, "1 Jan 2020 lies before the first block here"),
        ("9999999999", 1, "is not read yet"),
    ],
)
def test_what_cannot_be_shown_is_one_line_and_a_status(
    store: Path, capsys: pytest.CaptureFixture[str], moment: str, status: int, why: str
) -> None:
    assert run(store, moment) == status
    told = capsys.readouterr()
    assert not told.out
    assert why in told.err
    assert told.err.count("\n") == 1


def test_other_faults_are_one_line_too(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "none.duckdb", "2024-03-01") == 1
    assert main(["--network", "no such", "2024-03-01"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_it_runs_as_a_command(store: Path) -> None:
    command = [sys.executable, "-m", "data.at", "--network", "sample", "--store", str(store)]
    done = subprocess.run([*command, "2022-05-01"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2022-05-01 23:59:59 UTC" in done.stdout
