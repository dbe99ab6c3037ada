"""Two processes of the app on one store, for any nginx in front of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app import edited, planted, served

NAME = "queue.test"


@pytest.fixture(scope="module")
def ports(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[int]]:
    """Where they listen."""
    root = planted(tmp_path_factory.mktemp("app") / "tree")
    edited(sample_store, root / "var" / "sample.duckdb")
    named = ("--browser.serverAddress", NAME)
    with served(root, *named) as one, served(root, *named) as other:
        yield [int(app.url.rpartition(":")[2]) for app in (one, other)]
