"""What was signed in a tab is not signed there a second time without a word, by whatever way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from devnet import Devnet, act
from tests.browser.desk import Begin, Desk
from tests.browser.unstake.steps import (
    FTM,
    SIGN,
    in_link,
    on_step,
    press,
    prompted,
    says,
    sent,
    show,
)

pytestmark = [pytest.mark.browser, pytest.mark.node]

BEFORE = "The same unstake was signed before. Signing makes another request."
KEPT = 5_200  # ms that what the node told is kept, and a little more
SIGNED = "This was signed and sent. Signing anew makes another request."


def signed(at: Desk, chain: Devnet, **fields: object) -> str:
    """Connect, and sign what these fields describe; returns its hash."""
    wr_id = act.read(chain, "lastWrId()")
    show(at, step=2, **fields)
    at.connect()
    at.page.get_by_role("radio", name="3 Confirm").click()
    at.click(SIGN)
    says(at, f"It made request {wr_id};")
    return in_link(at)["tx"]


def confirmed(at: Desk) -> None:
    """Confirm in the wallet while the page shows another thing."""
    at.tell("release()")
    at.page.wait_for_function(
        "() => Object.values(JSON.parse(sessionStorage.getItem('wallet wishes')))"
        ".some((wish) => wish.strayed)"
    )


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
    tx = signed(at, chain, amount="1.1", token="aFTMb", address=account)
    for again in (3, 9999):
        show(at, step=3, amount="1.10", token="aFTMb", address=account, again=again)
        says(at, BEFORE, f"Follow {tx[:6]}")
        expect(at.button(SIGN)).to_be_visible()
    at.tell("faults.eth_sendTransaction = { code: 4001, message: 'no' }")
    at.click(SIGN)
    at.says("You declined in the wallet")
    at.page.wait_for_timeout(1_000)
    at.seen.settle()
    says(at, BEFORE)  # it may be tried again
    show(at, step=3, amount="1.2", token="aFTMb", address=account, again=3)
    expect(at.button(SIGN)).to_be_visible()
    at.seen.settle()
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("signed before")
    assert len(sent(at)) == 2  # the one that was declined, too


def test_a_link_without_its_block_is_given_that_of_the_signing(chain: Devnet, desk: Begin) -> None:
    """A transaction that was replaced since is looked for from there, not from today."""
    at, account = desk(4), chain.accounts[4]
    tx = signed(at, chain, amount="1.3", address=account)
    since = in_link(at)["since"]
    act.advance_time(chain, 1)
    act.advance_time(chain, 1)
    at.page.wait_for_timeout(KEPT)
    show(at, step=3, amount="1.3", address=account)
    says(at, SIGNED)
    press(at, "Follow it")
    on_step(at, 4)
    assert (in_link(at)["tx"], in_link(at)["since"]) == (tx, since)


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
    at.page.wait_for_timeout(KEPT)
    show(at, step=3, amount=most, address=account)  # of which nothing is left
    says(at, SIGNED)
    expect(at.button(SIGN)).to_be_hidden()


def test_what_is_confirmed_while_another_network_is_shown_is_found_back_there(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(5), chain.accounts[5]
    show(at, step=3, amount="1.4", address=account)
    at.connect()
    prompted(at)
    wr_id, since = act.read(chain, "lastWrId()"), in_link(at)["since"]
    turn(at, "sample")
    says(at, "These data are simulated: there is nothing to sign.")
    confirmed(at)
    turn(at, "devnet")
    says(at, f"It made request {wr_id};")
    assert int(in_link(at)["since"]) == int(since)
    assert len(sent(at)) == 1


def test_what_was_confirmed_on_another_step_is_not_called_another_one_where_it_is_shown(
    chain: Devnet, desk: Begin
) -> None:
    at, account = desk(3), chain.accounts[3]
    show(at, step=3, amount="1.5", address=account)
    at.connect()
    prompted(at)
    at.page.get_by_role("radio", name="1 Amount").click()
    says(at, "You receive")
    confirmed(at)
    show(at, step=3, amount="1.5", address=account)
    says(at, SIGNED)
    at.seen.settle()
    expect(at.page.get_by_test_id("stMain")).not_to_contain_text("It is not what is shown here")
    # On another wish it is told of, whatever address stands there by then.
    show(at, step=2, amount="1.5", address=chain.accounts[4])
    says(at, "What you confirmed in the wallet (1.5 aFTMc (ankrFTM)) was sent as 0x")
    press(at, "Follow the one that was sent")
    says(at, "It made request")
    assert in_link(at)["address"] == account
