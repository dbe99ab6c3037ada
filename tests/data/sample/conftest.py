"""The sample's logs, decoded once a session."""

from __future__ import annotations

import pytest

from data.sample import SAMPLE_SEED, SAMPLE_UNTIL, Simulation, simulate
from tests.data.sample.seen import ADDRESSES, Seen, decode


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    return simulate(SAMPLE_SEED, SAMPLE_UNTIL, addresses=ADDRESSES)


@pytest.fixture(scope="session")
def logs(simulation: Simulation) -> list[Seen]:
    return [decode(line) for line in simulation.logs.splitlines()]


@pytest.fixture(scope="session")
def stubs(logs: list[Seen]) -> set[str]:
    return {log.values["proxy"] for log in logs if log.event.name == "Deployed"}


@pytest.fixture(scope="session")
def requests(logs: list[Seen]) -> list[Seen]:
    return [log for log in logs if log.event.name.startswith("TokensBurned")]
