"""What stores of the past are held against: the sample, synced up to a block and no further."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from data.config import load_network
from data.ingest.from_file import sync_file
from data.ingest.past import Place
from data.sample import SAMPLE_SEED, SAMPLE_UNTIL, Simulation, simulate

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def simulated() -> Simulation:
    """The sample's own simulation; it takes some seconds."""
    network = load_network("sample")
    addresses = {name: getattr(network, name) for name in ("pool", "bond", "cert", "sfc")}
    return simulate(SAMPLE_SEED, SAMPLE_UNTIL, addresses=addresses)


def synced_to(simulation: Simulation, path: Path, place: Place) -> Path:
    """A store of the same logs that was synced up to a block and no further."""
    logs = path.with_name("simulation.ndjson")
    logs.write_bytes(simulation.logs)
    balances = [each for each in simulation.balances if each.block <= place.block]
    first = simulation.first_block
    network = load_network("sample")
    sync_file(network, path, [logs], NOW, first, place.block, balances=balances)
    told = {each.block: each.at for each in balances}
    if place.block in told:  # a file tells no time of a block without logs
        with duckdb.connect(path) as con:
            con.execute("UPDATE store_info SET synced_at = ?", [told[place.block]])
    return path
