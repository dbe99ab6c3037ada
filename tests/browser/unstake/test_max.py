"""What an amount can be at most, in a real browser and on a real node."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from data.pool.amounts import format_short, format_wei
from devnet import Devnet
from tests.browser.desk import Begin

pytestmark = [pytest.mark.browser, pytest.mark.node]


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
    at.page.get_by_text("Use my whole balance").click()
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
