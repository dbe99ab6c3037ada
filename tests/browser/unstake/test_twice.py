"""What was signed in a tab is not signed there a second time without a word, by whatever way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from devnet import Devnet, act
from tests.browser.desk import UNSTAKE, Begin, Desk
from tests.browser.unstake.steps import FTM

pytestmark = [pytest.mark.browser, pytest.mark.node]

BEFORE = "The same unstake was signed before. Signing makes another request."
SIGNED = "This was signed and sent. Signing anew makes another request."


def signed(at: Desk, chain: Devnet, **fields: object) -> str:
    """Connect, and sign what these fields describe; returns its hash."""
    wr_id = act.read(chain, "lastWrId()")
    at.show(step=2, **fields)
    at.connect()
    at.page.get_by_role("radio", name="3 Confirm").click()
    at.click(UNSTAKE)
    at.reads(f"Done: request {wr_id} ")
    return at.in_link()["tx"]


def turn(at: Desk, network: str) -> None:
    """Show another network."""
    at.page.get_by_role("combobox", name="Network").click()
    at.page.get_by_role("option", name=re.compile(f"^{network}")).click()
    expect(at.page).to_have_url(re.compile(f"[?&]network={network}(&|$)"))
    at.seen.settle()


def test_a_link_that_counts_on_is_warned_of_what_this_tab_signed(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(2), chain.accounts[2]
    wr_id = act.read(chain, "lastWrId()")
    tx = signed(at, chain, amount="1.1", token="aFTMb", address=account)
    # By its hash, or as a request where the page began from a reading that is older than it.
    follow = at.page.get_by_role("button", name=re.compile(f"^Follow ({tx[:6]}|request {wr_id} )"))
    for again in (3, 9999):
        at.show(step=3, amount="1.10", token="aFTMb", address=account, again=again)
        at.reads(BEFORE)
        expect(follow).to_be_visible()
        expect(at.button(UNSTAKE)).to_be_visible()
    at.tell("faults.eth_sendTransaction = { code: 4001, message: 'no' }")
    at.click(UNSTAKE)
    at.says("You declined in the wallet")
    at.page.wait_for_timeout(1_000)
    at.seen.settle()
    at.reads(BEFORE)  # it may be tried again
    at.show(step=3, amount="1.2", token="aFTMb", address=account, again=3)
    expect(at.button(UNSTAKE)).to_be_visible()
    at.seen.settle()
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("signed before")
    assert len(at.sent()) == 2  # the one that was declined, too


def test_who_comes_for_the_same_again_is_told_and_may_sign_another(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(4), chain.accounts[4]
    first = act.read(chain, "lastWrId()")
    signed(at, chain, amount="2", address=account)
    assert "again" not in at.in_link()
    at.page.get_by_role("radio", name="3 Confirm").click()
    at.reads(SIGNED)
    expect(at.button(UNSTAKE)).to_be_hidden()
    at.show(step=2, amount="2", address=account)  # a session that knows of nothing
    at.press("Continue to sign")
    at.reads(SIGNED)
    at.on_step(3)  # it is not taken for what was just signed
    expect(at.button(UNSTAKE)).to_be_hidden()
    at.press("Sign another one")
    at.press("Continue to sign")
    at.on_step(3)
    at.page.reload()
    expect(at.button(UNSTAKE)).to_be_visible()
    assert at.in_link()["again"] == "1"
    assert "tx" not in at.in_link()
    at.click(UNSTAKE)
    at.reads(f"Done: request {first + 1} ")
    at.on_step(4)  # the browser's link knows of it
    at.page.get_by_role("radio", name="1 Amount").click()
    at.press("Continue to the checks")
    at.press("Continue to sign")
    at.on_step(3)
    expect(at.button(UNSTAKE)).to_be_visible()
    assert len(at.sent()) == 2


def test_a_link_without_its_block_is_given_that_of_the_signing(chain: Devnet, desk: Begin) -> None:
    """A transaction that was replaced since is looked for from there, not from today."""
    at, account = desk(4), chain.accounts[4]
    tx = signed(at, chain, amount="1.3", address=account)
    since = at.in_link()["since"]
    act.advance_time(chain, 1)
    act.advance_time(chain, 1)
    at.forgotten()
    at.show(step=3, amount="1.3", address=account)
    at.reads(SIGNED)
    at.press("Follow it")
    at.on_step(4)
    assert (at.in_link()["tx"], at.in_link()["since"]) == (tx, since)


def test_what_was_signed_is_told_although_it_could_not_be_signed_now(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(9), chain.accounts[9]
    transfer = ("transfer(address,uint256)", account, FTM)
    act.send(chain, chain.accounts[5], chain.addresses.cert, *transfer)
    most_wei = at.node.read(chain.addresses.cert, "balanceOf(address)", account)
    whole, part = divmod(most_wei, FTM)
    most = f"{whole}.{part:018d}"
    signed(at, chain, amount=most, address=account)
    at.forgotten()
    at.show(step=3, amount=most, address=account)  # of which nothing is left
    at.reads(SIGNED)
    expect(at.button(UNSTAKE)).to_be_hidden()


def test_what_is_confirmed_while_another_network_is_shown_is_found_back_there(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(5), chain.accounts[5]
    at.show(step=3, amount="1.4", address=account)
    at.connect()
    at.prompted()
    wr_id, since = act.read(chain, "lastWrId()"), at.in_link()["since"]
    turn(at, "sample")
    at.reads("These data are simulated: there is nothing to sign.")
    at.confirmed()
    turn(at, "devnet")
    at.reads(f"Done: request {wr_id} ")
    assert int(at.in_link()["since"]) == int(since)
    assert len(at.sent()) == 1


def test_what_was_confirmed_on_another_step_is_not_called_another_one_where_it_is_shown(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(3), chain.accounts[3]
    at.show(step=3, amount="1.5", address=account)
    at.connect()
    at.prompted()
    at.page.get_by_role("radio", name="1 Amount").click()
    at.reads("You receive")
    at.confirmed()
    at.show(step=3, amount="1.5", address=account)
    at.reads(SIGNED)
    at.seen.settle()
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("It is not what is shown here")
    # On another wish it is told of, whatever address stands there by then.
    at.show(step=2, amount="1.5", address=chain.accounts[4])
    at.reads("What you confirmed in the wallet (1.5 aFTMc (ankrFTM)) was sent as 0x")
    at.press("Follow the one that was sent")
    at.reads("Done: request")
    assert at.in_link()["address"] == account
