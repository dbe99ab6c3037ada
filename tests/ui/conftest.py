"""The app in a folder of its own, for servers that a test may start as it likes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app import edited, planted


@pytest.fixture(scope="module")
def tree(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's files, with the sample as its store."""
    root = planted(tmp_path_factory.mktemp("app") / "tree")
    edited(sample_store, root / "var" / "sample.duckdb")
    return root
