"""A sync and its lake: it goes on from the lake's newest state, and what it read goes there. What
an earlier sync read and could not push goes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data import ChangedLogError, StoreError
from data.config import Network
from data.lake.address import LakeAddress, is_lake, local_copy, parse_lake
from data.lake.connection import attach, holds, place
from data.lake.errors import lake_errors
from data.lake.migrate import migrate
from data.lake.pull import pull
from data.lake.push import push
from data.lake.pushes import keep_base, push_of
from data.lake.upkeep import check
from data.store.reader import SCHEMA_VERSION
from data.store.writer import discard, remove_next


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
        if path.exists() and push_of(path) is None:
            try:
                pushed = push(path, address, self.network, now, adopt=True)
                if pushed.rows:
                    yield f"what an earlier sync had left here: {pushed}"
            except ChangedLogError as error:
                yield f"{error}. What was read here alone is dropped, and read again"
                discard(path)
        if pull(address, name, path):
            keep_base(path)
            remove_next(path)  # it went on from another state
            yield f"{path} is now what the lake holds"

    def push(self, now: datetime) -> Iterator[str]:
        """Bring the store into the lake, and with it what others pushed into the store. Raises
        StoreError or ChangedLogError with the lake as it was."""
        yield f"{self.address}: {push(self.path, self.address, self.network, now, adopt=True)}"


def lake_of(store: str, network: Network) -> Lake | None:
    """The lake that a store's address names; None where that is a file. Raises ConfigError."""
    if not is_lake(store):
        return None
    address = parse_lake(store)
    return Lake(address, network, local_copy(address, network.name))


def move(path: Path, address: LakeAddress, network: Network, now: datetime) -> Iterator[str]:
    """Bring a store into a lake, and compare every table there with what was pushed."""
    pushed = push(path, address, network, now)
    tables = check(address, network.name)
    yield from map(str, tables)
    if not all(each.same for each in tables):
        raise StoreError(f"{address} does not hold what was pushed: push again with --whole")
    yield f"{address}: {pushed}"
