"""Stores to ask: one of eight requests, one of three simulated years."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from data.store.reader import open_reader
from tests.small_store import small_store


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """tests/small_store.py, for a test to spoil."""
    with small_store() as con:
        yield con


@pytest.fixture
def sample(sample_store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample's store, read only."""
    with open_reader(sample_store) as con:
        yield con
