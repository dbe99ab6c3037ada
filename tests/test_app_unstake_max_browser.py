"""What an amount can be at most, in a real browser and on a real node."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from devnet import Devnet
from tests.unstake_fixture import app, app_node, button, chain, desk, field, says, show
from tests.wallet_fixture import Desk

__all__ = ["app", "app_node", "chain", "desk"]
pytestmark = [pytest.mark.browser, pytest.mark.node]

Begin = Callable[..., Desk]


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
