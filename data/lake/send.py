"""A local store into a lake: rows, covered blocks and what each table then holds, in one
transaction.

A lake has no keys. What keeps a log from standing there twice is that one at a time writes to it;
and every push replaces the one row of store_info, so that of two at once one would fail. A
store that comes of the lake's newest push sends only what differs from it. Any other is first laid
together with the lake (data.lake.merge).
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data import StoreError
from data.config import Network
from data.lake.address import LakeAddress, shown
from data.lake.changes import snapshot_of
from data.lake.connection import (
    LAKE,
    attach,
    check_holds,
    holds,
    one_at_a_time,
    place,
    quoted,
)
from data.lake.errors import is_conflict, lake_errors
from data.lake.pull import beside
from data.lake.pushes import (
    Push,
    base_of,
    hand_over,
    keep_base,
    latest,
    remember,
    set_aside,
    untold,
    write_push,
)
from data.lake.tables import KEYS, Content, Table, content, create_table, tables_of
from data.store.reader import literal, open_reader, read_info
from data.store.upgrade import OLDEST

# Two that push at once try again after these pauses.
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
# Up to so many rows a table is replaced as a whole, in the order of the store.
_SMALL = 100
# By so many numbers of its first column (blocks, requests) a table is compared at first.
_STRETCH = 16_384


@dataclass(frozen=True)
class Pushed:
    """What a push changed in the lake: `rows` came and went, of which `logs` are new. Both are 0
    where the lake held it all already. `tables` is what each table holds there now."""

    push: uuid.UUID
    rows: int
    logs: int
    snapshot: int
    tables: dict[str, Content]

    def __str__(self) -> str:
        if self.rows == 0:
            return "nothing new, the lake holds all of it"
        return f"{self.logs:,} new logs, {self.rows:,} rows changed in the lake"


class NotNewestError(StoreError):
    """The store does not come of the lake's newest push: it is to be laid together with that."""


def send(store: Path, address: LakeAddress, network: Network, *, whole: bool = False) -> Pushed:
    """Bring the lake to what the store holds; the store is only read. With `whole` every table is
    replaced, whatever the lake holds of the network: to mend a lake that lost files.

    Pushing a store again changes nothing. Raises NotNewestError where the lake holds what the store
    does not come of, StoreError where it cannot be used, is of another chain or of a newer version.
    """
    open_reader(store).close()
    with beside(store) as folder:
        # A sync may put another file in the store's place meanwhile. This one is sent, and kept.
        file = set_aside(store, folder)
        pushed = _send_file(file, store, address, network, whole)
        hand_over(file, store)
        return pushed


def _send_file(
    file: Path, store: Path, address: LakeAddress, network: Network, whole: bool
) -> Pushed:
    """Send the file, which is that of the store and that nobody else knows."""
    with open_reader(file) as own:
        held = {
            name: content(own, name, table)
            for name, table in tables_of(own, "store", "main").items()
        }
        info = read_info(own)
    mine = (info.network, info.simulated, info.chain_id, info.pool)
    if mine != (network.name, network.simulated, network.chain_id, network.pool):
        made_up = ", and it is simulated" if info.simulated and not network.simulated else ""
        raise StoreError(
            f"{store} holds {info.network}{made_up}, not {network.name}: name its --network"
        )
    wanted = Push(uuid.uuid4(), duckdb.__version__, held)
    for pause_s in (*_PAUSES_S, None):
        try:
            with one_at_a_time(address):
                return _try(file, store, address, network, wanted, whole)
        except duckdb.Error as error:
            if not is_conflict(error) or pause_s is None:
                if (arrived := _arrived(address, network, wanted)) is not None:
                    _note(file, wanted, arrived.snapshot)
                    return arrived
                with lake_errors(address, local=store):
                    raise
        time.sleep(pause_s)
    raise AssertionError("unreachable")


