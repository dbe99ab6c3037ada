"""`python -m data.lake`: what an operator does with a lake, in the order of the README."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.config import ROOT
from data.lake.__main__ import main
from data.lake.address import LakeAddress
from tests.lake_steps import contents

pytestmark = pytest.mark.node


def test_every_command_of_the_readme_does_what_it_says(
    no_lake: LakeAddress,
    sample_store: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("data.lake.address.VAR", tmp_path / "var")
    store, copy = tmp_path / "sample.duckdb", tmp_path / "copy.duckdb"
    store.write_bytes(sample_store.read_bytes())
    address = f"ducklake:postgres:{no_lake.catalog}"

    def told(command: str, *arguments: object) -> str:
        assert main([command, address, *map(str, arguments)]) == 0
        return capsys.readouterr().out

    sample = ("--network", "sample")
    assert str(tmp_path / "rows") in told("create", "--data", tmp_path / "rows")
    assert "new logs" in told("push", *sample, "--store", store)
    assert "nothing new" in told("push", *sample, "--store", store)
    assert "is now what the lake holds" in told("pull", *sample, "--store", copy)
    assert "was already" in told("pull", *sample, "--store", copy)
    assert contents(copy) == contents(store)
    assert told("check", *sample).count("as pushed") == len(contents(store))
    assert "files written" in told("compact")
    assert "old states forgotten" in told("expire", "--older-than", "0")
    assert "nothing new" in told("migrate", *sample)
    counted = told("sql", *sample, "SELECT count(*) AS logs FROM raw_logs", "--csv")
    assert counted == f"logs\n{contents(store)['raw_logs'].rows}\n"
    query = ROOT / "queries" / "pending_requests.sql"
    rows = told("sql", *sample, query, "--set", "token=aFTMc", "--csv").splitlines()
    assert len(rows) > 10
    assert "aFTMb" not in "".join(rows)


def test_nothing_is_written_through_sql_and_a_wrong_statement_is_told(
    lake: LakeAddress,
    sample_store: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = tmp_path / "sample.duckdb"
    store.write_bytes(sample_store.read_bytes())
    address = f"ducklake:postgres:{lake.catalog}"
    assert main(["push", address, "--network", "sample", "--store", str(store)]) == 0
    for sql, words in (
        ("DELETE FROM requests", "read-only"),
        ("SELECT no_such_column FROM requests", "no_such_column"),
        ("SET threads = 2", "no rows for an answer"),
    ):
        assert main(["sql", address, "--network", "sample", sql]) == 1
        told = capsys.readouterr().err
        assert words in told
        assert "cannot use the lake" not in told
    query = str(ROOT / "queries" / "pending_requests.sql")
    assert main(["sql", address, "--network", "sample", query, "--set", "tokn=aFTMc"]) == 2
    assert "no variable 'tokn'" in capsys.readouterr().err
    assert main(["sql", address, "--network", "sample", "SELECT 1", "--set", "token"]) == 2
    assert "--set wants NAME=VALUE, and not 'token'" in capsys.readouterr().err
    for wrong in (
        ["expire", address, "--older-than", "-3"],
        ["expire", address, "--older-than", "nan"],
        ["sql", address, "--network", "sample", "SELECT 1", "--rows", "-1"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2
        assert f"{wrong[-1]!r} is " in capsys.readouterr().err
    assert main(["sql", address, "--network", "sample", "no_such_file.sql"]) == 2
    assert "cannot read no_such_file.sql" in capsys.readouterr().err
    assert main(["check", address, "--network", "fantom"]) == 1
    assert "holds no fantom" in capsys.readouterr().err
    assert main(["check", address, "--network", "nosuch"]) == 2
    assert "no network 'nosuch': there are" in capsys.readouterr().err
    assert main(["check", "ducklake:sqlite:x", "--network", "fantom"]) == 2


def test_a_pull_replaces_no_store_that_was_never_pushed(
    lake: LakeAddress,
    sample_store: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store, own = tmp_path / "sample.duckdb", tmp_path / "own.duckdb"
    for path in (store, own):
        path.write_bytes(sample_store.read_bytes())
    address = [f"ducklake:postgres:{lake.catalog}", "--network", "sample", "--store"]
    assert main(["push", *address, str(store)]) == 0
    before = own.stat()
    assert main(["pull", *address, str(own)]) == 1
    assert "was never pushed: push it first" in capsys.readouterr().err
    assert own.stat() == before
    assert main(["push", *address, str(own)]) == 0
    assert main(["pull", *address, str(own)]) == 0
