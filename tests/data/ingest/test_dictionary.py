"""The store says of each of its tables and columns what it holds."""

from __future__ import annotations

import tomllib
from pathlib import Path

import queries
from data.config import ROOT
from data.store.reader import open_reader
from tests.log_lines import rows

TEXTS = tomllib.loads((ROOT / "data" / "ingest" / "dictionary.toml").read_text())


def test_every_table_and_column_carries_a_comment(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        tables = rows(con, "SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal")
        columns = rows(
            con,
            "SELECT table_name, column_name, comment FROM duckdb_columns() "
            "WHERE database_name = current_database() AND NOT internal",
        )
    assert dict(tables) == TEXTS["tables"]
    assert all(comment for *_, comment in columns)
    named = {f"{table}.{column}" for table, column, _ in columns} | {name for _, name, _ in columns}
    assert TEXTS["columns"].keys() <= named


def test_the_dictionary_lists_them_in_the_order_of_the_columns(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        told = queries.run(con, "dictionary", table_name="coverage").rows()
        every = queries.run(con, "dictionary")
        described = rows(con, "SELECT column_name FROM (DESCRIBE coverage)")
    assert told[0] == ("coverage", None, None, TEXTS["tables"]["coverage"])
    assert [row[1] for row in told[1:]] == [name for (name,) in described]
    assert every["holds"].null_count() == 0
    assert set(every["table_name"]) == TEXTS["tables"].keys()
