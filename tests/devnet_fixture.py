"""The devnet for tests: one history a session, and a way to act on it that leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devnet import Devnet
from devnet.act import undone
from devnet.node import local_node
from devnet.scenario import play

DEVNET_UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def devnet() -> Iterator[Devnet]:
    """A played chain that ends at DEVNET_UNTIL. To be read only: it is shared."""
    with local_node() as url:
        yield play(url, DEVNET_UNTIL)


@pytest.fixture
def changing_devnet(devnet: Devnet) -> Iterator[Devnet]:
    """The same chain to act on: blocks, balances and time are taken back after the test."""
    with undone(devnet):
        yield devnet


@pytest.fixture(scope="session")
def devnet_store(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published store of all of that history. To be read only: it is shared."""
    from tests.syncing import sync  # with web3, which takes over a second to import

    path = tmp_path_factory.mktemp("devnet") / "devnet.duckdb"
    sync(path, devnet.rpc_url)
    return path


def expected_fee(rule: Mapping[str, int], amount: int, point: int) -> int:
    """The fee by the pool's rule, written a second time: in wei, never more than the amount."""
    low, high = rule["minFeeRatio"], rule["maxFeeRatio"]
    start, stop = rule["feeIncreaseStart"], rule["feeIncreaseStop"]
    if point >= stop:
        ratio = high
    elif point > start:
        ratio = low + (high - low) * (point - start) // (stop - start)
    else:
        ratio = low
    return min(-(-amount * ratio // 10**18), amount)
