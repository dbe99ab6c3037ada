"""What a query answers, as tests compare it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from duckdb import DuckDBPyConnection as Connection

import queries


def rows(con: Connection, name: str, *columns: str, **params: Any) -> list[Any]:
    """The answer's rows, of these columns alone if there are any."""
    frame = queries.run(con, name, **params)
    return frame.select(columns or frame.columns).rows()


def january(day: int, hour: int = 0) -> datetime:
    """The month of tests/small_store.py."""
    return datetime(2024, 1, day, hour, tzinfo=UTC)
