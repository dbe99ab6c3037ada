"""A store's tables as a lake holds them: the same names, columns, comments and rows.

A lake has no keys, and takes no type that Parquet would change.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from data import StoreError
from data.lake.connection import quoted
from data.store.reader import literal

# Types that come back from Parquet as they were. HUGEINT would be a DOUBLE.
_KEPT = {"BIGINT", "INTEGER", "BOOLEAN", "DOUBLE", "UBIGINT", "UUID", "VARCHAR", "BLOB"}
_KEPT |= {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DECIMAL(38,0)"}
# In the order of these columns a table is read from a lake; any other in the order in which its
# rows came, which is the chain's.
KEYS = {
    "raw_logs": "block, log_index",
    "requests": "wr_id, requested_block, requested_tx",
    "hourly_flows": "hour, flow, token",
    "waits": "day, class, wait_minutes",
}


@dataclass(frozen=True)
class Table:
    """A table's name, its comment, and its columns: name, type, whether NULL may be, comment."""

    name: str
    comment: str | None
    columns: tuple[tuple[str, str, bool, str | None], ...]

    @property
    def names(self) -> str:
        """The columns, as a SELECT lists them."""
        return ", ".join(quoted(name) for name, *_ in self.columns)

    @property
    def row_hash(self) -> str:
        """The hash of a row, as SQL; the same for an equal row anywhere."""
        return f"hash({self.names})"

    @property
    def form(self) -> list[tuple[str, str]]:
        """Names and types: where they differ, the table is made anew."""
        return [(name, type_) for name, type_, *_ in self.columns]


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and the sum of their hashes."""

    rows: int
    hash: int


def tables_of(con: duckdb.DuckDBPyConnection, database: str, schema: str) -> dict[str, Table]:
    """The tables of an attached store, or of a network in a lake, by name."""
    comments = dict(
        con.execute(
            "SELECT table_name, comment FROM duckdb_tables() "
            "WHERE database_name = ? AND schema_name = ? ORDER BY table_name",
            [database, schema],
        ).fetchall()
    )
    columns: dict[str, list[tuple[str, str, bool, str | None]]] = {name: [] for name in comments}
    for table, *column in con.execute(
        "SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? ORDER BY table_name, column_index",
        [database, schema],
    ).fetchall():
        if table in columns:
            columns[table].append((column[0], column[1], column[2], column[3]))
    return {name: Table(name, comments[name], tuple(columns[name])) for name in comments}


def create_table(con: duckdb.DuckDBPyConnection, at: str, table: Table) -> None:
    """Make an empty table at a place, with its comments. Raises StoreError for a type that would
    not come back as it was."""
    for name, type_, *_ in table.columns:
        if type_ not in _KEPT:
            raise StoreError(f"{table.name}.{name} is of type {type_}, which a lake does not keep")
    columns = ", ".join(
        f"{quoted(name)} {type_}{'' if nullable else ' NOT NULL'}"
        for name, type_, nullable, _ in table.columns
    )
    con.execute(f"CREATE TABLE {at} ({columns})")
    if table.comment is not None:
        con.execute(f"COMMENT ON TABLE {at} IS {literal(table.comment)}")
    for name, _, _, comment in table.columns:
        if comment is not None:
            con.execute(f"COMMENT ON COLUMN {at}.{quoted(name)} IS {literal(comment)}")


def content(con: duckdb.DuckDBPyConnection, at: str, table: Table) -> Content:
    """What the table at a place holds, in whatever order. A row that stands there twice counts
    twice."""
    row = con.execute(
        f"SELECT count(*), coalesce(sum({table.row_hash}) % 18446744073709551616, 0)::UBIGINT "
        f"FROM {at}"
    ).fetchone()
    assert row is not None
    return Content(row[0], row[1])
