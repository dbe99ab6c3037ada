"""A page and the wallets put into its browser: what they are asked, what they say."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Locator, Page, expect

from devnet.rpc import Rpc
from tests.browser.visit import Visit

SIGN = "Sign 0.001 FTM"  # of wallet/wallet_page.py
UNSTAKE = "Unstake: sign in the wallet"


@dataclass
class Desk:
    """A visit: what its wallets were asked, and what stands on the page."""

    seen: Visit
    url: str
    node: Rpc
    accounts: list[str]
    calls: list[tuple[str, str, list[Any]]] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.seen.page

    def put(self, **told: Any) -> None:
        """A wallet into the browser, before the page is opened."""
        told = {"accounts": self.accounts[:1]} | told
        self.page.add_init_script(f"fakeWallet({json.dumps(told)})")

    def open(self, path: str = "/?again=0") -> None:
        self.seen.open(self.url + path, "Signing")

    def tell(self, script: str, wallet: int = 0) -> None:
        """Something done in a wallet's own window: `tell("turn('0x1')")`."""
        self.page.evaluate(f"() => {{ window.fakes[{wallet}].{script}; }}")

    def asked(self, method: str, wallet: str = "Test Wallet") -> list[list[Any]]:
        """The parameters of each request of a method."""
        return [params for name, called, params in self.calls if (name, called) == (wallet, method)]

    def until_asked(self, method: str, times: int = 1) -> None:
        """Waits until the wallet was asked so often: only then does it hold what it is to hold."""
        deadline = time.monotonic() + 60
        while len(self.asked(method)) < times:
            assert time.monotonic() < deadline, f"{method} was not asked {times} times"
            self.page.wait_for_timeout(20)  # lets the browser's calls come in

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("group", name="Wallet").get_by_role(
            "button", name=name, exact=True
        )

    def click(self, name: str) -> None:
        self.button(name).click()

    def connect(self, name: str = "Test Wallet") -> None:
        self.click(f"Connect {name}")
        expect(self.button("Use another wallet")).to_be_visible()

    def says(self, words: str) -> None:
        """The panel says so, aloud too."""
        group = self.page.get_by_role("group", name="Wallet")
        expect(group.get_by_role("status")).to_contain_text(words)

    def python_says(self, words: str) -> None:
        shown = self.page.get_by_test_id("stText").filter(has_text=words)
        expect(shown).to_be_visible()
        self.seen.settle()

    def runs(self) -> int:
        self.seen.settle()
        return int(self.page.get_by_test_id("stText").last.inner_text().removeprefix("run "))

    # The Unstake page around the wallet's panel

    def show(self, **fields: object) -> None:
        """Open it by a link with these fields."""
        link = urlencode({"network": "devnet"} | fields)
        self.seen.open(f"{self.url}/unstake?{link}", "Unstake")

    def reads(self, *words: str) -> None:
        """The page says all of it, by and by."""
        for each in words:
            expect(self.page.get_by_test_id("stMain")).to_contain_text(each)

    def main_button(self, name: str) -> Locator:
        """The button as this run has it: the last run's may still stand beside it."""
        main = self.page.get_by_test_id("stMain")
        fresh = main.locator("[data-testid=stElementContainer][data-stale=false]")
        return fresh.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        self.main_button(name).click()

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    def in_link(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def on_step(self, number: int) -> None:
        expect(self.page).to_have_url(re.compile(f"[?&]step={number}(&|$)"))
        self.seen.settle()

    def sent(self) -> list[dict[str, str]]:
        """What the wallet was asked to sign and send."""
        return [params[0] for params in self.asked("eth_sendTransaction")]

    def prompted(self) -> None:
        """Sign, and come back while the wallet's prompt is open."""
        self.tell("holds.push('eth_sendTransaction')")
        before = len(self.sent())
        self.click(UNSTAKE)
        self.says("Test Wallet asks you to confirm.")
        self.until_asked("eth_sendTransaction", before + 1)

    def confirmed(self) -> None:
        """Confirm in the wallet while the page shows another thing."""
        self.tell("release()")
        self.page.wait_for_function(
            "() => Object.values(JSON.parse(sessionStorage.getItem('wallet wishes')))"
            ".some((wish) => wish.strayed)"
        )

    def forgotten(self) -> None:
        """Wait until what the node told is kept no more: see the server's fixture."""
        self.page.wait_for_timeout(1_200)


Begin = Callable[..., Desk]


def desk_at(seen: Visit, url: str, node: Rpc, accounts: list[str]) -> Desk:
    """A desk in a fresh page: what its wallets are asked is heard, and answered by the node."""
    desk = Desk(seen, url, node, accounts)
    desk.page.expose_function("heard", lambda *call: desk.calls.append(call))
    desk.page.expose_function("askNode", lambda method, params: node.call(method, *params))
    desk.page.add_init_script(path=Path(__file__).with_name("fake_wallet.js"))
    return desk
