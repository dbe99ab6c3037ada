"""A local store brought from one push of a lake to the newest by what changed between: a few rows,
where a whole pull reads them all. Whatever is not plain makes the next pull a whole one.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import duckdb

from data.lake.connection import LAKE, place, quoted
from data.lake.pushes import Noted, Push
from data.lake.tables import KEYS, Table, content, tables_of
from data.store.reader import literal

# Up to so many rows a table is read whole: its changes are not worth their reading.
_SMALL = 200
# The lake's own number of a row tells one that came and went between the two states.
_CHANGED = """
CREATE OR REPLACE TEMP TABLE changed AS
SELECT
    *,
    bool_or(change_type = 'insert') OVER (PARTITION BY rowid) AS came_first,
    bool_or(change_type = 'delete') OVER (PARTITION BY rowid) AS went_later
FROM ducklake_table_changes({lake}, {schema}, {table}, {first}, {last})
"""


def bring_up(
    con: duckdb.DuckDBPyConnection,
    network: str,
    push: Push,
    snapshot: int,
    before: Noted,
    file: Path,
) -> bool:
    """Bring the copy `file` of a store to the push that the transaction of `con` sees at its
    snapshot, and end the transaction; whether the file then holds what was pushed. It is of no use
    where not."""
    try:
        tables = tables_of(con, LAKE, network)
        con.execute(f"ATTACH {literal(file)} AS copy (TYPE duckdb)")
        there = tables_of(con, "copy", "main")
        same = {name: each.form for name, each in there.items()} == {
            name: each.form for name, each in tables.items()
        }
        if same and tables.keys() == push.tables.keys():
            for name, table in tables.items():
                if push.tables[name] != before.push.tables.get(name):
                    _change(con, network, table, push, before.snapshot + 1, snapshot)
            con.commit()
            if differs(con, push, tables) is None:
                con.execute("CHECKPOINT copy")
                return True
    except duckdb.Error:  # states that were forgotten, or a file that is no store
        pass
    finally:
        with suppress(duckdb.Error):
            con.rollback()
        with suppress(duckdb.Error):
            con.execute("DETACH copy")
    return False


def differs(con: duckdb.DuckDBPyConnection, push: Push, tables: dict[str, Table]) -> str | None:
    """The first table of the attached copy that is not what was pushed, or None. Another version of
    DuckDB may hash otherwise: then the rows are counted."""
    for name, table in tables.items():
        held, pushed = content(con, f"copy.main.{name}", table), push.tables[name]
        same = held == pushed if push.duckdb == duckdb.__version__ else held.rows == pushed.rows
        if not same:
            return name
    return None


def snapshot_of(con: duckdb.DuckDBPyConnection) -> int:
    """The snapshot that the transaction sees."""
    row = con.execute(f"FROM {LAKE}.current_snapshot()").fetchone()
    assert row is not None
    return int(row[0])


def _change(
    con: duckdb.DuckDBPyConnection, network: str, table: Table, push: Push, first: int, last: int
) -> None:
    """Bring a table of the copy to what the lake has."""
    at, order = f"copy.main.{table.name}", KEYS.get(table.name, "rowid")
    if push.tables[table.name].rows <= _SMALL:
        con.execute(f"DELETE FROM {at}")
        con.execute(
            f"INSERT INTO {at} SELECT {table.names} FROM {place(network, table.name)} "
            f"ORDER BY {order}"
        )
        return
    names = {"lake": literal(LAKE), "schema": literal(network), "table": literal(table.name)}
    con.execute(_CHANGED.format(**names, first=first, last=last))
    key = quoted(table.columns[0][0])
    went = "(FROM changed WHERE change_type = 'delete' AND NOT came_first)"
    span = con.execute(f"SELECT min({key}), max({key}) FROM {went}").fetchone()
    if span is not None and span[0] is not None:
        con.execute(
            f"DELETE FROM {at} WHERE {key} BETWEEN ? AND ? "
            f"AND {table.row_hash} IN (SELECT {table.row_hash} FROM {went})",
            span,
        )
    con.execute(
        f"INSERT INTO {at} SELECT {table.names} FROM changed "
        f"WHERE change_type = 'insert' AND NOT went_later ORDER BY {order}"
    )
