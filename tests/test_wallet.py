"""The wallet's panel in a real browser under the app's own headers, on a real node."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.wallet_fixture import SIGN, Desk, app, desk, node

__all__ = ["app", "desk", "node"]
pytestmark = [pytest.mark.browser, pytest.mark.node]

Begin = Callable[..., Desk]


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
    at.python_says("outcome Signed(intent='a1', transaction_hash='0x")
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
    mined = at.node.call("eth_getTransactionByHash", told.split("'")[3])
    assert (mined["from"], mined["to"], mined["input"]) == (account, sent[0]["to"], "0xdeadbeef")
    assert int(mined["value"], 16) == 10**15
    expect(at.button(SIGN)).to_be_hidden()
    assert at.seen.complaints == []
    policy = at.page.request.get(at.url).headers["content-security-policy"]
    assert "script-src 'self' blob:" in policy
