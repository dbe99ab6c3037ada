"""A wallet may say anything: it stays text, and what has not the right shape is refused."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.desk import SIGN, Begin

pytestmark = [pytest.mark.browser, pytest.mark.node]


HOSTILE = "<img src=x onerror=\"document.title='hacked'\"> **a**\u202e\n" + "x" * 500


ODD_ANNOUNCEMENTS = """
    const odd = [null, {}, {info: null, provider: {request() {}}},
                 {info: {}, provider: {request: 1}}];
    window.addEventListener("eip6963:requestProvider", () => odd.forEach((detail) =>
        window.dispatchEvent(new CustomEvent("eip6963:announceProvider", {detail}))));
"""


def test_a_hostile_wallets_words_stay_words(desk: Begin) -> None:
    at = desk()
    at.put(name=HOSTILE, icon="https://tracker.example/pixel.png")
    at.put(name="Second", rdns="org.example.2", icon="javascript:document.title='hacked'")
    at.put(name={"toString": 1}, rdns=["x"], icon="data:text/html,<script>1</script>")
    at.page.add_init_script(ODD_ANNOUNCEMENTS)
    at.open()
    buttons = at.page.get_by_role("group", name="Wallet").get_by_role("button")
    expect(buttons).to_have_count(3)
    labels = [label.strip() for label in buttons.all_inner_texts()]
    assert labels[0].startswith("Connect <img src=x onerror=")
    assert len(labels[0]) <= len("Connect ") + 40
    assert labels[1:] == ["Connect Second", "Connect unnamed wallet"]
    assert at.page.get_by_role("group", name="Wallet").locator("img").count() == 0
    buttons.first.click()
    at.python_says("wallet <img src=x onerror=")
    assert at.page.title() != "hacked"
    assert not [url for url in at.seen.asked if "tracker.example" in url]


def test_a_wallet_that_never_answers_keeps_nobody_from_another(desk: Begin) -> None:
    at = desk()
    at.put(holds=["eth_accounts"])
    at.put(name="Second", rdns="org.example.2")
    at.open()
    at.connect()
    at.page.reload()
    at.connect("Second")
    at.python_says("wallet Second")


def test_an_account_that_is_no_address_is_refused(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    odd = [["<b>0x</b>"], ["0x12"], [{"a": 1}], "0x" + "1" * 40, [["0x" + "1" * 40]], None]
    for number, accounts in enumerate(odd, start=1):
        at.tell(f"accounts = {json.dumps(accounts)}")
        at.click("Connect Test Wallet")
        at.until_asked("eth_requestAccounts", number)
        at.says("The wallet answered")
        at.python_says("no account")
    assert at.runs() == 1


def test_a_network_that_is_no_number_is_unknown(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    for chain in ("mainnet", -1, {"id": 250}, "0x" + "f" * 40, None):
        at.tell(f"chain = {json.dumps(chain)}")
        at.connect()
        at.says("Test Wallet is on an unknown chain.")
        at.python_says("chain None")
        at.click("Use another wallet")
        at.python_says("no account")


def test_a_hash_that_is_none_leaves_it_open_what_happened(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    at.connect()
    for number, answer in enumerate(("0x1234", "<b>sent</b>", None, {"hash": "0x"}, True), start=1):
        at.tell(f"answers.eth_sendTransaction = {json.dumps(answer)}")
        at.click(SIGN)
        at.until_asked("eth_sendTransaction", number)
        at.says("Your wallet was asked, and its answer did not reach this page.")
        at.python_says("outcome NotSigned(why='unsettled'")
        expect(at.button(SIGN)).to_be_hidden()
        at.click("I did not confirm it")
        at.python_says("outcome None")
