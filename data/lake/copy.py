"""A network of a lake as a local copy, by the little that has to be asked to know whether it is the
newest: hundreds of machines ask that every few seconds."""

from __future__ import annotations

from pathlib import Path

import duckdb

from data import StoreError
from data.fetched import Tell
from data.lake.address import LakeAddress
from data.lake.connection import engine
from data.lake.errors import lake_errors
from data.lake.pull import pull
from data.store.reader import literal

# Whatever is committed to a lake makes a snapshot, and its number only grows.
_NEWEST = "FROM postgres_query('catalog', 'SELECT max(snapshot_id) FROM ducklake_snapshot')"


class LakeCopy:
    """The copy at `path`. It keeps one connection to the catalog, idle between two looks."""

    def __init__(self, address: LakeAddress, network: str, path: Path) -> None:
        self.network = network
        self.path = path
        self._address = address
        self._catalog: duckdb.DuckDBPyConnection | None = None
        self._seen: int | None = None
        self._fetched: int | None = None

    def is_news(self) -> bool:
        """Whether anything was committed to the lake since the copy was last compared with it.
        Raises StoreError where the catalog does not tell."""
        try:
            with lake_errors(self._address):
                # All of the answer: the catalog's transaction would else stay open.
                ((self._seen,),) = self._connection().execute(_NEWEST).fetchall()
        except StoreError:
            self._close()
            raise
        return self._seen != self._fetched or self._seen is None or not self.path.exists()

    def fetch(self, tell: Tell) -> None:
        """Bring the copy to the newest push. Raises StoreError with the copy as it was."""
        seen = self._seen
        pull(self._address, self.network, self.path, tell=tell)
        self._fetched = seen

    def _connection(self) -> duckdb.DuckDBPyConnection:
        if self._catalog is None:
            con = engine()
            try:
                where = literal(self._address.libpq)
                con.execute("SET pg_connection_limit = 1")
                con.execute(f"ATTACH {where} AS catalog (TYPE postgres, READ_ONLY)")
            except BaseException:
                con.close()
                raise
            self._catalog = con
        return self._catalog

    def _close(self) -> None:
        if self._catalog is not None:
            self._catalog.close()
            self._catalog = None
