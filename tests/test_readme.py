"""Every command of the README on a store and on its archive works as it is written there."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

import queries
from data.config import ROOT
from data.sample.store import ensure_sample
from data.store.reader import open_reader
from devnet import Devnet
from queries.export import as_csv, as_parquet
from scoring.companion import companion_of
from tests.app import edited, served
from tests.syncing import sync


def _section(title: str) -> str:
    return (ROOT / "README.md").read_text().split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


SECTION = _section("Query it yourself")
SHELL = SECTION.split("```", 1)[0] + SECTION.rsplit("```", 1)[1]
COMMANDS = re.findall(r"^    (\S.*)$", SHELL, re.MULTILINE)
PYTHON = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture(autouse=True)
def _sample() -> None:
    """What `make run` leaves behind."""
    ensure_sample(datetime.now(UTC))


def test_the_section_holds_commands_and_python() -> None:
    assert len(COMMANDS) >= 5
    assert len(PYTHON) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_in_a_shell_and_shows_rows(command: str) -> None:
    told = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("\n") > 5


def test_the_python_runs_in_any_folder_and_prints_wei_to_the_last_digit(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", PYTHON[0]],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "half_year" in told.stdout
    assert re.search(r"\(Decimal\('\d{20,}'\),\)", told.stdout)


@pytest.mark.node
def test_what_it_says_to_programs_works(
    sample_store: Path, sample_scores: Path, app_tree: Path
) -> None:
    section = _section("For programs")
    edited(sample_store, app_tree / "var" / "sample.duckdb")
    shutil.copyfile(sample_scores, companion_of(app_tree / "var" / "sample.duckdb"))
    commands = re.findall(r"^    (curl .*)$", section, re.MULTILINE)
    assert len(commands) >= 4
    with served(app_tree) as app:
        for command in commands:
            told = subprocess.run(
                command.replace("curl ", "curl --silent --fail ").replace(
                    "http://localhost:8501", app.url
                ),
                shell=True,
                capture_output=True,
                text=True,
                check=False,
            )
            assert told.returncode == 0, command
            assert len(told.stdout) > 100
        (client,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
        told = subprocess.run(
            [sys.executable, "-c", client.replace("http://localhost:8501", app.url)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("simulated at block ")
    assert re.search(r"\d+\.\d+ FTM: .* chance by ", told.stdout)


READERS = dict(
    re.findall(r"^\| (DuckDB|polars|pandas) \| (.*) \|$", _section("The pages"), re.MULTILINE)
)


@pytest.mark.parametrize("program", ["DuckDB", "polars", "pandas"])
def test_a_program_reads_both_files_of_a_table_as_it_says(
    program: str, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_reader(sample_store) as con:
        table = queries.read_table(con, "requests", in_ftm=True)
    monkeypatch.chdir(tmp_path)
    Path("requests.csv").write_bytes(as_csv(table, {"network": "sample"}))
    Path("requests.parquet").write_bytes(as_parquet(table, {"network": "sample"}))
    statements = re.findall(r"`([^`]*)`", READERS[program])
    assert len(statements) == 2
    for statement in statements:
        if program == "DuckDB":
            read = duckdb.sql(statement).pl()
        else:
            pandas = importlib.import_module("pandas")  # Streamlit brings it
            read = eval(statement, {"pl": pl, "pd": pandas})
        assert [int(wei) for wei in read["payout_wei"]] == [int(wei) for wei in table["payout_wei"]]
        assert list(read["payout_ftm"]) == table["payout_ftm"].to_list()
        assert list(read.columns) == table.columns


@pytest.mark.node
def test_what_it_says_of_a_chain_gone_dark_works(devnet: Devnet, tmp_path: Path) -> None:
    """On the devnet, with a store of its own."""
    store = tmp_path / "var" / "fantom.duckdb"
    sync(store, devnet.rpc_url)
    commands = re.findall(r"^    (\S.*)$", _section("When the chain goes dark"), re.MULTILINE)
    assert len(commands) == 5
    told = ""
    for command in commands:
        own = command.replace(".venv/bin/python", sys.executable)
        own = own.replace("--network fantom", "--network devnet")
        if "--store" not in own:
            own = own.replace("--network devnet", f"--network devnet --store {store}")
        own = own.replace("verify", f"verify --rpc-url {devnet.rpc_url}")
        ended = subprocess.run(
            own,
            shell=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        told += ended.stdout
    assert len(set(re.findall("[0-9a-f]{64}", told))) == 1
    assert "no difference" in told
    assert (tmp_path / "var" / "later.duckdb").exists()
