"""What an amount can be at most, in a real browser and on a real node."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from data.pool.amounts import format_short, format_wei
from devnet import Devnet
from tests.browser.desk import Begin, Desk
from tests.browser.unstake.steps import button, field, in_link, press, says, show

pytestmark = [pytest.mark.browser, pytest.mark.node]


def open_max(at: Desk) -> None:
    at.page.get_by_text("Max: all that an address holds").click()


@pytest.mark.parametrize(("token", "name"), [("aFTMc", "aFTMc (ankrFTM)"), ("aFTMb", "aFTMb")])
def test_more_than_all_there_is_leads_nowhere(
    chain: Devnet, desk: Begin, token: str, name: str
) -> None:
    at = desk()
    contract = chain.addresses.cert if token == "aFTMc" else chain.addresses.bond
    supply = at.node.read(contract, "totalSupply()") // 10**18
    show(at, token=token, amount=supply + 1)
    says(at, f"{supply + 1:,} is more than all {name} there are, {supply:,}.", "nobody holds")
    expect(button(at, "Continue to the checks")).to_be_hidden()
    field(at, "Amount").fill(str(supply))
    expect(button(at, "Continue to the checks")).to_be_visible()
    show(at, step=2, token=token, amount=supply + 1, address=chain.accounts[2])
    says(at, f"is more than all {name} there are", "Lower the amount or use max.")


@pytest.mark.parametrize(("token", "name"), [("aFTMc", "aFTMc (ankrFTM)"), ("aFTMb", "aFTMb")])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_most_is_what_the_wallets_account_holds_and_nothing_is_written_unasked(
    chain: Devnet, desk: Begin, token: str, name: str, width: int
) -> None:
    at = desk(2, width)
    holder = chain.accounts[2]
    contract = chain.addresses.cert if token == "aFTMc" else chain.addresses.bond
    most_wei = at.node.read(contract, "balanceOf(address)", holder)
    show(at, token=token)
    open_max(at)
    at.connect()
    held = at.page.get_by_text(f"Holds {format_short(most_wei)} {name} at block")
    expect(held).to_be_visible()
    assert "amount" not in in_link(at)
    assert in_link(at)["address"] == holder
    at.page.get_by_role("button", name=f"Use max: {format_wei(most_wei)}").click()
    says(at, "You receive", "Read at block")
    expect(field(at, "Amount")).to_have_value(format_wei(most_wei))
    assert in_link(at)["amount"] == format_wei(most_wei)
    press(at, "Continue to the checks")
    says(at, f"{name} balance is {format_short(most_wei)}.", "The address is a plain account")
    assert at.seen.complaints == []


def test_the_most_of_a_written_address_is_told_beside_any_amount(
    chain: Devnet, desk: Begin
) -> None:
    at = desk()
    show(at, amount="no number")
    open_max(at)
    asked = field(at, "Address that holds the tokens")
    asked.fill("0x12")
    asked.press("Enter")
    expect(at.page.get_by_text("is no address")).to_be_visible()
    asked.fill("0x" + "ab" * 20)
    asked.press("Enter")
    expect(at.page.get_by_text("Holds 0 aFTMc (ankrFTM) at block")).to_be_visible()
    expect(at.page.get_by_role("button", name="Use max")).to_be_hidden()
    asked.fill(chain.accounts[1])
    asked.press("Enter")
    expect(at.page.get_by_role("button", name="Use max")).to_be_visible()
    assert in_link(at)["amount"] == "no number"


def test_a_node_that_is_silent_tells_of_no_most_and_says_why(
    chain: Devnet, desk: Begin, silent: Callable[[bool], None]
) -> None:
    silent(True)
    at = desk()
    show(at, address=chain.accounts[2])
    open_max(at)
    told = at.page.get_by_text("What it holds cannot be told: no endpoint of devnet answered")
    expect(told).to_be_visible()
    expect(at.page.get_by_role("button", name="Use max")).to_be_hidden()
    silent(False)
    at.page.get_by_role("button", name="Ask the node again").click()
    expect(at.page.get_by_text("aFTMc (ankrFTM) at block")).to_be_visible()
