"""A sync run in the test's own process, and what stands in a store after it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from data.config import load_network
from data.ingest.decode import DERIVED
from data.ingest.from_node import Synced, sync_node
from data.ingest.progress import Progress
from data.node.chain import Chain
from data.node.endpoint import Manners
from data.store.reader import open_reader
from data.store.writer import lock
from devnet import Devnet
from devnet.rpc import Rpc

# Small ranges, so that a history of some hundred blocks takes many; failures cost little.
STEADY = Manners(timeout_s=20, pause_s=0.01, longest_pause_s=0.05, first_span=100)

Rows = list[tuple[Any, ...]]


def sync(store: Path, *urls: str, manners: Manners = STEADY, **limits: Any) -> Synced:
    """Brings the store up to date; `limits` are sync_node's."""
    network = load_network("devnet", urls)
    with lock(store), Progress() as progress:
        return sync_node(network, store, Chain(network, manners), progress, **limits)


def tables(store: Path) -> dict[str, Rows]:
    """Every row of raw_logs and of what is rebuilt from it, in order."""
    with open_reader(store) as con:
        return {
            name: con.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
            for name in ("raw_logs", *DERIVED)
        }


def column(store: Path, query: str) -> list[Any]:
    """The first column of a query's rows."""
    with open_reader(store) as con:
        return [row[0] for row in con.execute(query).fetchall()]


def dicts(store: Path, table: str) -> list[dict[str, Any]]:
    """A table's rows by column name, in the order stored."""
    with open_reader(store) as con:
        cursor = con.execute(f"FROM {table}")
        names = [name for name, *_ in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def failed(synced: Synced) -> list[tuple[str, int | None, int | None]]:
    """Each failed check with its block and request."""
    return [(f.name, f.block, f.wr_id) for f in synced.findings if f.status == "failed"]


def bytes_and_time(store: Path) -> tuple[bytes, datetime]:
    """What must not change when a sync is refused."""
    return store.read_bytes(), datetime.fromtimestamp(store.stat().st_mtime).astimezone()


# What of one honest node cannot pass: nobody else was asked.
ONE_SOURCE = {f"second source: {name}": "unknown" for name in ("bond", "sfc", "times")}


def not_passed(store: Path) -> dict[str, str]:
    """The verdict of each check that did not pass."""
    return {
        check["name"]: check["status"]
        for check in dicts(store, "checks")
        if check["status"] != "passed"
    }


def head_of(devnet: Devnet) -> int:
    """The devnet's newest block."""
    return int(Rpc(devnet.rpc_url).call("eth_blockNumber"), 16)
