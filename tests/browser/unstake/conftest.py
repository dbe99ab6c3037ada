"""The Unstake page as people use it: the app, a wallet in the browser, and a chain under both."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devnet import Devnet, act
from devnet.rpc import Rpc
from scoring.companion import companion_of
from tests.app import App, edited, planted, rewrite, served
from tests.browser.desk import Begin, Desk, desk_at
from tests.browser.visit import Visit
from tests.fake_node import FakeNode, Reply, devnet_answers, fake_node


@pytest.fixture(scope="session")
def unstake_node(devnet: Devnet) -> Iterator[FakeNode]:
    """What the server of the Unstake page asks: the devnet, unless a test silences it."""
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        yield node


@pytest.fixture(scope="session")
def unstake_app(
    unstake_node: FakeNode,
    sample_store: Path,
    sample_scores: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[App]:
    """A server that shows the devnet first, and has the scored sample beside it."""
    root = planted(tmp_path_factory.mktemp("unstake") / "tree")
    rewrite(root / "pages" / "unstake" / "node.py", "_KEPT_S = 5 ", "_KEPT_S = 1 ")
    store = edited(sample_store, root / "var" / "sample.duckdb")
    shutil.copyfile(sample_scores, companion_of(store))
    with served(root, FTM_NETWORK="devnet", FTM_RPC_URLS=unstake_node.url) as running:
        yield running


@pytest.fixture(scope="module")
def chain(devnet: Devnet) -> Iterator[Devnet]:
    """The devnet to act on; what was done is taken back after the module."""
    with act.undone(devnet):
        yield devnet


@pytest.fixture
def silent(unstake_node: FakeNode) -> Iterator[Callable[[bool], None]]:
    """Silences the app's node, and lets it speak again: `silent(True)`."""

    def turn(off: bool) -> None:
        unstake_node.fault = (lambda asked: Reply(b"", 503)) if off else None
        unstake_node.answers = _refuse if off else honest

    honest = unstake_node.answers
    yield turn
    turn(False)


def _refuse(method: str, params: list[Any]) -> Any:
    raise AssertionError("a silent node answers nothing")


@pytest.fixture(scope="module")
def app(unstake_app: App, chain: Devnet, devnet_store: Path) -> App:
    """The server, on the devnet's store as it was before any test."""
    edited(devnet_store, unstake_app.store("devnet"))
    return unstake_app


@pytest.fixture
def desk(app: App, chain: Devnet, visit: Callable[..., Visit]) -> Begin:
    """Begins a visit with a wallet of account `number`: `desk(2, chain="0x1")`."""

    def begin(number: int = 1, width: int = 1280, scheme: str = "light", **wallet: Any) -> Desk:
        node = Rpc(chain.rpc_url)
        desk = desk_at(visit(width, scheme), app.url, node, list(chain.accounts))
        desk.put(**{"accounts": [chain.accounts[number]]} | wallet)
        return desk

    return begin
