"""What links, wallets, nodes and pasted hashes say on the Unstake page: checked, and lost never."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from devnet import Devnet, act
from devnet.rpc import calldata
from tests.app import App
from tests.browser.desk import Begin
from tests.browser.unstake.steps import (
    FETCH,
    FTM,
    SIGN,
    button,
    field,
    in_link,
    on_step,
    pay_all,
    press,
    prompted,
    says,
    sent,
    show,
    synced,
)
from tests.live_steps import burning
from tests.live_steps import send as mined

pytestmark = [pytest.mark.browser, pytest.mark.node]


def test_a_pasted_hash_of_anything_else_is_told_for_what_it_is(chain: Devnet, desk: Begin) -> None:
    at, account = desk(), chain.accounts[3]
    pay = mined(chain, {"from": account, "to": chain.accounts[2], "value": hex(FTM)})
    transfer = calldata("transfer(address,uint256)", chain.accounts[2], FTM)
    token = mined(chain, {"from": account, "to": chain.addresses.cert, "data": transfer})
    reverted = mined(chain, burning(chain, "aFTMc", 10**9 * FTM, account))
    told = {
        pay: ("This transaction sends 1 FTM to", "it is no unstake"),
        token: ("This transaction calls transfer of aFTMc (ankrFTM)", "it is no unstake"),
        reverted: ("reverted. Why: burn exceeds balance.", "Nothing was unstaked"),
        "0x" + "12" * 32: ("knows this transaction: it may be on its way",),
        "0x12": ("a transaction hash is 0x and 64 hex digits: copy the whole of it",),
        "<img src=x onerror=alert(1)>": ("a transaction hash is 0x and 64 hex digits",),
    }
    show(at, step=4)
    for tx, words in told.items():
        field(at, "Transaction hash").fill(tx)
        field(at, "Transaction hash").press("Enter")
        says(at, *words)
        expect(field(at, "Transaction hash")).to_have_value(tx)
    assert at.seen.complaints == []
    assert at.page.get_by_test_id("stMain").locator("img").count() == 0
    show(at, step=4, tx=reverted, amount="1000000000", address=account)
    press(at, "Back to the checks")
    on_step(at, 2)
    says(at, "Lower the amount or use max.")


def test_a_refused_payment_is_fetched_through_the_wallet(
    app: App, chain: Devnet, desk: Begin
) -> None:
    at, wallet = desk(4), chain.hungry_wallets[0]
    wr_id = act.read(chain, "lastWrId()")
    unstake = ("unstake(address,uint256)", chain.addresses.pool, 3 * FTM)
    tx = act.send(chain, chain.accounts[9], wallet, *unstake)
    show(at, step=2, amount="3", address=wallet)
    says(at, "The address is a contract. FTM is pushed to it with 40,000 gas")
    pay_all(chain)
    show(at, step=4, tx=tx, amount="3", address=wallet)
    says(at, f"It made request {wr_id};", "It has left the queue since: the next sync tells")
    synced(app, chain)
    show(at, step=4, tx=tx, amount="3", address=wallet)
    says(at, f"Request {wr_id:,} left the queue unpaid")
    before_wei = act.balance_wei(chain, wallet)
    at.connect()
    says(at, "whoever signs", f"From: {chain.accounts[4]}", "Gas takes about")
    # The first try runs out of gas: it is told, and tried again.
    at.tell("changes.eth_sendTransaction = { gas: '0x11170' }")
    at.click(FETCH)
    says(at, "and reverted. Why:", "Nothing was sent on, and only gas was spent.")
    assert act.balance_wei(chain, wallet) == before_wei
    at.tell("changes = {}")
    press(at, "Try again")
    at.click(FETCH)
    says(at, f"the payout of request {wr_id}, to {wallet} in block", "The next sync shows it as")
    fetch = calldata("withdrawManual(uint256)", wr_id)
    assert [each["data"] for each in sent(at)] == [fetch, fetch]
    assert act.balance_wei(chain, wallet) > before_wei
    at.page.reload()
    says(at, "The pool keeps it no more: it was fetched.")
    expect(at.button(FETCH)).to_be_hidden()
    synced(app, chain)
    at.page.reload()
    says(at, f"Request {wr_id:,} was paid", "claimed by hand")


def test_a_silent_node_loses_nothing_and_the_store_answers(
    chain: Devnet, desk: Begin, silent: Callable[[bool], None]
) -> None:
    at, account = desk(3), chain.accounts[3]
    show(at, step=1, amount="7", address=account)
    says(at, "Read at block")
    silent(True)
    field(at, "Amount").fill("7.5")
    says(at, "No node was read:", "Worked out from the logs up to block")
    expect(field(at, "Amount")).to_have_value("7.5")
    press(at, "Continue to the checks")
    says(at, "Nothing of this address can be checked", "Step 1 still tells what the store knows.")
    expect(button(at, "Continue to sign")).to_be_hidden()
    at.connect()
    silent(False)
    press(at, "Check again")
    press(at, "Continue to sign")
    prompted(at)
    wr_id = act.read(chain, "lastWrId()")
    silent(True)
    at.tell("release()")
    says(at, "The chain cannot be asked now", "The store knows no such unstake.")
    assert (in_link(at)["step"], in_link(at)["amount"]) == ("4", "7.5")
    silent(False)
    at.page.reload()
    says(at, f"It made request {wr_id};")
    assert len(sent(at)) == 1
    with at.page.expect_download() as saved:
        press(at, "Calendar file")
    entry = saved.value.path().read_bytes().decode().replace("\r\n ", "")
    assert f"unstake request {wr_id}" in entry
    assert in_link(at)["tx"] in entry


def test_a_hash_is_compared_with_what_the_link_holds_and_what_is_not_compared_is_said(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(), chain.accounts[3]
    tx = mined(chain, burning(chain, "aFTMc", 2 * FTM, account))
    show(at, step=4, tx=tx)
    says(at, "the link holds no address and no amount.", f"The FTM are sent to {account}")
    show(at, step=4, tx=tx, address=chain.accounts[4])
    says(at, f"It unstakes for {account}, not for {chain.accounts[4]}")
    show(at, step=4, tx=tx, amount="3")
    says(at, "It unstakes 2 aFTMc (ankrFTM), not 3 as was chosen.")
    show(at, step=4, tx=tx, amount="2")
    says(at, "the link holds no address.")


def test_nothing_foreign_becomes_a_link(desk: Begin) -> None:
    at = desk()
    for foreign in ("https://evil.example/a", "www.evil.example/a", "pay@evil.example"):
        show(at, step=2, amount="1", address=foreign)
        says(at, "is no address: want 0x and 40 hex digits")
        assert at.page.locator("a[href*=evil]").count() == 0


def test_a_reload_keeps_everything_on_every_step_and_back_goes_a_step_back(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(2), chain.accounts[2]
    show(at)
    at.page.get_by_role("radio", name="aFTMb", exact=True).click()
    field(at, "Amount").fill("1,5")
    says(at, "Read at block")
    at.page.reload()
    says(at, "Read at block")
    expect(field(at, "Amount")).to_have_value("1,5")
    expect(at.page.get_by_role("radio", name="aFTMb", exact=True)).to_be_checked()
    press(at, "Continue to the checks")
    field(at, "Address that holds the tokens").fill(account)
    field(at, "Address that holds the tokens").press("Enter")
    says(at, "The address is a plain account")
    at.page.reload()
    says(at, "The address is a plain account", "Unstake 1.5 aFTMb.")
    expect(field(at, "Address that holds the tokens")).to_have_value(account)
    press(at, "Continue to sign")
    on_step(at, 3)
    signed = at.page.url
    at.page.reload()
    says(at, "burnBonds(uint256)")
    assert at.page.url == signed
    at.page.go_back()
    on_step(at, 2)
    says(at, "The address is a plain account")
    at.page.go_back()
    at.page.go_back()
    on_amount = field(at, "Amount")
    expect(on_amount).to_have_value("1,5")
    at.page.go_forward()
    says(at, "Address that holds the tokens")
    assert sent(at) == []
    assert at.seen.complaints == []


def test_a_link_fills_in_and_never_signs(chain: Devnet, desk: Begin) -> None:
    at, account = desk(1), chain.accounts[1]
    link = {"step": 3, "token": "aFTMc", "amount": "1", "address": account, "again": 1}
    show(at, **link)
    at.connect()
    expect(at.button(SIGN)).to_be_visible()
    show(at, **link)
    expect(at.button(SIGN)).to_be_visible()
    assert sent(at) == []
    at.tell(f"choose(['{chain.accounts[4]}'])")
    at.says("not for the account that is connected.")
    expect(at.button(SIGN)).to_be_hidden()
    press(at, f"Check it for {chain.accounts[4][:6]}…\u2060{chain.accounts[4][-4:]}")
    on_step(at, 2)
    assert in_link(at)["address"] == chain.accounts[4]
    assert not {"since", "again"} & set(in_link(at))


def test_what_a_tampered_link_says_is_named_and_breaks_nothing(desk: Begin) -> None:
    at = desk()
    bad = "<img src=x onerror=alert(1)>"
    at.page.on("dialog", lambda dialog: at.seen.complaints.append(dialog.message))
    show(at, step=9, token="x", amount="1e5", address="0xzz", tx=bad, again=bad, since="-1")
    notices = " ".join(at.seen.notices())
    for named in ("step=9", "token=x", f"again={bad}", "since=-1"):
        assert named in notices
    assert "The amount has an exponent: write it out" in notices
    assert {"amount", "address", "tx"} < set(in_link(at))
    assert not {"step", "token", "again", "since"} & set(in_link(at))
    show(at, step=2, amount="1", address="0xzz" + bad)
    says(at, "is no address: want 0x and 40 hex digits")
    show(at, step=3, amount="1")
    press(at, "Go to the checks")
    on_step(at, 2)
    assert in_link(at)["amount"] == "1"
    show(at, step=5, request="999999999")
    says(at, "The store does not know request 999,999,999.")
    show(at, step=4, request="**7**")
    assert "request=**7**" in " ".join(at.seen.notices())
    for step in (2, 3, 4, 5):
        show(at, step=step, amount=bad, address=bad, tx=bad)
        assert at.page.get_by_test_id("stMain").locator("img").count() == 0
        assert "Traceback" not in at.seen.text()
    assert at.seen.complaints == []
