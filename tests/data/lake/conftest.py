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
def no_lake(catalog_server: Postgres) -> LakeAddress:
    """An empty database for a lake."""
    words = catalog_server.make_database(f"lake_{uuid.uuid4().hex[:12]}")
    return parse_lake(f"ducklake:postgres:{words}")


@pytest.fixture
def lake(no_lake: LakeAddress, tmp_path: Path) -> LakeAddress:
    """An empty lake with its rows in the folder `rows`."""
    create_lake(no_lake, str(tmp_path / "rows"))
    return no_lake


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Some months of a made-up pool. To be read only: it is shared."""
    return history_of(tmp_path_factory.mktemp("history"), datetime(2024, 6, 1, tzinfo=UTC))
