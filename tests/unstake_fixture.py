"""The Unstake page as people use it: the app, a wallet in the browser, and a chain under both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from devnet import Devnet, act
from devnet.rpc import Rpc
from tests.app import App, edited
from tests.browser.visit import Visit
from tests.browser.wallet_fixture import HERE, Desk
from tests.fake_node import FakeNode, Reply
from tests.syncing import sync

SIGN = "Unstake: sign in the wallet"
FETCH = "Fetch it: sign in the wallet"
FTM = 10**18


@pytest.fixture(scope="module")
def chain(devnet: Devnet) -> Iterator[Devnet]:
    """The devnet to act on; what was done is taken back after the module."""
    with act.undone(devnet):
        yield devnet


@pytest.fixture
def app_node(unstake_node: FakeNode) -> FakeNode:
    """What the app asks: the real node, until a test silences it. Wallets ask theirs."""
    return unstake_node


@pytest.fixture
def silent(app_node: FakeNode) -> Iterator[Callable[[bool], None]]:
    """Silences the app's node, and lets it speak again: `silent(True)`."""

    def turn(off: bool) -> None:
        app_node.fault = (lambda asked: Reply(b"", 503)) if off else None
        app_node.answers = _refuse if off else honest

    honest = app_node.answers
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
def desk(app: App, chain: Devnet, visit: Callable[..., Visit]) -> Callable[..., Desk]:
    """Begins a visit with a wallet of account `number`: `desk(2, chain="0x1")`."""

    def begin(number: int = 1, width: int = 1280, scheme: str = "light", **told: Any) -> Desk:
        node = Rpc(chain.rpc_url)
        made = Desk(visit(width, scheme), app.url, node, list(chain.accounts))
        made.page.expose_function("heard", lambda *call: made.calls.append(call))
        made.page.expose_function("askNode", lambda method, params: node.call(method, *params))
        made.page.add_init_script(path=HERE / "fake_wallet.js")
        told = {"accounts": [chain.accounts[number]]} | told
        made.page.add_init_script(f"fakeWallet({json.dumps(told)})")
        return made

    return begin


def show(at: Desk, **fields: object) -> None:
    """Open the page by a link with these fields."""
    at.seen.open(f"{at.url}/unstake?{urlencode({'network': 'devnet'} | fields)}", "Unstake")


def says(at: Desk, *words: str) -> None:
    """The page says all of it, by and by."""
    for each in words:
        expect(at.page.get_by_test_id("stMain")).to_contain_text(each)


def button(at: Desk, name: str) -> Locator:
    return at.page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def press(at: Desk, name: str) -> None:
    button(at, name).click()


def field(at: Desk, label: str) -> Locator:
    return at.page.get_by_label(label, exact=True)


def in_link(at: Desk) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(at.page.url).query))


def on_step(at: Desk, number: int) -> None:
    expect(at.page).to_have_url(re.compile(f"[?&]step={number}(&|$)"))
    at.seen.settle()


def sent(at: Desk) -> list[dict[str, str]]:
    """What the wallet was asked to sign and send."""
    return [params[0] for params in at.asked("eth_sendTransaction")]


def prompted(at: Desk) -> None:
    """Sign, and come back while the wallet's prompt is open."""
    at.tell("holds.push('eth_sendTransaction')")
    before = len(sent(at))
    at.click(SIGN)
    at.says("Test Wallet asks you to confirm.")
    at.until_asked("eth_sendTransaction", before + 1)


def pay_all(chain: Devnet) -> None:
    """The operator finds the money and settles the whole queue."""
    pending = act.pending_wei(chain)
    act.fund(chain, sum(pending) + FTM)
    act.pay(chain, len(pending))


def synced(app: App, chain: Devnet) -> None:
    """The store catches up, as a sync beside the app would do it."""
    sync(app.store("devnet"), chain.rpc_url)
