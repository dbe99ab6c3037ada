"""An unstake whose hash was lost or is another than the wallet said, and one of which nobody knows
whether it was signed: in a real browser, with a wallet, on a real node."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from devnet import Devnet, act
from tests.browser.desk import UNSTAKE, Begin
from tests.browser.unstake.steps import FTM
from tests.live_steps import burning
from tests.live_steps import send as mined

pytestmark = [pytest.mark.browser, pytest.mark.node]

LOST = "Your wallet was asked, and its answer did not reach this page."


def test_one_that_was_dropped_or_sped_up_leads_to_another_wish_or_to_its_new_hash(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(3), chain.accounts[3]
    at.show(step=2, amount="6", address=account)
    at.connect()
    at.press("Continue to sign")
    at.on_step(3)
    at.tell(f"answers.eth_sendTransaction = '{'0x' + '5f' * 32}'")
    at.click(UNSTAKE)
    at.reads("If the wallet says that it was cancelled or dropped, nothing was unstaked:")
    at.press("Back to the checks")
    at.on_step(2)
    expect(at.page).not_to_have_url(re.compile("[?&](tx|since)="))
    at.press("Continue to sign")
    at.on_step(3)
    lost, wr_id = "0x" + "5e" * 32, act.read(chain, "lastWrId()")
    at.tell(f"answers.eth_sendTransaction = '{lost}'")
    at.click(UNSTAKE)
    at.reads("knows this transaction: it may be on its way", "Nor does the chain hold the same")
    assert at.in_link()["tx"] == lost
    tx = mined(chain, burning(chain, "aFTMc", 6 * FTM, account))
    mined(chain, burning(chain, "aFTMc", 7 * FTM, account))  # this one is another
    at.page.reload()
    follow = at.page.get_by_role("button", name="Follow request")
    expect(follow).to_have_count(1)
    follow.click()
    at.reads(f"Done: request {wr_id} ", "It stands at place")
    assert at.in_link()["tx"] == tx
    at.page.get_by_role("radio", name="3 Confirm").click()
    at.reads("This was signed and sent.")
    expect(at.button(UNSTAKE)).to_be_hidden()


def test_a_reload_while_the_wallet_asks_finds_the_unstake_on_the_chain(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(3), chain.accounts[3]
    # One of the same amount was made just before: it is another.
    earlier = mined(chain, burning(chain, "aFTMc", 4 * FTM, account))
    act.advance_time(chain, 1)
    at.show(step=3, amount="4", address=account)
    at.connect()
    at.prompted()
    since = at.in_link()["since"]
    at.page.reload()
    at.says(LOST)
    at.press("Look for it on the chain")
    at.reads(f"The chain holds no such unstake from block {int(since):,} on.")
    at.page.get_by_role("radio", name="2 Check").click()
    at.press("Continue to sign")  # the wish is the same: it is not asked a second time
    at.says(LOST)
    wr_id = act.read(chain, "lastWrId()")
    confirmed = mined(chain, burning(chain, "aFTMc", 4 * FTM, account))
    at.press("Look for it on the chain")
    follow = at.page.get_by_role("button", name="Follow request")
    expect(follow).to_have_count(1)
    expect(follow).to_contain_text(f"Follow request {wr_id} of block")
    follow.click()
    at.reads(f"Done: request {wr_id} ")
    assert at.in_link()["tx"] == confirmed != earlier
    assert len(at.sent()) == 1


@pytest.mark.parametrize("way", ["changed and changed back", "back", "by the navigation"])
def test_a_prompt_without_an_answer_is_remembered_whatever_becomes_of_the_link(
    chain: Devnet, desk: Begin, way: str
) -> None:
    at, account = desk(2), chain.accounts[2]
    at.show(step=2, token="aFTMb", amount="4", address=account)
    at.connect()
    at.page.get_by_role("radio", name="3 Confirm").click()
    at.on_step(3)
    at.prompted()
    since = at.in_link()["since"]
    mined(chain, burning(chain, "aFTMb", 5 * FTM, account))  # the chain goes on
    at.forgotten()
    at.page.reload()
    at.says(LOST)
    if way == "back":
        at.page.go_back()
        at.seen.settle()
        at.page.get_by_role("radio", name="3 Confirm").click()
    elif way == "by the navigation":
        at.page.get_by_role("link", name="Queue", exact=True).click()
        at.page.get_by_role("link", name="Unstake", exact=True).click()
        at.page.get_by_role("heading", name="Unstake", exact=True).wait_for()
        at.seen.settle()
    if way != "back":
        at.page.get_by_role("radio", name="1 Amount").click()
        at.page.get_by_role("radio", name="aFTMb", exact=True).click()
        for amount in ("41", "4"):
            at.field("Amount").fill(amount)
            expect(at.page).to_have_url(re.compile(f"[?&]amount={amount}(&|$)"))
        at.press("Continue to the checks")
        at.on_step(2)
        at.reads("An ordinary wallet address")
        at.press("Continue to sign")
    at.on_step(3)
    at.says(LOST)  # the wish is the same, and no earlier one
    expect(at.button(UNSTAKE)).to_be_hidden()
    assert len(at.sent()) == 1
    at.press("Look for it on the chain")
    at.reads(f"The chain holds no such unstake from block {int(since):,} on.")


def test_what_was_confirmed_late_is_told_of_after_a_reload_too(chain: Devnet, desk: Begin) -> None:
    at, account = desk(3), chain.accounts[3]
    at.show(step=2, amount="4", address=account)
    at.connect()
    at.press("Continue to sign")
    at.on_step(3)
    at.prompted()
    wr_id = act.read(chain, "lastWrId()")
    at.page.get_by_role("radio", name="1 Amount").click()
    at.field("Amount").fill("5")
    expect(at.page).to_have_url(re.compile("[?&]amount=5(&|$)"))
    at.seen.settle()
    at.confirmed()
    at.page.reload()
    at.page.get_by_role("radio", name="2 Check").click()
    at.reads("What you confirmed in the wallet (4 aFTMc (ankrFTM)) was sent as 0x")
    at.press("Follow the one that was sent")
    at.reads(f"Done: request {wr_id} ")
    at.page.get_by_role("radio", name="1 Amount").click()
    at.field("Amount").fill("5")
    at.press("Continue to the checks")
    at.on_step(2)
    expect(at.button("Use another wallet")).to_be_visible()
    at.seen.settle()
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("What you confirmed in the wallet")


def test_a_link_may_say_where_the_search_begins_and_hides_nothing(
    chain: Devnet, desk: Begin
) -> None:
    """An early start is believed, and what is found is only offered, with its block."""
    at, account = desk(4), chain.accounts[4]
    at.show(step=3, amount="9.5", address=account, since="999999999")
    at.connect()
    at.prompted()
    wr_id = act.read(chain, "lastWrId()")
    mined(chain, burning(chain, "aFTMc", 95 * FTM // 10, account))
    at.forgotten()
    at.page.reload()
    at.says(LOST)
    at.press("Look for it on the chain")
    expect(at.page.get_by_role("button", name=f"Follow request {wr_id}")).to_be_visible()
    at.reads("from block")
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("999,999,999")
    at.show(step=3, amount="9.5", address=account, since="1")
    at.press("Look for it on the chain")
    at.reads("All of this amount and address from block 1 on.")
    at.on_step(3)
    assert "tx" not in at.in_link()  # what was found is offered, not taken


def test_a_prompt_that_is_open_while_the_node_falls_silent_is_not_forgotten(
    chain: Devnet, desk: Begin, silent: Callable[[bool], None]
) -> None:
    at, account = desk(3), chain.accounts[3]
    at.show(step=2, amount="8", address=account)
    at.connect()
    at.press("Continue to sign")
    at.on_step(3)
    at.prompted()
    silent(True)
    at.forgotten()
    at.page.reload()
    at.says(LOST)
    at.reads("The checks of step 2 cannot be made: live data is not available now.")
    at.click("I did not confirm it")
    expect(at.button("I did not confirm it")).to_be_hidden()
    expect(at.button(UNSTAKE)).to_be_hidden()  # nothing is signed that was not checked
    at.seen.settle()  # the click's own run has asked the silent node
    silent(False)
    at.press("Check again")
    expect(at.button(UNSTAKE)).to_be_visible()
    assert len(at.sent()) == 1


def test_a_link_to_what_was_signed_says_so_in_another_browser(chain: Devnet, desk: Begin) -> None:
    at, account = desk(5), chain.accounts[5]
    act.advance_time(chain, 1)
    at.show(step=2, token="aFTMb", amount="3.25", address=account)
    at.connect()
    at.press("Continue to sign")
    at.on_step(3)
    link = at.page.url
    wr_id = act.read(chain, "lastWrId()")
    at.click(UNSTAKE)
    at.reads(f"Done: request {wr_id} ")
    at.forgotten()
    other = desk(5)
    other.seen.open(link, "Unstake")
    other.reads("The same unstake was signed before.", f"Follow request {wr_id}")
    other.page.get_by_role("button", name=f"Follow request {wr_id}").click()
    other.reads(f"Done: request {wr_id} ")