def _try(
    file: Path, store: Path, address: LakeAddress, network: Network, wanted: Push, whole: bool
) -> Pushed:
    """One attempt. Raises duckdb.Error, also where somebody else committed first."""
    with attach(address) as con:
        con.execute(f"SET temp_directory = {literal(file.parent)}")
        con.execute(f"ATTACH {literal(file)} AS store (READ_ONLY, TYPE duckdb)")
        name = network.name
        if there := holds(con, name):
            _refuse_other(con, address, network, whole)
        con.execute("BEGIN")
        newest = latest(con, address, name, damaged_too=whole) if there else None
        if not there:
            con.execute(f"CREATE SCHEMA IF NOT EXISTS {LAKE}.{quoted(name)}")
        elif newest is None and not whole:
            raise untold(address, name)
        elif newest is not None and newest.tables == wanted.tables and not whole:
            snapshot = snapshot_of(con)
            con.rollback()
            _note(file, newest, snapshot)
            return Pushed(newest.id, 0, 0, snapshot, newest.tables)
        base = base_of(file)
        if newest is not None and not whole and (base is None or base[0] != newest.id):
            raise NotNewestError(f"{shown(address)} got another push: run the same again")
        if base is not None and newest is not None and not whole:
            con.execute(f"ATTACH {literal(base[1])} AS base (READ_ONLY, TYPE duckdb)")
        rows = logs = 0
        before = tables_of(con, LAKE, name)
        for table in tables_of(con, "store", "main").values():
            pushed = None if newest is None else newest.tables.get(table.name)
            if pushed == wanted.tables[table.name] and not whole:
                continue
            old = before.get(table.name)
            if old is not None and (whole or old.form != table.form):
                con.execute(f"DROP TABLE {place(name, table.name)}")
                old = None  # dropped, not emptied: then none of its files is read
            came, went = _send(con, name, table, new=old is None)
            if _count(con, place(name, table.name)) != wanted.tables[table.name].rows:
                raise StoreError(
                    f"{table.name} of the lake {shown(address)} is not what was pushed before: "
                    "nothing was pushed. Push once more with --whole"
                )
            rows += came + went
            logs += came if table.name == "raw_logs" else 0
        for left in before.keys() - wanted.tables.keys():
            con.execute(f"DROP TABLE {place(name, left)}")
        write_push(con, name, wanted)
        con.execute("COMMIT")
        snapshot = snapshot_of(con)
    _note(file, wanted, snapshot)
    return Pushed(wanted.id, rows, logs, snapshot, wanted.tables)


def _note(file: Path, push: Push, snapshot: int) -> None:
    remember(file, push, snapshot)
    keep_base(file)


def _arrived(address: LakeAddress, network: Network, wanted: Push) -> Pushed | None:
    """What became of a commit whose answer was lost: what it changed, if it is in the lake."""
    for pause_s in _PAUSES_S[:4]:
        try:
            with attach(address, read_only=True) as con, lake_errors(address):
                newest = latest(con, address, network.name)
                if newest is None or newest.id != wanted.id:
                    return None
                return Pushed(wanted.id, 0, 0, snapshot_of(con), wanted.tables)
        except StoreError:
            time.sleep(pause_s)
    return None


def _refuse_other(
    con: duckdb.DuckDBPyConnection, address: LakeAddress, network: Network, whole: bool
) -> None:
    """Raise StoreError where under the network's name another chain or pool lies. Where the lake
    lost the answer, a `whole` store may come in the place of what is left."""
    keys = ("chain_id", "simulated", "pool", "bond", "cert", "sfc")
    try:
        check_holds(con, address, network.name, 0 if whole else OLDEST)
        rows = con.execute(
            f"SELECT {', '.join(keys)} FROM {place(network.name, 'store_info')}"
        ).fetchall()
    except duckdb.Error:  # of a lost file; while all are away, nothing can be pushed either
        if not whole:
            raise
        return
    for key, stored in ((key, each) for row in rows for key, each in zip(keys, row, strict=True)):
        if stored != getattr(network, key):
            raise StoreError(
                f"the lake {shown(address)} holds under {network.name} another one, with {key} "
                f"{stored} and not {getattr(network, key)}: use a lake of its own, or give the "
                "network another name in your networks file. Nothing was pushed"
            )


