"""The wallet's panel in a real browser under the app's own headers, on a real node."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.desk import SIGN, Begin

pytestmark = [pytest.mark.browser, pytest.mark.node]


def test_a_click_signs_and_the_chain_holds_what_was_asked(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    account = at.accounts[0].lower()
    at.python_says("no account")
    first = at.runs()
    at.connect()
    at.python_says(f"account {account}, chain 31337")
    at.python_says("wallet Test Wallet")
    assert at.runs() == first + 1
    at.click(SIGN)
    at.says("Sent as 0x")
    at.python_says("outcome Signed(transaction_hash='0x")
    assert at.runs() == first + 2
    (sent,) = at.asked("eth_sendTransaction")
    assert sent == [
        {
            "from": account,
            "to": "0x" + "c0ffee00" * 5,
            "data": "0xdeadbeef",
            "value": hex(10**15),
            "chainId": "0x7a69",
            "gas": hex(100_000),
        }
    ]
    told = at.page.get_by_test_id("stText").filter(has_text="outcome").inner_text()
    mined = at.node.call("eth_getTransactionByHash", told.split("'")[1])
    assert (mined["from"], mined["to"], mined["input"]) == (account, sent[0]["to"], "0xdeadbeef")
    assert int(mined["value"], 16) == 10**15
    expect(at.button(SIGN)).to_be_hidden()
    assert at.seen.complaints == []
    policy = at.page.request.get(at.url).headers["content-security-policy"]
    assert "script-src 'self' blob:" in policy


def test_a_link_signs_nothing_and_prompts_for_nothing(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    at.connect()
    expect(at.button(SIGN)).to_be_visible()
    at.open("/?again=1")
    expect(at.button(SIGN)).to_be_visible()  # connected before, and so without a prompt
    at.python_says(f"account {at.accounts[0].lower()}")
    assert len(at.asked("eth_requestAccounts")) == 1
    assert at.asked("eth_sendTransaction") == []


def test_declining_is_told_and_can_be_tried_again(desk: Begin) -> None:
    at = desk()
    declined = {"code": 4001, "message": "User rejected the request."}
    at.put(faults={"eth_requestAccounts": declined, "eth_sendTransaction": declined})
    at.open()
    at.click("Connect Test Wallet")
    at.says("You declined in the wallet: it stays unconnected. You can try again.")
    at.python_says("no account")
    at.tell("faults.eth_requestAccounts = null")
    at.connect()
    at.click(SIGN)
    at.says("You declined in the wallet: nothing was signed. You can try again.")
    at.python_says("outcome NotSigned(why='rejected'")
    at.tell("faults.eth_sendTransaction = null")
    at.click(SIGN)
    at.python_says("outcome Signed(")
    assert len(at.asked("eth_sendTransaction")) == 2


def test_a_wallets_fault_is_told_in_words(desk: Begin) -> None:
    pending = {"code": -32002, "message": "Request already pending"}
    locked = {"code": 4100, "message": "Unauthorized"}
    poor = {"code": -32000, "message": "insufficient <b>funds</b>"}
    declined = {"code": -32603, "message": "x", "data": {"originalError": {"code": 4001}}}
    in_words = {"code": -32603, "message": "MetaMask Tx Signature: User denied transaction."}
    as_text = {"code": "ACTION_REJECTED", "message": "x"}
    by_a_node = {"code": -32000, "message": "transaction rejected: nonce too low"}
    maybe = "It may be on its way nevertheless"  # nodes say so too of what took too long
    at = desk()
    at.put()
    at.open()
    at.connect()
    for fault, words, why in (
        (pending, f"answer there, then try again. {maybe}", "unsettled"),
        (locked, "unlock it, allow this page", "locked"),
        (poor, f"it says: insufficient <b>funds</b>. {maybe}", "unsettled"),
        (declined, "You declined in the wallet", "rejected"),
        (in_words, "You declined in the wallet", "rejected"),
        (as_text, "You declined in the wallet", "rejected"),
        (by_a_node, f"nonce too low. {maybe}", "unsettled"),
    ):
        at.tell(f"faults.eth_sendTransaction = {json.dumps(fault)}")
        at.click(SIGN)
        at.says(words)
        at.python_says(f"outcome NotSigned(why='{why}'")
        if why == "unsettled":  # it may have sent it all the same: the reader says that it did not
            expect(at.button(SIGN)).to_be_hidden()
            at.click("I did not confirm it")
        expect(at.button(SIGN)).to_be_enabled()


def test_a_locked_wallet_is_told_and_connects_when_it_is_open(desk: Begin) -> None:
    at = desk()
    at.put(accounts=[])
    at.open()
    at.click("Connect Test Wallet")
    at.says("Test Wallet gave no account: unlock it, allow it for this page, then try again.")
    at.python_says("no account")
    at.tell(f"accounts = ['{at.accounts[2]}']")
    at.connect()
    at.python_says(f"account {at.accounts[2].lower()}")


def test_a_wallet_of_the_old_way_is_found(desk: Begin) -> None:
    at = desk()
    at.put(kind="legacy")
    at.open()
    at.connect("browser wallet")
    at.click(SIGN)
    at.python_says("outcome Signed(")
    at.python_says("wallet browser wallet")


def test_without_a_wallet_it_is_said_and_a_new_one_is_found(desk: Begin) -> None:
    at = desk()
    at.put(kind="absent")
    at.open()
    at.says("No wallet found in this browser.")
    at.python_says("no account")
    assert at.runs() == 1
    at.click("Look again")
    at.says("Looking for a wallet")
    at.says("No wallet found in this browser.")
    at.tell("install()")
    at.connect()
    at.python_says(f"account {at.accounts[0].lower()}")


def test_of_two_wallets_one_is_chosen_and_can_be_left_for_the_other(desk: Begin) -> None:
    at = desk()
    at.put(name="First", rdns="org.example.first")
    at.put(name="Second", rdns="org.example.second", accounts=at.accounts[1:2])
    at.open()
    at.connect("First")
    at.python_says(f"account {at.accounts[0].lower()}, chain 31337")
    at.click("Use another wallet")
    at.python_says("no account")
    at.connect("Second")
    at.python_says(f"account {at.accounts[1].lower()}, chain 31337")
    before = at.runs()
    at.tell("turn('0x1')")  # the one that was left
    at.tell(f"choose(['{at.accounts[5]}'])")
    at.click(SIGN)
    at.python_says("outcome Signed(")
    at.python_says(f"account {at.accounts[1].lower()}, chain 31337")
    assert at.runs() == before + 1
    assert at.asked("eth_sendTransaction", "First") == []
    assert at.asked("eth_sendTransaction", "Second")[0][0]["from"] == at.accounts[1].lower()
    at.page.reload()
    at.python_says(f"account {at.accounts[1].lower()}, chain 31337")
    at.python_says("wallet Second")


def test_a_wallet_that_announces_itself_again_has_one_button_and_its_newest_answers(
    desk: Begin,
) -> None:
    at = desk()
    for number in range(10):
        at.put(accounts=at.accounts[number : number + 1], uuid=f"{number}")
    at.open()
    buttons = at.page.get_by_role("group", name="Wallet").get_by_role("button")
    expect(buttons).to_have_count(1)
    at.connect()
    at.python_says(f"account {at.accounts[9].lower()}")


def test_two_wallets_of_one_name_are_told_apart(desk: Begin) -> None:
    at = desk()
    at.put(rdns="org.example.one")
    at.put(rdns="org.example.two", accounts=at.accounts[3:4])
    at.open()
    at.connect("Test Wallet (org.example.two)")
    at.python_says(f"account {at.accounts[3].lower()}")
