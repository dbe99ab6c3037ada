"""What an amount can be at most, in a real browser and on a real node."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from data.pool.amounts import format_short, format_wei
from devnet import Devnet
from tests.browser.desk import Begin, Desk

pytestmark = [pytest.mark.browser, pytest.mark.node]


def open_max(at: Desk) -> None:
    at.page.get_by_text("Use my whole balance").click()


def test_more_than_all_there_is_leads_nowhere(chain: Devnet, desk: Begin) -> None:
    at = desk()
    contracts = {"aFTMc (ankrFTM)": chain.addresses.cert, "aFTMb": chain.addresses.bond}
    supplies = {
        name: at.node.read(contract, "totalSupply()") // 10**18
        for name, contract in contracts.items()
    }
    at.show(amount=supplies["aFTMc (ankrFTM)"] + 1, address=chain.accounts[2])
    for name, supply in supplies.items():
        more = f"{supply + 1:,} is more than all {name} there are, {supply:,}."
        at.page.get_by_role("radio", name=name, exact=True).click()
        at.field("Amount").fill(str(supply + 1))
        at.reads(more, "nobody holds")
        expect(at.main_button("Continue to the checks")).to_be_hidden()
        at.field("Amount").fill(str(supply))
        expect(at.main_button("Continue to the checks")).to_be_visible()
        at.field("Amount").fill(str(supply + 1))
        at.reads(more)
        at.page.get_by_role("radio", name="2 Check").click()
        at.on_step(2)
        at.reads(more, "Enter less, or use the whole balance.")
        at.page.get_by_role("radio", name="1 Amount").click()


@pytest.mark.parametrize(
    ("token", "name", "width"), [("aFTMc", "aFTMc (ankrFTM)", 1280), ("aFTMb", "aFTMb", 390)]
)
def test_the_most_is_what_the_wallets_account_holds_and_nothing_is_written_unasked(
    chain: Devnet, desk: Begin, token: str, name: str, width: int
) -> None:
    at = desk(2, width)
    holder = chain.accounts[2]
    contract = chain.addresses.cert if token == "aFTMc" else chain.addresses.bond
    most_wei = at.node.read(contract, "balanceOf(address)", holder)
    at.show(token=token)
    open_max(at)
    at.connect()
    held = at.page.get_by_text(f"Holds {format_short(most_wei)} {name} at block")
    expect(held).to_be_visible()
    assert "amount" not in at.in_link()
    assert at.in_link()["address"] == holder
    at.page.get_by_role("button", name=f"Use the whole balance: {format_wei(most_wei)}").click()
    at.reads("You receive", "Read at block")
    expect(at.field("Amount")).to_have_value(format_wei(most_wei))
    assert at.in_link()["amount"] == format_wei(most_wei)
    at.press("Continue to the checks")
    at.reads(f"{name} balance is {format_short(most_wei)}.", "An ordinary wallet address")
    assert at.seen.complaints == []


def test_the_most_of_a_written_address_is_told_beside_any_amount(
    chain: Devnet, desk: Begin
) -> None:
    at = desk()
    at.show(amount="no number")
    open_max(at)
    asked = at.field("Address that holds the tokens")
    asked.fill("0x12")
    asked.press("Enter")
    expect(at.page.get_by_text("is no address")).to_be_visible()
    asked.fill("0x" + "ab" * 20)
    asked.press("Enter")
    expect(at.page.get_by_text("Holds 0 aFTMc (ankrFTM) at block")).to_be_visible()
    expect(at.page.get_by_role("button", name="Use the whole balance")).to_be_hidden()
    asked.fill(chain.accounts[1])
    asked.press("Enter")
    expect(at.page.get_by_role("button", name="Use the whole balance")).to_be_visible()
    assert at.in_link()["amount"] == "no number"


def test_a_node_that_is_silent_tells_of_no_most_and_says_why(
    chain: Devnet, desk: Begin, silent: Callable[[bool], None]
) -> None:
    silent(True)
    at = desk()
    at.show(address=chain.accounts[2])
    open_max(at)
    at.reads("What it holds cannot be told: live data is not available now.")
    at.seen.settle()
    at.page.get_by_text("Why there is no live data").first.click()
    told = at.page.get_by_text("No node was read: no endpoint of devnet answered").first
    expect(told).to_be_visible()
    expect(at.page.get_by_role("button", name="Use the whole balance")).to_be_hidden()
    silent(False)
    at.page.get_by_role("button", name="Ask the node again").click()
    expect(at.page.get_by_text("aFTMc (ankrFTM) at block")).to_be_visible()
