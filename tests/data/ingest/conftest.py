"""A store's tables in memory."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.log_lines import empty_tables


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Ready for logs; what one test landed is there for the next."""
    with empty_tables() as con:
        yield con
