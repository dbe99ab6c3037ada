"""The guided unstake in a real browser, with a wallet, on a real node, up to the money."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from devnet import Devnet, act
from devnet.rpc import calldata
from tests.app import App
from tests.browser.desk import Begin
from tests.browser.unstake.steps import (
    FTM,
    SIGN,
    button,
    field,
    in_link,
    on_step,
    pay_all,
    press,
    says,
    sent,
    show,
    synced,
)

pytestmark = [pytest.mark.browser, pytest.mark.node]


@pytest.mark.parametrize(
    ("token", "burn", "account"),
    [("aFTMc (ankrFTM)", "burnCerts(uint256)", 5), ("aFTMb", "burnBonds(uint256)", 2)],
)
def test_the_whole_way_from_an_amount_to_the_money(
    app: App, chain: Devnet, desk: Begin, token: str, burn: str, account: int
) -> None:
    at = desk(account)
    show(at)
    at.page.get_by_role("radio", name=token, exact=True).click()
    field(at, "Amount").fill("12.5")
    says(at, "You receive", "Read at block")
    press(at, "Continue to the checks")
    at.connect()
    says(at, "The address is a plain account", "balance is")
    assert in_link(at)["address"] == chain.accounts[account]
    press(at, "Continue to sign")
    says(at, burn, "12.5 aFTM")
    wr_id = act.read(chain, "lastWrId()")
    at.click(SIGN)
    place = wr_id - act.read(chain, "firstWrId()") + 1
    says(at, f"It made request {wr_id};", f"It stands at place {place:,} of the queue")
    (asked,) = sent(at)
    assert (asked["to"], asked["data"]) == (
        chain.addresses.pool,
        calldata(burn, 12_500_000_000_000_000_000),
    )
    assert in_link(at)["step"] == "4"
    payout_wei = act.pending_wei(chain)[-1]
    before_wei = act.balance_wei(chain, chain.accounts[account])
    pay_all(chain)
    assert act.balance_wei(chain, chain.accounts[account]) == before_wei + payout_wei
    synced(app, chain)
    at.page.reload()
    says(at, f"Request {wr_id:,} was paid")
    assert len(sent(at)) == 1
    assert at.seen.complaints == []


def test_declining_is_told_and_trying_again_signs_once_even_on_a_double_click(
    chain: Devnet, desk: Begin
) -> None:
    at = desk(3, faults={"eth_sendTransaction": {"code": 4001, "message": "User rejected"}})
    show(at, step=2, amount="1.25", address=chain.accounts[3])
    at.connect()
    press(at, "Continue to sign")
    on_step(at, 3)
    at.click(SIGN)
    at.says("You declined in the wallet: nothing was signed.")
    assert in_link(at)["step"] == "3"
    at.tell("faults.eth_sendTransaction = null")
    wr_id = act.read(chain, "lastWrId()")
    at.button(SIGN).dblclick()
    says(at, f"It made request {wr_id};")
    assert len(sent(at)) == 2  # the one declined, and the one sent
    assert act.read(chain, "lastWrId()") == wr_id + 1


def test_a_second_unstake_of_the_same_amount_is_a_wish_of_its_own(
    chain: Devnet, desk: Begin
) -> None:
    at = desk(4)
    show(at, step=2, amount="2", address=chain.accounts[4])
    at.connect()
    first = act.read(chain, "lastWrId()")
    press(at, "Continue to sign")
    at.click(SIGN)
    says(at, f"It made request {first};")
    assert "again" not in in_link(at)
    at.page.get_by_role("radio", name="3 Confirm").click()
    says(at, "This was signed and sent.")
    expect(at.button(SIGN)).to_be_hidden()
    press(at, "Sign another one")
    press(at, "Continue to sign")
    on_step(at, 3)
    expect(at.button(SIGN)).to_be_visible()
    assert in_link(at)["again"] == "1"
    assert "tx" not in in_link(at)
    at.click(SIGN)
    says(at, f"It made request {first + 1};")
    at.page.get_by_role("radio", name="1 Amount").click()
    press(at, "Continue to the checks")
    press(at, "Continue to sign")
    on_step(at, 3)
    expect(at.button(SIGN)).to_be_visible()
    assert len(sent(at)) == 2


def test_on_another_chain_the_wallet_is_asked_to_switch_before_it_signs(
    chain: Devnet, desk: Begin
) -> None:
    at = desk(5, chain="0x1")
    show(at, step=3, amount="1", address=chain.accounts[5])
    at.connect()
    at.says("is on chain 1. Needed is Devnet, chain 31337.")
    expect(at.button(SIGN)).to_be_hidden()
    at.click("Switch to Devnet")
    expect(at.button(SIGN)).to_be_visible()
    assert sent(at) == []
    at.page.go_back()  # to before the wish was named: it stays one
    at.seen.settle()
    expect(at.button(SIGN)).to_be_visible()


def test_what_the_checks_find_is_told_with_its_remedy(chain: Devnet, desk: Begin) -> None:
    at = desk()
    poor = "0x" + "ab" * 20
    show(at, step=2, amount="10", address=poor)
    says(at, "aFTMc (ankrFTM) balance is 0, you asked for 10.", "Use another address.")
    holder = chain.accounts[5]
    most_wei = at.node.read(chain.addresses.cert, "balanceOf(address)", holder)
    show(at, step=2, amount="1000000", address=holder)
    says(at, "you asked for 1,000,000", "Lower the amount or use max.")
    at.page.get_by_role("button", name="Use max").click()
    whole, part = divmod(most_wei, FTM)
    most = f"{whole}.{part:018d}".rstrip("0").rstrip(".")
    expect(at.page).to_have_url(re.compile(f"[?&]amount={re.escape(most)}(&|$)"))
    expect(button(at, "Continue to sign")).to_be_visible()


def test_too_little_for_gas_is_told_and_looked_at_again(chain: Devnet, desk: Begin) -> None:
    at = desk()
    holder = chain.accounts[9]
    act.send(
        chain, chain.accounts[5], chain.addresses.cert, "transfer(address,uint256)", holder, FTM
    )
    kept = at.node.balance_wei(holder)
    at.node.call("anvil_setBalance", holder, "0x1")
    try:
        show(at, step=2, amount="0.5", address=holder)
        says(at, "FTM are missing.", "Send that much FTM, and a little more, to the address first.")
    finally:
        at.node.call("anvil_setBalance", holder, hex(kept))
    press(at, "Check again")
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("FTM are missing.")
    says(at, "Gas takes about")


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("0", "The amount is 0: write a number above 0."),
        ("0.1234567890123456789", "The amount has 19 decimals, a token has 18"),
    ],
)
def test_an_amount_that_is_none_is_told_while_it_is_typed(
    desk: Begin, amount: str, told: str
) -> None:
    at = desk()
    show(at, amount="12")
    field(at, "Amount").fill(amount)
    says(at, told)
    expect(button(at, "Continue to the checks")).to_be_hidden()
    expect(field(at, "Amount")).to_have_value(amount)


def test_what_is_typed_while_the_page_draws_is_kept_to_the_last_digit(desk: Begin) -> None:
    at = desk()
    show(at)
    field(at, "Amount").press_sequentially("123.456789", delay=150)
    expect(at.page).to_have_url(re.compile("[?&]amount=123[.]456789(&|$)"))
    says(at, "Read at block")
    expect(field(at, "Amount")).to_have_value("123.456789")
    field(at, "Amount").fill("")
    field(at, "Amount").press_sequentially("1 2", delay=700)  # drawn after each of them
    says(at, "more than one mark or a space between its digits")
    expect(field(at, "Amount")).to_have_value("1 2")


def test_an_amount_of_another_page_does_not_stand_in_the_way(desk: Begin) -> None:
    at = desk()
    at.seen.open(f"{at.url}/outlook?network=devnet&amount=77", "Outlook")
    at.page.get_by_role("link", name="Unstake", exact=True).click()
    at.page.get_by_role("heading", name="Unstake", exact=True).wait_for()
    field(at, "Amount").fill("5")
    says(at, "Read at block")
    at.page.get_by_role("radio", name="aFTMb", exact=True).click()
    expect(at.page).to_have_url(re.compile("[?&]token=aFTMb(&|$)"))
    assert in_link(at)["amount"] == "5"
    assert at.seen.complaints == []


def test_what_was_signed_is_compared_with_what_was_signed_whatever_the_form_says_now(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(2), chain.accounts[2]
    show(at, step=2, token="aFTMb", amount="1.5", address=account)
    at.connect()
    press(at, "Continue to sign")
    at.click(SIGN)
    says(at, "It made request")
    at.page.get_by_role("radio", name="1 Amount").click()
    field(at, "Amount").fill("1.6")
    expect(at.page).to_have_url(re.compile("[?&]amount=1.6(&|$)"))
    at.page.get_by_role("radio", name="2 Check").click()
    says(at, "This link holds the transaction 0x")
    at.page.get_by_role("radio", name="4 In progress").click()
    says(at, "It made request")
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("as was chosen")
