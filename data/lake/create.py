"""A lake made where there is none yet, by one of any number that try at once."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from data import ConfigError, StoreError
from data.lake.address import LakeAddress
from data.lake.connection import LAKE, allow_storage, attach, data_path_of, one_at_a_time
from data.lake.errors import lake_errors
from data.store.reader import literal

# Rows up to so many are kept in the catalog until the lake is compacted: a small push is one
# transaction there, and leaves no small files.
_INLINED_ROWS = 1_000


def create_lake(address: LakeAddress, data_path: str) -> str:
    """Make sure that the lake is there, with its rows in a folder or below s3://BUCKET/PREFIX.
    Returns where they lie. Raises StoreError, also where it is there with its rows elsewhere."""
    if re.match("[a-zA-Z0-9]+:", data_path) and not re.match("s3://[^/]", data_path):
        raise ConfigError("rows lie in a folder or in S3: want --data FOLDER or s3://BUCKET/PREFIX")
    if not data_path.startswith("s3://"):
        folder = Path(data_path).expanduser().resolve()
        with lake_errors(address):
            folder.mkdir(parents=True, exist_ok=True)
        data_path = str(folder)
    data_path = data_path.rstrip("/") + "/"
    # Two first attaches would both make the tables: the second waits here for the first.
    with lake_errors(address), one_at_a_time(address) as guard:
        there = guard.execute(
            "FROM postgres_query('catalog', 'SELECT to_regclass(''ducklake_metadata'')::text')"
        ).fetchone()
        if there == (None,):
            _refuse_used(guard, data_path)
        with attach(address, data_path=data_path) as con:
            con.execute(f"CALL {LAKE}.set_option('data_inlining_row_limit', {_INLINED_ROWS})")
            place = data_path_of(con)
    return place


def _refuse_used(con: duckdb.DuckDBPyConnection, data_path: str) -> None:
    """Raise StoreError where the place of a new lake holds something: files there that are not of
    the lake would be deleted with its own old ones."""
    allow_storage(con, data_path)
    held = con.execute(f"SELECT file FROM glob({literal(data_path + '**')}) LIMIT 1").fetchone()
    if held is not None:
        raise StoreError(
            f"{data_path} is not empty: a lake wants a place of its own. Name another with --data"
        )
