"""Where a test may write a store of the devnet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Nothing stands there yet."""
    return tmp_path / "devnet.duckdb"


@pytest.fixture
def synced_store(devnet_store: Path, tmp_path: Path) -> Path:
    """The whole history, to go on from."""
    return Path(shutil.copy(devnet_store, tmp_path / "synced.duckdb"))
