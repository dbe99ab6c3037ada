"""A PostgreSQL for all tests of a process, a lake of its own for each, and a history in parts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.lake.address import LakeAddress, parse_lake
from data.lake.create import create_lake
from lakeside.postgres import Postgres
from tests.lake_steps import History, history_of


@pytest.fixture(autouse=True)
def _password(catalog_server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in catalog_server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def all_processors() -> None:
    """For a test of what several threads could spoil: the order of rows."""


@pytest.fixture(autouse=True)
def _one_thread(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB has one thread, in processes that a test starts too. Of two, who has nothing to do
    waits by asking, which costs as much as the push."""
    if "all_processors" not in request.fixturenames:
        monkeypatch.setenv("SLURM_CPUS_ON_NODE", "1")  # from which it takes how many there are


@pytest.fixture
def no_lake(catalog_server: Postgres) -> LakeAddress:
    """An empty database for a lake."""
    words = catalog_server.make_database(f"lake_{uuid.uuid4().hex[:12]}")
    return parse_lake(f"ducklake:postgres:{words}")


@pytest.fixture(scope="session")
def empty_lake(catalog_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> LakeAddress:
    """What each test's lake is a copy of: to make one takes as long as to push into it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in catalog_server.environment.items():
            patch.setenv(name, value)
        address = parse_lake(f"ducklake:postgres:{catalog_server.make_database('empty_lake')}")
        create_lake(address, str(tmp_path_factory.mktemp("empty") / "rows"))
    return address


@pytest.fixture
def lake(catalog_server: Postgres, empty_lake: LakeAddress, tmp_path: Path) -> LakeAddress:
    """An empty lake with its rows in the folder `rows`."""
    copied, name = empty_lake.words["dbname"], f"lake_{uuid.uuid4().hex[:12]}"
    catalog_server.tell(f"CREATE DATABASE {name} TEMPLATE {copied}")
    rows = tmp_path / "rows"
    rows.mkdir()
    moved = f"UPDATE ducklake_metadata SET value = '{rows.resolve()}/' WHERE key = 'data_path'"
    assert catalog_server.tell(f"{moved} RETURNING 'moved'", name) == "moved"
    return parse_lake(f"ducklake:postgres:{empty_lake.catalog.replace(copied, name)}")


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Some months of a made-up pool. To be read only: it is shared."""
    return history_of(tmp_path_factory.mktemp("history"), datetime(2024, 6, 1, tzinfo=UTC))
