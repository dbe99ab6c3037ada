"""An unstake whose hash was lost or is another than the wallet said, and one of which nobody knows
whether it was signed: in a real browser, with a wallet, on a real node."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from devnet import Devnet, act
from tests.browser.desk import Begin, Desk
from tests.browser.unstake.steps import (
    FTM,
    SIGN,
    field,
    in_link,
    on_step,
    press,
    prompted,
    says,
    sent,
    show,
)
from tests.live_steps import burning
from tests.live_steps import send as mined

pytestmark = [pytest.mark.browser, pytest.mark.node]

LOST = "Your wallet was asked, and its answer did not reach this page."


def forgotten(at: Desk) -> None:
    """What the node told is kept for five seconds."""
    at.page.wait_for_timeout(5_200)


def test_one_that_is_sped_up_in_the_wallet_is_found_under_its_new_hash(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(3), chain.accounts[3]
    show(at, step=2, amount="6", address=account)
    at.connect()
    press(at, "Continue to sign")
    on_step(at, 3)
    lost, wr_id = "0x" + "5e" * 32, act.read(chain, "lastWrId()")
    at.tell(f"answers.eth_sendTransaction = '{lost}'")
    at.click(SIGN)
    says(at, "knows this transaction: it may be on its way", "Nor does the chain hold the same")
    assert in_link(at)["tx"] == lost
    tx = mined(chain, burning(chain, "aFTMc", 6 * FTM, account))
    mined(chain, burning(chain, "aFTMc", 7 * FTM, account))  # this one is another
    at.page.reload()
    follow = at.page.get_by_role("button", name="Follow request")
    expect(follow).to_have_count(1)
    follow.click()
    says(at, f"It made request {wr_id};", "It stands at place")
    assert in_link(at)["tx"] == tx
    at.page.get_by_role("radio", name="3 Confirm").click()
    says(at, "This was signed and sent.")
    expect(at.button(SIGN)).to_be_hidden()


def test_one_that_was_dropped_leads_back_to_a_wish_of_its_own(chain: Devnet, desk: Begin) -> None:
    at = desk(3)
    show(at, step=2, amount="6", address=chain.accounts[3])
    at.connect()
    press(at, "Continue to sign")
    on_step(at, 3)
    at.tell(f"answers.eth_sendTransaction = '{'0x' + '5f' * 32}'")
    at.click(SIGN)
    says(at, "If the wallet says that it was cancelled or dropped, nothing was unstaked:")
    press(at, "Back to the checks")
    on_step(at, 2)
    assert not {"tx", "since"} & set(in_link(at))
    press(at, "Continue to sign")
    on_step(at, 3)
    expect(at.button(SIGN)).to_be_visible()


def test_a_reload_while_the_wallet_asks_finds_the_unstake_on_the_chain(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(3), chain.accounts[3]
    # One of the same amount was made just before: it is another.
    earlier = mined(chain, burning(chain, "aFTMc", 4 * FTM, account))
    act.advance_time(chain, 1)
    show(at, step=3, amount="4", address=account)
    at.connect()
    prompted(at)
    since = in_link(at)["since"]
    at.page.reload()
    at.says(LOST)
    press(at, "Look for it on the chain")
    says(at, f"The chain holds no such unstake from block {int(since):,} on.")
    at.page.get_by_role("radio", name="2 Check").click()
    press(at, "Continue to sign")  # the wish is the same: it is not asked a second time
    at.says(LOST)
    wr_id = act.read(chain, "lastWrId()")
    confirmed = mined(chain, burning(chain, "aFTMc", 4 * FTM, account))
    press(at, "Look for it on the chain")
    follow = at.page.get_by_role("button", name="Follow request")
    expect(follow).to_have_count(1)
    expect(follow).to_contain_text(f"Follow request {wr_id} of block")
    follow.click()
    says(at, f"It made request {wr_id};")
    assert in_link(at)["tx"] == confirmed != earlier
    assert len(sent(at)) == 1


@pytest.mark.parametrize("way", ["changed and changed back", "back", "by the navigation"])
def test_a_prompt_without_an_answer_is_remembered_whatever_becomes_of_the_link(
    chain: Devnet, desk: Begin, way: str
) -> None:
    at, account = desk(2), chain.accounts[2]
    show(at, step=2, token="aFTMb", amount="4", address=account)
    at.connect()
    at.page.get_by_role("radio", name="3 Confirm").click()
    on_step(at, 3)
    prompted(at)
    since = in_link(at)["since"]
    mined(chain, burning(chain, "aFTMb", 5 * FTM, account))  # the chain goes on
    forgotten(at)
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
            field(at, "Amount").fill(amount)
            expect(at.page).to_have_url(re.compile(f"[?&]amount={amount}(&|$)"))
        press(at, "Continue to the checks")
        on_step(at, 2)
        says(at, "The address is a plain account")
        press(at, "Continue to sign")
    on_step(at, 3)
    at.says(LOST)  # the wish is the same, and no earlier one
    expect(at.button(SIGN)).to_be_hidden()
    assert len(sent(at)) == 1
    press(at, "Look for it on the chain")
    says(at, f"The chain holds no such unstake from block {int(since):,} on.")


def test_what_was_confirmed_late_is_told_of_after_a_reload_too(chain: Devnet, desk: Begin) -> None:
    at, account = desk(3), chain.accounts[3]
    show(at, step=2, amount="4", address=account)
    at.connect()
    press(at, "Continue to sign")
    on_step(at, 3)
    prompted(at)
    wr_id = act.read(chain, "lastWrId()")
    at.page.get_by_role("radio", name="1 Amount").click()
    field(at, "Amount").fill("5")
    says(at, "Read at block")
    at.tell("release()")
    at.page.wait_for_function(
        "() => Object.values(JSON.parse(sessionStorage.getItem('wallet wishes')))"
        ".some((wish) => wish.strayed)"
    )
    at.page.reload()
    at.page.get_by_role("radio", name="2 Check").click()
    says(at, "What you confirmed in the wallet (4 aFTMc (ankrFTM)) was sent as 0x")
    press(at, "Follow the one that was sent")
    says(at, f"It made request {wr_id};")
    at.page.get_by_role("radio", name="1 Amount").click()
    field(at, "Amount").fill("5")
    press(at, "Continue to the checks")
    on_step(at, 2)
    expect(at.button("Use another wallet")).to_be_visible()
    at.seen.settle()
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("What you confirmed in the wallet")


def test_a_link_cannot_say_where_the_search_ends(chain: Devnet, desk: Begin) -> None:
    """Its start is believed, and what is found is only offered, with its block."""
    at, account = desk(4), chain.accounts[4]
    mined(chain, burning(chain, "aFTMc", 9 * FTM, account))
    show(at, step=3, amount="9", address=account, since="1")
    at.connect()
    prompted(at)
    at.page.reload()
    press(at, "Look for it on the chain")
    says(at, "All of this amount and address from block 1 on.")
    on_step(at, 3)
    show(at, step=3, amount="9", address=account, since="999999999")
    press(at, "Look for it on the chain")
    expect(at.page.get_by_test_id("stMain")).to_contain_text("from block")
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("999,999,999")
    assert "tx" not in in_link(at)  # the older one is offered, not taken


def test_a_link_that_names_a_block_to_come_hides_nothing(chain: Devnet, desk: Begin) -> None:
    at, account = desk(4), chain.accounts[4]
    show(at, step=3, amount="9.5", address=account, since="999999999")
    at.connect()
    prompted(at)
    wr_id = act.read(chain, "lastWrId()")
    mined(chain, burning(chain, "aFTMc", 95 * FTM // 10, account))
    forgotten(at)
    at.page.reload()
    at.says(LOST)
    press(at, "Look for it on the chain")
    expect(at.page.get_by_role("button", name=f"Follow request {wr_id}")).to_be_visible()


def test_who_comes_for_the_same_again_is_shown_that_it_was_signed_and_may_sign_another(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(4), chain.accounts[4]
    show(at, step=2, amount="2.5", address=account)
    at.connect()
    press(at, "Continue to sign")
    first = act.read(chain, "lastWrId()")
    at.click(SIGN)
    says(at, f"It made request {first};")
    show(at, step=2, amount="2.5", address=account)  # a session that knows of nothing
    press(at, "Continue to sign")
    says(at, "This was signed and sent. Signing anew makes another request.")
    on_step(at, 3)  # it is not taken for what was just signed
    expect(at.button(SIGN)).to_be_hidden()
    press(at, "Sign another one")
    press(at, "Continue to sign")
    on_step(at, 3)
    at.page.reload()
    expect(at.button(SIGN)).to_be_visible()
    at.click(SIGN)
    says(at, f"It made request {first + 1};")
    assert len(sent(at)) == 2


def test_a_prompt_that_is_open_while_the_node_falls_silent_is_not_forgotten(
    chain: Devnet, desk: Begin, silent: Callable[[bool], None]
) -> None:
    at, account = desk(3), chain.accounts[3]
    show(at, step=2, amount="8", address=account)
    at.connect()
    press(at, "Continue to sign")
    on_step(at, 3)
    prompted(at)
    silent(True)
    forgotten(at)
    at.page.reload()
    at.says(LOST)
    says(at, "The checks of step 2 cannot be made now")
    at.click("I did not confirm it")
    expect(at.button("I did not confirm it")).to_be_hidden()
    expect(at.button(SIGN)).to_be_hidden()  # nothing is signed that was not checked
    silent(False)
    press(at, "Check again")
    expect(at.button(SIGN)).to_be_visible()
    assert len(sent(at)) == 1


def test_a_link_to_what_was_signed_says_so_in_another_browser(chain: Devnet, desk: Begin) -> None:
    at, account = desk(5), chain.accounts[5]
    act.advance_time(chain, 1)
    show(at, step=2, token="aFTMb", amount="3.25", address=account)
    at.connect()
    press(at, "Continue to sign")
    on_step(at, 3)
    link = at.page.url
    wr_id = act.read(chain, "lastWrId()")
    at.click(SIGN)
    says(at, f"It made request {wr_id};")
    forgotten(at)
    other = desk(5)
    other.seen.open(link, "Unstake")
    says(other, "The same unstake was signed before.", f"Follow request {wr_id}")
    other.page.get_by_role("button", name=f"Follow request {wr_id}").click()
    says(other, f"It made request {wr_id};")


def test_a_hash_without_what_was_to_be_signed_leads_to_track(desk: Begin) -> None:
    at = desk()
    show(at, step=4, tx="0x" + "12" * 32)
    says(at, "If the wallet's activity shows another hash for it")
    at.page.get_by_role("link", name="Look for it on Track").click()
    at.page.get_by_role("heading", name="Track a request", exact=True).wait_for()
