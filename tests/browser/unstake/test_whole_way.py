"""The guided unstake in a real browser, with a wallet, on a real node, up to the money."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from devnet import Devnet, act
from devnet.rpc import calldata
from tests.app import App
from tests.browser.desk import UNSTAKE, Begin
from tests.browser.unstake.steps import FTM, pay_all, synced

pytestmark = [pytest.mark.browser, pytest.mark.node]


@pytest.mark.parametrize(
    ("token", "burn", "account"),
    [("aFTMc (ankrFTM)", "burnCerts(uint256)", 5), ("aFTMb", "burnBonds(uint256)", 2)],
)
def test_the_whole_way_from_an_amount_to_the_money(
    app: App, chain: Devnet, desk: Begin, token: str, burn: str, account: int
) -> None:
    at = desk(account)
    at.show()
    at.page.get_by_role("radio", name=token, exact=True).click()
    at.field("Amount").fill("12.5")
    at.reads("You receive", "Read at block")
    at.press("Continue to the checks")
    at.connect()
    at.reads("An ordinary wallet address", "balance is")
    assert at.in_link()["address"] == chain.accounts[account]
    at.press("Continue to sign")
    at.reads(burn, "12.5 aFTM")
    wr_id = act.read(chain, "lastWrId()")
    at.click(UNSTAKE)
    place = wr_id - act.read(chain, "firstWrId()") + 1
    at.reads(f"Done: request {wr_id} ", f"It stands at place {place:,} of the queue")
    (asked,) = at.sent()
    assert (asked["to"], asked["data"]) == (
        chain.addresses.pool,
        calldata(burn, 12_500_000_000_000_000_000),
    )
    assert at.in_link()["step"] == "4"
    payout_wei = act.pending_wei(chain)[-1]
    before_wei = act.balance_wei(chain, chain.accounts[account])
    pay_all(chain)
    assert act.balance_wei(chain, chain.accounts[account]) == before_wei + payout_wei
    synced(app, chain)
    at.page.reload()
    at.reads(f"Request {wr_id:,} was paid")
    assert len(at.sent()) == 1
    assert at.seen.complaints == []


def test_what_the_checks_find_is_told_with_its_remedy(chain: Devnet, desk: Begin) -> None:
    at = desk()
    poor = "0x" + "ab" * 20
    at.show(step=2, amount="10", address=poor)
    at.reads("This address holds 0 aFTMc (ankrFTM), you entered 10.", "Use another address.")
    holder = chain.accounts[5]
    most_wei = at.node.read(chain.addresses.cert, "balanceOf(address)", holder)
    at.show(step=2, amount="1000000", address=holder)
    at.reads("you entered 1,000,000", "Enter less, or use the whole balance.")
    at.page.get_by_role("button", name="Use the whole balance").click()
    whole, part = divmod(most_wei, FTM)
    most = f"{whole}.{part:018d}".rstrip("0").rstrip(".")
    expect(at.page).to_have_url(re.compile(f"[?&]amount={re.escape(most)}(&|$)"))
    expect(at.main_button("Continue to sign")).to_be_visible()


def test_an_amount_of_another_page_does_not_stand_in_the_way(desk: Begin) -> None:
    at = desk()
    at.seen.open(f"{at.url}/outlook?network=devnet&amount=77", "Outlook")
    at.page.get_by_role("link", name="Unstake", exact=True).click()
    at.page.get_by_role("heading", name="Unstake", exact=True).wait_for()
    at.field("Amount").fill("5")
    at.reads("Read at block")
    at.page.get_by_role("radio", name="aFTMb", exact=True).click()
    expect(at.page).to_have_url(re.compile("[?&]token=aFTMb(&|$)"))
    assert at.in_link()["amount"] == "5"
    assert at.seen.complaints == []


def test_what_was_signed_is_compared_with_what_was_signed_whatever_the_form_says_now(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(2), chain.accounts[2]
    at.show(step=2, token="aFTMb", amount="1.5", address=account)
    at.connect()
    at.press("Continue to sign")
    at.click(UNSTAKE)
    at.reads("Done: request")
    at.page.get_by_role("radio", name="1 Amount").click()
    at.field("Amount").fill("1.6")
    expect(at.page).to_have_url(re.compile("[?&]amount=1.6(&|$)"))
    at.page.get_by_role("radio", name="2 Check").click()
    at.reads("This link holds the transaction 0x")
    at.page.get_by_role("radio", name="4 In progress").click()
    at.reads("Done: request")
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("as was chosen")
