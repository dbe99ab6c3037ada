"""The wallet's network and account: what is wrong, what changes, and the button that mends it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import SIGN, Begin

pytestmark = [pytest.mark.browser, pytest.mark.node]


def test_a_wallet_on_another_network_is_switched_by_one_button(desk: Begin) -> None:
    at = desk()
    at.put(chain="0x1")
    at.open()
    at.connect()
    at.says("Test Wallet is on chain 1. Needed is Devnet, chain 31337.")
    at.python_says("chain 1")
    expect(at.button(SIGN)).to_be_hidden()
    at.click("Switch to Devnet")
    expect(at.button(SIGN)).to_be_visible()
    at.python_says("chain 31337")
    assert at.asked("wallet_addEthereumChain") == []
    assert at.asked("wallet_switchEthereumChain") == [[{"chainId": "0x7a69"}]]


@pytest.mark.parametrize(
    "unknown",
    [
        None,
        {"code": -32603, "message": "", "data": {"originalError": {"code": 4902}}},
        {"code": -32601, "message": "The method does not exist"},
    ],
)
def test_a_network_the_wallet_does_not_know_is_added(desk: Begin, unknown: object) -> None:
    at = desk()
    at.put(chain="0x1", knows=["0x1"], faults={"wallet_switchEthereumChain": unknown})
    at.open()
    at.connect()
    if unknown:
        at.tell("holds.push('wallet_addEthereumChain')")
    at.click("Switch to Devnet")
    if unknown:
        at.says("Test Wallet asks you to switch the network.")
        at.tell("faults.wallet_switchEthereumChain = null")
        at.tell("release()")
    at.python_says("chain 31337")
    ((added,),) = at.asked("wallet_addEthereumChain")
    assert added == {
        "chainId": "0x7a69",
        "chainName": "Devnet",
        "nativeCurrency": {"name": "FTM", "symbol": "FTM", "decimals": 18},
        "rpcUrls": [at.node.url],
    }
    at.click(SIGN)
    at.python_says("outcome Signed(")


def test_a_wallet_that_neither_switches_nor_adds_is_told_what_to_do_by_hand(desk: Begin) -> None:
    at = desk()
    broken = {"code": 4200, "message": "unsupported"}
    faults = dict.fromkeys(("wallet_switchEthereumChain", "wallet_addEthereumChain"), broken)
    at.put(chain="0x1", faults=faults)
    at.open()
    at.connect()
    at.click("Switch to Devnet")
    at.says(f"Add Devnet in its settings: chain 31337, {at.node.url}. Then switch to it there.")
    for declined in ("Cancelled by User", "User rejected the request.", "rejected"):
        at.tell(f"faults.wallet_addEthereumChain = {{ code: -32603, message: '{declined}' }}")
        at.click("Switch to Devnet")
        at.says("You declined in the wallet: the network stays as it was.")
        at.tell("faults.wallet_addEthereumChain = { code: 4200, message: 'unsupported' }")
        at.click("Switch to Devnet")
        at.says("Add Devnet in its settings")


def test_an_account_that_is_not_the_first_signs_and_one_that_is_not_allowed_is_asked_for(
    desk: Begin,
) -> None:
    at = desk()
    first, second = (account.lower() for account in at.accounts[:2])
    at.put(accounts=[first])
    at.open(f"/?again=0&from={second}")
    at.connect()
    at.says("which the wallet does not let this page use yet.")
    expect(at.button(SIGN)).to_be_hidden()
    use = f"Use {second[:6]}…{second[-4:]}"
    at.tell("faults.wallet_requestPermissions = { code: 4001, message: 'no' }")
    at.click(use)
    at.says("You declined in the wallet: the account stays as it was.")
    at.tell("faults.wallet_requestPermissions = { code: -32601, message: 'no such method' }")
    at.click(use)
    at.says("choose it there.")
    at.tell("faults = {}; window.fakes[0].answers.wallet_requestPermissions = []")
    at.tell(f"accounts = ['{first}', '{second}']")
    at.click(use)
    at.python_says(f"account {second}, chain 31337")
    assert at.asked("wallet_requestPermissions")[-1] == [{"eth_accounts": {}}]
    at.click(SIGN)
    at.python_says("outcome Signed(")
    assert at.asked("eth_sendTransaction")[0][0]["from"] == second


def test_declining_to_switch_is_told_and_a_switch_by_hand_is_seen(desk: Begin) -> None:
    at = desk()
    declined = {"code": 4001, "message": "no"}
    at.put(chain="0x1", faults={"wallet_switchEthereumChain": declined})
    at.open()
    at.connect()
    at.click("Switch to Devnet")
    at.says("You declined in the wallet: the network stays as it was.")
    at.tell("holds.push('wallet_switchEthereumChain')")
    at.click("Switch to Devnet")
    at.says("asks you to switch the network")
    at.tell("turn('0x7a69')")  # though the request itself is never answered
    expect(at.button(SIGN)).to_be_enabled()
    at.python_says("chain 31337")


def test_another_account_or_network_is_seen_at_once(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    at.connect()
    at.tell(f"choose(['{at.accounts[4]}'])")
    at.python_says(f"account {at.accounts[4].lower()}, chain 31337")
    at.tell("turn('0xfa')")
    at.says("Test Wallet is on chain 250.")
    at.python_says(f"account {at.accounts[4].lower()}, chain 250")
    expect(at.button(SIGN)).to_be_hidden()
    at.tell("turn('0x7a69')")
    expect(at.button(SIGN)).to_be_visible()
    at.tell("choose([])")
    at.says("Test Wallet was locked, or disconnected from this page.")
    at.python_says("no account")
    at.tell(f"choose(['{at.accounts[0]}'])")
    at.python_says(f"account {at.accounts[0].lower()}, chain 31337")
    at.click(SIGN)
    at.python_says("outcome Signed(")
    assert at.asked("eth_sendTransaction")[0][0]["from"] == at.accounts[0].lower()


@pytest.mark.parametrize("change", ["chain = '0x1'", "accounts = ['0x' + '11'.repeat(20)]"])
def test_a_change_without_an_event_is_caught_at_the_click(desk: Begin, change: str) -> None:
    at = desk()
    at.put(silent=True)
    at.open(f"/?again=0&from={at.accounts[0].lower()}")
    at.connect()
    expect(at.button(SIGN)).to_be_visible()
    at.tell(change)
    at.click(SIGN)
    at.says("changed before the wallet was asked: nothing was signed")
    at.python_says("outcome NotSigned(why='changed'")
    assert at.asked("eth_sendTransaction") == []
