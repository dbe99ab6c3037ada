"""A sync and its lake: it goes on from the lake's newest state, and what it read goes there. What
an earlier sync read and could not push goes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data import ChangedLogError, LakeOutageError, StoreError
from data.config import Network, is_lake
from data.lake.address import LakeAddress, local_copy, parse_lake
from data.lake.connection import attach, holds, place
from data.lake.errors import lake_errors
from data.lake.merge import lay_together
from data.lake.migrate import migrate
from data.lake.pull import pull
from data.lake.push import push
from data.lake.pushes import keep_base, push_of
from data.lake.upkeep import check
from data.store.reader import SCHEMA_VERSION
from data.store.writer import NEXT


@dataclass(frozen=True)
class Lake:
    """A lake, and the local store at `path` that a sync of the network works with for it. What the
    methods yield is to be told; all are to be called under store.writer.lock of `path`."""

    address: LakeAddress
    network: Network
    path: Path

    def take_newest(self, now: datetime) -> Iterator[str]:
        """Bring the store to the newest state of the lake. Raises StoreError."""
        address, name, path = self.address, self.network.name, self.path
        with attach(address, read_only=True) as con, lake_errors(address):
            if not holds(con, name):
                return
            row = con.execute(f"SELECT schema_version FROM {place(name, 'store_info')}").fetchone()
        if row is not None and row[0] < SCHEMA_VERSION:
            yield f"the lake was of an earlier version: {migrate(address, self.network, now)}"
        landed, before = path.with_name(f"{path.name}.landed"), _inode(path)
        if landed.exists():  # of a run that was killed between the two steps below
            yield from self._lay(landed, now)
        following = path.with_name(path.name + NEXT)
        if following.exists() and (why := _closed(following)):
            yield f"{why}: kept as {_aside(following, now).name}, and read again"
        if following.exists():
            following.rename(landed)
        if path.exists() and push_of(path) is None:
            try:
                pushed = push(path, address, self.network, now, adopt=True)
                if pushed.rows:
                    yield f"what an earlier sync had left here: {pushed}"
            except ChangedLogError as error:
                yield (
                    f"{error}. It is kept as {_aside(path, now)}: which of the two is right, only "
                    "a node can tell"
                )
        if pull(address, name, path):
            keep_base(path)
            yield f"{path} is now what the lake holds"
        if landed.exists() and _inode(path) == before:
            landed.rename(following)
        elif landed.exists():
            yield from self._lay(landed, now)

    def _lay(self, landed: Path, now: datetime) -> Iterator[str]:
        """Go on from the store with what a stopped sync had landed, which went on from another."""
        try:
            lay_together(self.path, landed, self.network, now, finished=False)
            landed.unlink()
        except ChangedLogError as error:
            kept = _aside(landed, now)
            yield f"{error}. What a stopped sync had landed is kept as {kept}, and read again"

    def push(self, now: datetime) -> Iterator[str]:
        """Bring the store into the lake, and with it what others pushed into the store. Raises
        StoreError or ChangedLogError with the lake as it was."""
        yield f"{self.address}: {push(self.path, self.address, self.network, now, adopt=True)}"


def _inode(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None


def _closed(following: Path) -> str | None:
    """Bring all of a next store into its one file; or why it cannot be gone on with."""
    try:
        with duckdb.connect(following) as con:
            con.execute("FORCE CHECKPOINT")
            row = con.execute("SELECT schema_version FROM store_info").fetchone()
    except duckdb.Error:
        return f"{following.name} of a stopped sync cannot be read"
    return None if row == (SCHEMA_VERSION,) else f"{following.name} is of another version"


def _aside(path: Path, now: datetime) -> Path:
    """Rename a file that a sync would not go on with: nothing that was read is thrown away."""
    kept = path.with_name(f"{path.name}.refused-{now:%Y%m%dT%H%M%S}")
    for suffix in ("", ".wal"):
        if (each := path.with_name(path.name + suffix)).exists():
            each.rename(kept.with_name(kept.name + suffix))
    return kept


def lake_of(store: str, network: Network) -> Lake | None:
    """The lake that a store's address names; None where that is a file. Raises ConfigError."""
    if not is_lake(store):
        return None
    address = parse_lake(store)
    return Lake(address, network, local_copy(address, network.name))


def find(address: LakeAddress) -> None:
    """Raise StoreError where no store can be moved into a lake, unless that may pass meanwhile."""
    with suppress(LakeOutageError):
        attach(address, read_only=True).close()


def move(path: Path, address: LakeAddress, network: Network, now: datetime) -> Iterator[str]:
    """Bring a store into a lake, and compare every table there with what was pushed."""
    pushed = push(path, address, network, now)
    tables = check(address, network.name)
    yield from map(str, tables)
    if not all(each.same for each in tables):
        raise StoreError(f"{address} does not hold what was pushed: push again with --whole")
    yield f"{address}: {pushed}"
