"""A page with the wallet's panel, served as the app is, and a chain to sign on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devnet.node import local_node
from devnet.rpc import Rpc
from tests.app import App, planted, rewrite, served
from tests.browser.desk import Begin, Desk, desk_at
from tests.browser.visit import Visit


@pytest.fixture(scope="session")
def node() -> Iterator[Rpc]:
    """A chain for wallets to sign on."""
    with local_node() as url:
        yield Rpc(url)


@pytest.fixture(scope="session")
def app(node: Rpc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app's own server, headers and all, around a page with the wallet's panel alone."""
    root = planted(tmp_path_factory.mktemp("wallet") / "tree")
    shutil.copy(Path(__file__).parent / "wallet_page.py", root)
    rewrite(root / "app.py", '"ui" / "main.py"', '"wallet_page.py"')
    with served(root, FTM_NETWORK="devnet", FTM_RPC_URLS=node.url) as running:
        yield running


@pytest.fixture
def desk(app: App, node: Rpc, visit: Callable[..., Visit]) -> Begin:
    """Begins a visit: `desk(390, "dark")`."""

    def begin(*screen: Any) -> Desk:
        return desk_at(visit(*screen), app.url, node, node.call("eth_accounts"))

    return begin
