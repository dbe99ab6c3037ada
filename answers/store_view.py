"""A published store, and the answers from it.

Answers are cached by the store's version, not by time: what a sync publishes is a new
version, and a page that shows an old one is drawn anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

import queries
from answers.ending import Ending, end_of_chain
from answers.kept import ANSWERS, size_of
from answers.sources import Source, Version
from data import StoreError
from data.config import Network, load_network, network_names
from data.store.reader import StoreInfo, open_reader, read_info
from data.store.reader import version as version_of

Row = Mapping[str, Any]  # one row of an answer, by column
STALE_AFTER = timedelta(hours=1)


class SupersededError(StoreError):
    """A newer version was published before this one was opened: look again."""


@dataclass(frozen=True)
class StoreView:
    """One published store during one run of a page or one answer, at the wall clock's `now`."""

    source: Source
    version: Version
    info: StoreInfo
    now: datetime
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def ask(self, name: str, /, **params: Any) -> pl.DataFrame:
        """The answer of a query; it goes into the page's footer."""
        self.note(name, **params)
        return answered(self.version, name, params)

    def ask_first(self, name: str, most: int, /, **params: Any) -> tuple[pl.DataFrame, int]:
        """The first rows of a query's answer, and how many there are in all."""
        self.note(name, **params)
        key = repr((self.version, name, most, sorted(params.items())))
        return ANSWERS.get(
            key, lambda: self._fetch_first(name, most, params), lambda first: size_of(first[0])
        )

    def note(self, name: str, /, **params: Any) -> None:
        """Put a query into the page's footer whose answer the page has already."""
        if (name, params) not in self.asked:
            self.asked.append((name, params))

    def fetch(self, name: str, /, **params: Any) -> pl.DataFrame:
        """The whole answer of a query, anew: it is not kept, nor put into the footer."""
        return fetched(self.version, name, **params)

    def _fetch_first(
        self, name: str, most: int, params: dict[str, Any]
    ) -> tuple[pl.DataFrame, int]:
        with _cursor(self.version) as cursor:
            return queries.run_first(cursor, name, most, **params)

    def ask_row(self, name: str, /, **params: Any) -> dict[str, Any] | None:
        """The answer of a query that has one row, or none."""
        rows = self.ask(name, **params)
        return rows.row(0, named=True) if rows.height else None

    def table(self, name: str, rows: int) -> pl.DataFrame:
        """The first rows of one of the store's tables; not kept."""
        with _cursor(self.version) as cursor:
            return queries.read_table(cursor, name, rows)

    def table_file(self, name: str) -> pl.DataFrame:
        """The whole of a table as files have it, with wei in FTM beside it; not kept."""
        with _cursor(self.version) as cursor:
            return queries.read_table(cursor, name, in_ftm=True)

    def table_rows(self, name: str) -> int:
        """How many rows one of the store's tables has."""
        contents = answered(self.version, "store_contents", {})
        return int(contents.filter(table_name=name)["rows"][0])

    def hosts(self) -> list[str]:
        """Who told the store what it holds, so far as it knows; an archive is no host."""
        told = [self.info.source, *self.ask("coverage")["source"]]
        if not self.info.simulated:
            told += [*self.ask_first("contradictions", 50)[0]["source"]]
        names = {name for names in told if names for name in names.split(", ")}
        names |= {bare for name in names if "." in (bare := name.partition(":")[0])}  # no port
        return sorted(name for name in names if name and " " not in name)

    @property
    def failed_checks(self) -> int:
        """How many of the last sync's checks failed."""
        return answered(self.version, "checks_summary", {}).filter(status="failed").height

    @property
    def first_request_at(self) -> datetime | None:
        """None where the store holds no request."""
        contents = answered(self.version, "store_contents", {})
        first_at: datetime | None = contents.filter(table_name="requests")["first_at"].item()
        return first_at

    @cached_property
    def ending(self) -> Ending:
        """What is known of the end of the chain at this run. Raises ConfigError."""
        return self.ending_at(self.now)

    def ending_at(self, now: datetime) -> Ending:
        """The same at another moment."""
        return end_of_chain(self._network, self.info, now)

    @cached_property
    def _network(self) -> Network | None:
        """The network that was synced; None where none of that name has the store's chain."""
        name = self.info.network
        network = load_network(name) if name in network_names() else None
        return network if network and network.chain_id == self.info.chain_id else None

    def days(self) -> tuple[date, date]:
        """The first request's day and the last synced one, of a store that has requests."""
        first_at, last_at = self.first_request_at, self.info.synced_at
        assert first_at is not None, "the router shows no_requests"
        assert last_at is not None
        return first_at.date(), last_at.date()


def open_view(source: Source, found: Version | None, now: datetime) -> StoreView | None:
    """The published store of `source` in the version `found`; None where there is none.

    Raises StoreError where it cannot be opened, SupersededError where there is a newer one.
    """
    return StoreView(source, found, read(found), now) if found else None


def synced_block(source: Source) -> int | None:
    """How far the newest store of `source` goes; None where there is none. Raises StoreError."""
    while True:
        found = source.version()
        try:
            return read(found).synced_block if found else None
        except SupersededError:
            continue


# What is cached here is never changed: frames and frozen values, handed out as they are.
@lru_cache(maxsize=16)
def read(version: Version) -> StoreInfo:
    """What the store of this version says of itself. Raises StoreError."""
    with _cursor(version) as cursor:
        return read_info(cursor)


def answered(version: Version, name: str, params: dict[str, Any]) -> pl.DataFrame:
    """The answer of a query on the store of this version. Raises StoreError, QueryError."""

    key = repr((version, name, sorted(params.items())))
    return ANSWERS.get(key, lambda: fetched(version, name, **params), size_of)


def fetched(version: Version, name: str, /, **params: Any) -> pl.DataFrame:
    """The same, not kept."""
    with _cursor(version) as cursor:
        return queries.run(cursor, name, **params)


@lru_cache(maxsize=4)
def _reader(version: Version) -> duckdb.DuckDBPyConnection:
    path = Path(version[0])
    reader = open_reader(path)
    if version_of(path) != version:  # what was opened may be either
        reader.close()
        raise SupersededError(f"{path} was replaced while it was opened: try again")
    return reader


def _cursor(version: Version) -> duckdb.DuckDBPyConnection:
    """A connection of its own for one query: sessions run in threads."""
    cursor = _reader(version).cursor()
    cursor.execute("USE store")  # cursors do not inherit it, nor the time zone
    cursor.execute("SET TimeZone = 'UTC'")
    return cursor


def is_stale(info: StoreInfo, now: datetime) -> bool:
    """The sample's time is fixed: it is what it is."""
    return not info.simulated and (info.synced_at is None or now - info.synced_at > STALE_AFTER)
