"""A store's tables in memory."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from data.ingest.coverage import cover
from tests.log_lines import empty_tables


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Ready for logs; what one test landed is there for the next."""
    with empty_tables() as con:
        yield con


@pytest.fixture
def filled_by_a_node(con: duckdb.DuckDBPyConnection) -> None:
    """Tables of a store that a node filled up to block 99 million."""
    con.execute("DELETE FROM coverage")
    con.execute("UPDATE store_info SET simulated = FALSE, synced_block = 99_000_000")
    cover(con, ("pool", "bond", "sfc"), 0, 99_000_000)
