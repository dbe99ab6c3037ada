"""A lake of an earlier version brought to this one's tables, from its own logs alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from data.config import Network
from data.ingest import decode
from data.ingest.finish import finish
from data.lake.address import LakeAddress, local_copy
from data.lake.merge import reached_of
from data.lake.pull import beside, pull
from data.lake.pushes import keep_base
from data.lake.send import Pushed, send
from data.store.reader import SCHEMA_VERSION, check_schema, open_reader
from data.store.upgrade import OLDEST
from data.store.writer import open_next, publish


def migrate(address: LakeAddress, network: Network, now: datetime) -> Pushed:
    """Rebuild the network's tables in the lake; nothing is sent where they are of this version.

    Raises StoreError, also where somebody pushed meanwhile: then it is to be run again.
    """
    path = local_copy(address, network.name)
    with beside(path) as folder:
        own = folder / path.name
        pull(address, network.name, own, oldest=OLDEST)
        keep_base(own)
        with open_reader(own, OLDEST) as con:
            older = check_schema(con, own, OLDEST) < SCHEMA_VERSION
        if older:
            rebuild(own, network, now)
        return send(own, address, network)


def rebuild(path: Path, network: Network, now: datetime) -> None:
    """Make a store's tables anew from its logs, in the form of this version."""
    with open_next(path, network) as con:
        decode.prepare(con, network)
        if (reached := reached_of(con, now)) is not None:
            finish(con, reached)
    publish(path)