def _send(
    con: duckdb.DuckDBPyConnection, network: str, table: Table, *, new: bool
) -> tuple[int, int]:
    """Bring a table of the lake to what the store has; how many rows came and went."""
    at, mine = place(network, table.name), f"store.main.{table.name}"
    if new:
        create_table(con, at, table)
        return _insert(con, at, table, mine), 0
    if _count(con, mine) > _SMALL:
        based = con.execute("FROM duckdb_databases() WHERE database_name = 'base'").fetchone()
        before = f"base.main.{table.name}" if based else at
        _compare(con, table, before, mine)
        if table.name in KEYS or _is_appended(con, table, mine):
            return _send_changes(con, at, table, before, mine)
    gone = con.execute(f"DELETE FROM {at}").fetchone()
    assert gone is not None
    return _insert(con, at, table, mine), gone[0]


def _insert(con: duckdb.DuckDBPyConnection, at: str, table: Table, rows: str) -> int:
    order = KEYS.get(table.name, "rowid")
    count = con.execute(
        f"INSERT INTO {at} SELECT {table.names} FROM {rows} ORDER BY {order}"
    ).fetchone()
    assert count is not None
    return int(count[0])


def _compare(con: duckdb.DuckDBPyConnection, table: Table, before: str, mine: str) -> None:
    """Put the hashes of the rows that differ between two states of a table into `changed`. Only
    stretches of the table that differ in their sum are looked at row by row."""
    name, type_, *_ = table.columns[0]
    stretch = f"{quoted(name)} // {_STRETCH}" if type_ == "BIGINT" else "0"
    sums = (
        f"(SELECT {stretch} AS stretch, count(*) AS rows, sum({table.row_hash}) AS hash "
        "FROM {0} GROUP BY 1)"
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE stretches AS
        SELECT coalesce(old.stretch, new.stretch) AS stretch
        FROM {sums.format(before)} AS old
        FULL JOIN {sums.format(mine)} AS new ON old.stretch = new.stretch
        WHERE (old.rows, old.hash) IS DISTINCT FROM (new.rows, new.hash)
        """
    )
    counts = (
        f"(SELECT {table.row_hash} AS hash, count(*) AS rows FROM {{0}} "
        f"WHERE {stretch} IN (FROM stretches) GROUP BY 1)"
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE changed AS
        SELECT coalesce(old.hash, new.hash) AS hash, old.rows AS gone
        FROM {counts.format(before)} AS old
        FULL JOIN {counts.format(mine)} AS new ON old.hash = new.hash
        WHERE old.rows IS DISTINCT FROM new.rows
        """
    )


def _is_appended(con: duckdb.DuckDBPyConnection, table: Table, mine: str) -> bool:
    """Whether rows only came after all others: then the lake has them in the chain's order too."""
    row = con.execute(
        f"""
        SELECT NOT EXISTS (FROM changed WHERE gone IS NOT NULL) AND coalesce(
            min(rowid) FILTER (WHERE {table.row_hash} IN (SELECT hash FROM changed))
            > max(rowid) FILTER (WHERE {table.row_hash} NOT IN (SELECT hash FROM changed)), TRUE
        ) FROM {mine}
        """
    ).fetchone()
    assert row is not None
    return bool(row[0])


def _send_changes(
    con: duckdb.DuckDBPyConnection, at: str, table: Table, before: str, mine: str
) -> tuple[int, int]:
    """Take out of the lake what went, and put in what came."""
    key = quoted(table.columns[0][0])
    went = 0
    old = "(SELECT hash FROM changed WHERE gone IS NOT NULL)"
    # The span of the first column leaves most files of the lake unread.
    span = con.execute(
        f"SELECT min({key}), max({key}) FROM {before} WHERE {table.row_hash} IN {old}"
    ).fetchone()
    if span is not None and span[0] is not None:
        row = con.execute(
            f"DELETE FROM {at} WHERE {key} BETWEEN ? AND ? AND {table.row_hash} IN {old}", span
        ).fetchone()
        went = row[0] if row else 0
    came = f"(SELECT rowid, * FROM {mine} WHERE {table.row_hash} IN (SELECT hash FROM changed))"
    return _insert(con, at, table, came), went


def _count(con: duckdb.DuckDBPyConnection, at: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {at}").fetchone()
    assert row is not None
    return int(row[0])
