"""The sample's store is built once, says that it is simulated, and is the same on every machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from data import StoreError
from data.config import ROOT, SAMPLE
from data.ingest.decode import DERIVED
from data.sample import SAMPLE_UNTIL
from data.sample.store import ensure_sample
from data.store.reader import open_reader, read_info, version
from tests.log_lines import rows
from tests.store_steps import digest, published

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def sample(sample_store: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copy2(sample_store, tmp_path / "sample.duckdb"))


def test_the_sample_says_that_it_is_simulated(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        info = read_info(con)
    assert (info.network, info.simulated) == (SAMPLE, True)
    said = r"simulation with seed 250 up to 2025-03-01, build [0-9a-f]{8}"
    assert re.fullmatch(said, info.source or "")
    assert info.synced_at == SAMPLE_UNTIL
    assert info.synced_hash is None


def test_every_check_of_the_sample_passes(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        found = rows(con, "SELECT status, count(*) FROM checks GROUP BY status")
        assert rows(con, "SELECT count(*) FROM checks WHERE name LIKE 'view %'") == [(12,)]
    assert found == [("passed", 26)]


def test_every_table_of_the_sample_has_rows(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        tables = [*DERIVED, "raw_logs", "pool_balances", "contract_views", "coverage"]
        counts = {name: len(con.sql(f"FROM {name} LIMIT 2")) for name in tables}
    counts["coverage"] += 1  # one file, one range
    assert counts == dict.fromkeys(tables, 2)


def test_a_sample_that_is_there_is_not_built_again(sample: Path) -> None:
    before = version(sample)
    assert ensure_sample(LATER, sample) == sample
    assert version(sample) == before
    assert not sample.with_name("sample.duckdb.lock").exists()


def test_an_older_sample_is_built_again_and_comes_out_the_same(
    sample: Path, sample_store: Path
) -> None:
    with duckdb.connect(sample) as con:
        con.execute("UPDATE store_info SET schema_version = 0")
    ensure_sample(LATER, sample)
    with open_reader(sample) as con, open_reader(sample_store) as first:
        assert read_info(con).published_at == LATER
        tables = [name for (name,) in rows(con, "SELECT table_name FROM duckdb_tables()")]
        assert len(tables) == len(DERIVED) + 10
        for name in set(tables) - {"store_info", "rebuilt"}:
            assert rows(con, f"FROM {name}") == rows(first, f"FROM {name}"), name
        for same in (
            "SELECT * EXCLUDE (store_id, published_at) FROM store_info",
            "SELECT * EXCLUDE (published_at) FROM rebuilt",
        ):
            assert rows(con, same) == rows(first, same)


def test_a_sample_of_another_seed_is_built_again(
    sample: Path, sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(sample) as con:
        con.execute("UPDATE store_info SET source = 'simulation with seed 7 up to 2025-03-01'")
    built: list[Path] = []

    def build(path: Path, _now: datetime) -> None:
        assert not path.exists()
        built.append(Path(shutil.copy2(sample_store, path)))

    monkeypatch.setattr("data.sample.store._build", build)
    assert ensure_sample(LATER, sample) == sample
    assert built == [sample]


def test_two_processes_at_once_build_the_sample_once(tmp_path: Path) -> None:
    path = tmp_path / "sample.duckdb"
    code = (
        "import sys\nfrom datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from data.sample.store import ensure_sample\n"
        "from data.store.reader import open_reader, read_info\n"
        "path = ensure_sample(datetime.now(UTC), Path(sys.argv[1]))\n"
        "print(read_info(open_reader(path)).store_id)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)
    ]
    ids = {process.communicate()[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(ids) == 1


@pytest.mark.parametrize("content", ["another network's store", "notes"])
def test_the_sample_is_never_built_over_something_else(content: str, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    if content == "notes":
        path.write_text(content)
    else:
        published(path)
    before = digest(path)
    with pytest.raises(StoreError, match=r"precious holds no simulated sample: name another file"):
        ensure_sample(NOW, path)
    assert digest(path) == before


def test_a_folder_in_which_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=f"cannot write beside {tmp_path / 'file'}{os.sep}s"):
        ensure_sample(NOW, tmp_path / "file" / "s.duckdb")
