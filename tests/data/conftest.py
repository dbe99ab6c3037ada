"""Where a test may write a store of the devnet, and an archive of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.data.archive_steps import write


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Nothing stands there yet."""
    return tmp_path / "devnet.duckdb"


@pytest.fixture
def synced_store(devnet_store: Path, tmp_path: Path) -> Path:
    """The whole history, to go on from."""
    return Path(shutil.copy(devnet_store, tmp_path / "synced.duckdb"))


@pytest.fixture(scope="session")
def packed(devnet_store: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(devnet_store, tmp_path_factory.mktemp("packed") / "archive").read_bytes()


@pytest.fixture
def archive(packed: bytes, tmp_path: Path) -> Path:
    (tmp_path / "devnet.archive").write_bytes(packed)
    return tmp_path / "devnet.archive"
