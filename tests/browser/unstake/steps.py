"""What people do on the Unstake page, and what it says."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Locator, expect

from devnet import Devnet, act
from tests.app import App
from tests.browser.desk import Desk
from tests.syncing import sync

SIGN = "Unstake: sign in the wallet"
FETCH = "Fetch it: sign in the wallet"
FTM = 10**18


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
