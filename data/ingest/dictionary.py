"""The store explains itself: a comment on every table and column, from dictionary.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import duckdb

_TEXTS = tomllib.loads(Path(__file__).with_name("dictionary.toml").read_text())


def describe(con: duckdb.DuckDBPyConnection) -> None:
    """Write the comments into the store. Runs inside the caller's transaction, after a rebuild.

    Raises KeyError for a table or column that the dictionary does not know.
    """
    columns = con.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal "
        "GROUP BY table_name ORDER BY table_name"
    ).fetchall()
    for table, names in columns:
        con.execute(f"COMMENT ON TABLE {table} IS {_literal(_TEXTS['tables'][table])}")
        for name in names:
            text = _TEXTS["columns"].get(f"{table}.{name}") or _TEXTS["columns"][name]
            con.execute(f"COMMENT ON COLUMN {table}.{name} IS {_literal(text)}")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
