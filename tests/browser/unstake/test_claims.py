"""What links, wallets, nodes and pasted hashes say on the Unstake page: checked, and lost never."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from devnet import Devnet, act
from devnet.rpc import calldata
from tests.app import App
from tests.browser.desk import UNSTAKE, Begin
from tests.browser.unstake.steps import FETCH, FTM, pay_all, synced

pytestmark = [pytest.mark.browser, pytest.mark.node]


def test_a_refused_payment_is_fetched_through_the_wallet(
    app: App, chain: Devnet, desk: Begin
) -> None:
    at, wallet = desk(4), chain.hungry_wallets[0]
    wr_id = act.read(chain, "lastWrId()")
    unstake = ("unstake(address,uint256)", chain.addresses.pool, 3 * FTM)
    tx = act.send(chain, chain.accounts[9], wallet, *unstake)
    pay_all(chain)
    synced(app, chain)
    at.show(step=4, tx=tx, amount="3", address=wallet)
    at.reads(f"Request {wr_id:,} could not be delivered")
    before_wei = act.balance_wei(chain, wallet)
    at.connect()
    at.reads("whoever signs", f"From: {chain.accounts[4]}", "Gas takes about")
    # The first try runs out of gas: it is told, and tried again.
    at.tell("changes.eth_sendTransaction = { gas: '0x11170' }")
    at.click(FETCH)
    at.reads("and reverted. Why:", "Nothing was sent on, and only gas was spent.")
    assert act.balance_wei(chain, wallet) == before_wei
    at.tell("changes = {}")
    at.press("Try again")
    at.click(FETCH)
    at.reads(f"the payout of request {wr_id}, to {wallet} in block", "The next sync shows it as")
    fetch = calldata("withdrawManual(uint256)", wr_id)
    assert [each["data"] for each in at.sent()] == [fetch, fetch]
    assert act.balance_wei(chain, wallet) > before_wei
    at.page.reload()
    at.reads("The pool keeps it no more: it was fetched.")
    expect(at.button(FETCH)).to_be_hidden()
    synced(app, chain)
    at.page.reload()
    at.reads(f"Request {wr_id:,} was paid", "claimed by hand")


def test_a_silent_node_loses_nothing_and_the_store_answers(
    chain: Devnet, desk: Begin, silent: Callable[[bool], None]
) -> None:
    at, account = desk(3), chain.accounts[3]
    at.show(step=1, amount="7", address=account)
    at.reads("Read at block")
    silent(True)
    at.field("Amount").fill("7.5")
    at.reads("Live data is not available now", "Worked out from the logs up to block")
    expect(at.field("Amount")).to_have_value("7.5")
    at.press("Continue to the checks")
    at.reads("Nothing of this address can be checked", "Step 1 still tells what the store knows.")
    expect(at.main_button("Continue to sign")).to_be_hidden()
    at.connect()
    silent(False)
    at.press("Check again")
    at.press("Continue to sign")
    at.prompted()
    wr_id = act.read(chain, "lastWrId()")
    silent(True)
    at.tell("release()")
    at.reads("The chain cannot be asked now", "The store knows no such unstake.")
    assert (at.in_link()["step"], at.in_link()["amount"]) == ("4", "7.5")
    silent(False)
    at.page.reload()
    at.reads(f"Done: request {wr_id} ")
    assert len(at.sent()) == 1
    with at.page.expect_download() as saved:
        at.press("Calendar file")
    entry = saved.value.path().read_bytes().decode().replace("\r\n ", "")
    assert f"unstake request {wr_id}" in entry
    assert at.in_link()["tx"] in entry


def test_a_reload_keeps_everything_on_every_step_and_back_goes_a_step_back(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(2), chain.accounts[2]
    at.show()
    at.page.get_by_role("radio", name="aFTMb", exact=True).click()
    at.field("Amount").fill("1,5")
    at.reads("Read at block")
    at.page.reload()
    at.reads("Read at block")
    expect(at.field("Amount")).to_have_value("1,5")
    expect(at.page.get_by_role("radio", name="aFTMb", exact=True)).to_be_checked()
    at.press("Continue to the checks")
    at.field("Address that holds the tokens").fill(account)
    at.field("Address that holds the tokens").press("Enter")
    at.reads("An ordinary wallet address")
    at.page.reload()
    at.reads("An ordinary wallet address", "Unstake 1.5 aFTMb.")
    expect(at.field("Address that holds the tokens")).to_have_value(account)
    at.press("Continue to sign")
    at.on_step(3)
    signed = at.page.url
    at.page.reload()
    at.reads("burnBonds(uint256)")
    assert at.page.url == signed
    at.page.go_back()
    at.on_step(2)
    at.reads("An ordinary wallet address")
    at.page.go_back()
    expect(at.page).not_to_have_url(re.compile("[?&]address="))
    at.seen.settle()
    expect(at.field("Address that holds the tokens")).to_have_value("")
    at.page.go_back()
    on_amount = at.field("Amount")
    expect(on_amount).to_have_value("1,5")
    at.page.go_forward()
    at.reads("Address that holds the tokens")
    assert at.sent() == []
    assert at.seen.complaints == []


def test_a_link_fills_in_and_never_signs(chain: Devnet, desk: Begin) -> None:
    at, account = desk(1), chain.accounts[1]
    link = {"step": 3, "token": "aFTMc", "amount": "1", "address": account, "again": 1}
    at.show(**link)
    at.connect()
    expect(at.button(UNSTAKE)).to_be_visible()
    at.show(**link)
    expect(at.button(UNSTAKE)).to_be_visible()
    at.page.go_back()  # to before the wish was named: it stays one
    at.seen.settle()
    expect(at.button(UNSTAKE)).to_be_visible()
    assert at.sent() == []
    at.tell(f"choose(['{chain.accounts[4]}'])")
    at.says("which the wallet does not let this page use yet.")
    expect(at.button(UNSTAKE)).to_be_hidden()
    at.press(f"Check it for {chain.accounts[4][:6]}…\u2060{chain.accounts[4][-4:]}")
    at.on_step(2)
    assert at.in_link()["address"] == chain.accounts[4]
    assert not {"since", "again"} & set(at.in_link())


def test_what_a_tampered_link_says_is_named_and_breaks_nothing(desk: Begin) -> None:
    at = desk()
    bad = "<img src=x onerror=alert(1)>"
    at.page.on("dialog", lambda dialog: at.seen.complaints.append(dialog.message))
    at.show(step=9, token="x", amount="1e5", address="0xzz", tx=bad, again=bad, since="-1")
    notices = " ".join(at.seen.notices())
    for named in ("step=9", "token=x", f"again={bad}", "since=-1"):
        assert named in notices
    assert "The amount has an exponent: write it out" in notices
    assert {"amount", "address", "tx"} < set(at.in_link())
    expect(at.page).not_to_have_url(re.compile("[?&](step|token|again|since)="))
    at.show(step=2, amount="1", address="0xzz" + bad)
    at.reads("is no address: want 0x and 40 hex digits")
    for foreign in ("https://evil.example/a", "www.evil.example/a", "pay@evil.example"):
        at.field("Address that holds the tokens").fill(foreign)
        at.field("Address that holds the tokens").press("Enter")
        at.page.wait_for_url(lambda url, foreign=foreign: quote(foreign, safe="") in url)
        at.seen.settle()
        at.reads("is no address: want 0x and 40 hex digits")
        assert at.page.locator("a[href*=evil]").count() == 0
    at.show(step=2, amount=bad, address=bad, tx=bad)
    for step in (2, 3, 4, 5):
        at.page.get_by_role("radio", name=re.compile(f"^{step} ")).click()
        at.on_step(step)
        assert at.page.get_by_test_id("stMain").locator("img").count() == 0
        assert "Traceback" not in at.seen.text()
    assert at.seen.complaints == []
