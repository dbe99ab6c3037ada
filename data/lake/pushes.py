"""What a push leaves beside the tables: which push they are of, and what each of them holds.

In the lake that is a table by the network's name, written in the same transaction. Beside a local
store two files tell the same: NAME.lake, which push it is of, and NAME.base, that push's very
store, as what the next push is compared with. Neither is needed: without them the lake is read.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import duckdb

from data import StoreError
from data.lake.address import LakeAddress, shown
from data.lake.connection import LAKE, mended, quoted
from data.lake.tables import Content


@dataclass(frozen=True)
class Push:
    """One state of a network in a lake: what each table holds, hashed by which DuckDB."""

    id: UUID
    duckdb: str
    tables: dict[str, Content]


def _at(network: str) -> str:
    return f"{LAKE}.main.{quoted(network)}"


def latest(
    con: duckdb.DuckDBPyConnection,
    address: LakeAddress,
    network: str,
    *,
    damaged_too: bool = False,
) -> Push | None:
    """The newest push of the network, as this transaction sees it; None where there was none.
    Raises StoreError where the lake says two things of it, unless one of them will do."""
    there = con.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND schema_name = 'main' "
        "AND table_name = ?",
        [network],
    ).fetchone()
    if there is None:
        return None
    rows = con.execute(
        f"SELECT push_id, duckdb, table_name, row_count, hash FROM {_at(network)}"
    ).fetchall()
    if not rows:
        return None
    if len({name for _, _, name, *_ in rows}) < len(rows) and not damaged_too:
        raise StoreError(
            f"the lake {shown(address)} is damaged: it holds more than one push of {network}. "
            f"{mended(network)}"
        )
    return Push(rows[0][0], rows[0][1], {name: Content(n, h) for _, _, name, n, h in rows})


def untold(address: LakeAddress, network: str) -> StoreError:
    """The error where the lake has tables of the network and no push of them."""
    return StoreError(
        f"the lake {shown(address)} does not say what it holds of {network}. {mended(network)}"
    )


def write_push(con: duckdb.DuckDBPyConnection, network: str, push: Push) -> None:
    """Put a push in the place of the one before. Runs inside the caller's transaction: of two that
    do this at once, one fails."""
    con.execute(
        f"CREATE TABLE IF NOT EXISTS {_at(network)} (push_id UUID NOT NULL, "
        "duckdb VARCHAR NOT NULL, table_name VARCHAR NOT NULL, row_count BIGINT NOT NULL, "
        "hash UBIGINT NOT NULL)"
    )
    con.execute(f"DELETE FROM {_at(network)}")
    con.execute(
        f"INSERT INTO {_at(network)} SELECT $id, $duckdb, unnest($names), unnest($counts), "
        "unnest($hashes)",
        {
            "id": push.id,
            "duckdb": push.duckdb,
            "names": list(push.tables),
            "counts": [each.rows for each in push.tables.values()],
            "hashes": [each.hash for each in push.tables.values()],
        },
    )


@dataclass(frozen=True)
class Noted:
    """What NAME.lake says of a store: of which push it is, as of which snapshot, by how many pulls
    of changes alone since the last whole one, and which file it was then."""

    push: Push
    snapshot: int
    changes: int
    stamp: dict[str, int]


def remember(store: Path, push: Push, snapshot: int, changes: int = 0) -> None:
    """Note that the store is what this push left in the lake."""
    note = {
        "push": str(push.id),
        "duckdb": push.duckdb,
        "tables": {name: [each.rows, each.hash] for name, each in push.tables.items()},
        "snapshot": snapshot,
        "changes": changes,
        "stamp": _stamp(store),
    }
    following = _beside(store, f".lake.{os.getpid()}")
    following.write_text(json.dumps(note))
    following.replace(_beside(store, ".lake"))


def noted(store: Path) -> Noted | None:
    """What was noted of the store last, whatever became of it since; None where nothing was."""
    try:
        note = json.loads(_beside(store, ".lake").read_text())
        tables = {name: Content(*each) for name, each in note["tables"].items()}
        push = Push(UUID(note["push"]), note["duckdb"], tables)
        return Noted(push, note["snapshot"], note["changes"], note["stamp"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep_base(store: Path) -> None:
    """Keep the store as it is under a second name: a sync writes another file in its place."""
    base = _beside(store, ".base")
    base.unlink(missing_ok=True)
    try:
        os.link(store, base)
    except OSError:  # a file system without such names: then the lake is read instead
        base.unlink(missing_ok=True)


def set_aside(store: Path, folder: Path) -> Path:
    """The store's file and what is noted of it under names in a folder beside it, that stay."""
    file = folder / store.name
    try:
        os.link(store.resolve(), file)
        os.link(_beside(store, ".base"), _beside(file, ".base"))
    except OSError:  # none is kept, or a file system without such names
        if not file.exists():
            shutil.copyfile(store, file)
    with suppress(OSError):
        shutil.copyfile(_beside(store, ".lake"), _beside(file, ".lake"))
    return file


def install(file: Path, store: Path) -> None:
    """Put a file in the store's place in one step, with what was noted of it."""
    forget_base(store)
    file.replace(store)
    hand_over(file, store)


def hand_over(file: Path, store: Path) -> None:
    """Give a store what was noted of a file, which it is or was."""
    forget_base(store)
    for suffix in (".base", ".lake"):
        if _beside(file, suffix).exists():
            _beside(file, suffix).replace(_beside(store, suffix))


def push_of(store: Path) -> UUID | None:
    """The push that the store is of, to the byte; None where that is not known."""
    note = noted(store)
    return note.push.id if note and note.stamp == _stamp(store) else None


def base_of(store: Path) -> tuple[UUID, Path] | None:
    """The push that the store was before it was synced, and its file; None where not kept."""
    base, note = _beside(store, ".base"), noted(store)
    return (note.push.id, base) if note and base.exists() and note.stamp == _stamp(base) else None


def forget_base(store: Path) -> None:
    """Before another file takes the store's place: what was noted is not of that one."""
    for suffix in (".lake", ".base"):
        _beside(store, suffix).unlink(missing_ok=True)


def _stamp(path: Path) -> dict[str, int]:
    try:
        status = path.stat()
    except OSError:
        return {}
    return {"inode": status.st_ino, "size": status.st_size, "mtime_ns": status.st_mtime_ns}


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
