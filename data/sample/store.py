"""The simulated sample as a store, built where it is missing: what the app shows at first."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb

from data import StoreError
from data.config import SAMPLE, default_store, load_network
from data.ingest.from_file import sync_file
from data.sample import SAMPLE_SEED, SAMPLE_UNTIL, simulate
from data.store.reader import open_reader, read_info
from data.store.writer import discard, lock

_DATA = Path(__file__).parents[1]
_MADE_OF = {".py", ".sql", ".toml"}


def ensure_sample(now: datetime, path: Path | None = None) -> Path:
    """The path of the sample's store, built first where it is missing or an older one.

    Takes a few seconds when it builds; a second process waits for the first. The result
    does not depend on `now`, the wall clock's time of publishing. Raises StoreError, also
    where `path` holds anything but a sample: that is not ours to replace.
    """
    ours = default_store(SAMPLE)
    path = path or ours
    if _is_current(path):
        return path
    with lock(path, wait=True):
        if not _is_current(path):
            if path != ours and path.exists() and not _is_sample(path):
                raise StoreError(f"{path} holds no simulated sample: name another file")
            discard(path)
            _build(path, now)
    return path


@cache
def _source() -> str:
    """What the sample names as its source. It differs for each state of `data`, so that the sample
    of another version is built anew."""
    made_of = sorted(path for path in _DATA.rglob("*") if path.suffix in _MADE_OF)
    build = hashlib.sha256(b"\0".join(path.read_bytes() for path in made_of)).hexdigest()
    until = f"{SAMPLE_UNTIL:%Y-%m-%d}"
    return f"simulation with seed {SAMPLE_SEED} up to {until}, build {build[:8]}"


def _is_current(path: Path) -> bool:
    try:
        con = open_reader(path)
    except StoreError:
        return False
    with con:
        return read_info(con).source == _source()


def _is_sample(path: Path) -> bool:
    """Whether a file is some sample's store, of whatever version."""
    try:
        with duckdb.connect(path, read_only=True) as con:
            return con.execute("SELECT network FROM store_info").fetchall() == [(SAMPLE,)]
    except duckdb.Error:
        return False


def _build(path: Path, now: datetime) -> None:
    network = load_network(SAMPLE)
    addresses = {name: getattr(network, name) for name in ("pool", "bond", "cert", "sfc")}
    simulation = simulate(SAMPLE_SEED, SAMPLE_UNTIL, addresses=addresses)
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder) / "simulation.ndjson"
        logs.write_bytes(simulation.logs)
        sync_file(
            network,
            path,
            [logs],
            now,
            simulation.first_block,
            simulation.state.block.number,
            source=_source(),
            state=simulation.state,
            balances=simulation.balances,
        )
