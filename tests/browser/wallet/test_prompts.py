"""While the wallet asks: clicks, reruns, reloads and page switches send nothing twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import SIGN, Begin, Desk

pytestmark = [pytest.mark.browser, pytest.mark.node]


def prompted(desk: Begin) -> Desk:
    """The wallet's prompt to sign is open."""
    at = desk()
    at.put(holds=["eth_sendTransaction"])
    at.open()
    at.connect()
    at.click(SIGN)
    at.says("Test Wallet asks you to confirm. Nothing is sent until you do.")
    at.until_asked("eth_sendTransaction")
    return at


def test_a_double_click_sends_once(desk: Begin) -> None:
    at = desk()
    at.put(holds=["eth_sendTransaction"])
    at.open()
    at.connect()
    at.button(SIGN).evaluate("button => { button.click(); button.click(); }")
    at.says("Test Wallet asks you to confirm.")
    expect(at.button(SIGN)).to_be_disabled()
    at.button(SIGN).dispatch_event("click")
    at.button(SIGN).press("Enter")
    at.button("Use another wallet").dispatch_event("click")
    at.until_asked("eth_sendTransaction")
    at.tell("release()")
    at.python_says("outcome Signed(")
    assert len(at.asked("eth_sendTransaction")) == 1


def test_a_rerun_during_the_prompt_changes_nothing(desk: Begin) -> None:
    at = prompted(desk)
    before = at.runs()
    at.page.get_by_role("button", name="Run again").click()
    at.python_says(f"run {before + 1}")
    at.says("Test Wallet asks you to confirm.")
    expect(at.button(SIGN)).to_be_disabled()
    at.tell("release()")
    at.python_says("outcome Signed(")
    assert len(at.asked("eth_sendTransaction")) == 1


def test_a_reload_during_the_prompt_asks_what_came_of_it_and_sends_nothing(desk: Begin) -> None:
    at = prompted(desk)
    at.page.reload()
    at.says("Your wallet was asked, and its answer did not reach this page.")
    at.python_says("outcome NotSigned(why='unsettled', since=7)")
    expect(at.button(SIGN)).to_be_hidden()
    assert len(at.asked("eth_sendTransaction")) == 1
    at.click("I did not confirm it")
    at.python_says("outcome None")
    expect(at.button(SIGN)).to_be_visible()
    assert len(at.asked("eth_sendTransaction")) == 1
    at.click(SIGN)
    at.says("Test Wallet asks you to confirm.")
    at.until_asked("eth_sendTransaction", 2)
    at.tell("release()")
    at.python_says("outcome Signed(")
    assert len(at.asked("eth_sendTransaction")) == 2


def test_another_wish_waits_until_the_reader_says_what_became_of_the_one_left_open(
    desk: Begin,
) -> None:
    at = prompted(desk)
    at.open("/?again=1")
    at.says("Your wallet was asked to confirm an earlier request (wish 0), and its")
    expect(at.button(SIGN)).to_be_hidden()
    at.python_says("outcome None")
    at.click("I did not confirm it")
    expect(at.button(SIGN)).to_be_enabled()
    at.tell("holds = []")
    at.click(SIGN)
    at.python_says("outcome Signed(")
    at.open("/?again=0")  # given up, so it can be signed
    expect(at.button(SIGN)).to_be_enabled()
    assert len(at.asked("eth_sendTransaction")) == 2


def test_a_reload_after_signing_knows_the_hash_and_offers_no_second_signing(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    at.connect()
    at.click(SIGN)
    at.python_says("outcome Signed(")
    at.python_says("since=7, earlier=False)")
    text = at.page.get_by_test_id("stText").filter(has_text="outcome").inner_text()
    at.page.reload()
    at.python_says(text.replace("earlier=False", "earlier=True"))
    at.says("Sent as 0x")
    expect(at.button(SIGN)).to_be_hidden()
    assert len(at.asked("eth_sendTransaction")) == 1


def test_a_hash_that_comes_while_another_page_is_shown_is_not_lost(desk: Begin) -> None:
    at = prompted(desk)
    at.page.get_by_role("link", name="Elsewhere").click()
    at.page.get_by_role("heading", name="Elsewhere").wait_for()
    at.seen.settle()
    at.page.go_back()
    at.page.get_by_role("heading", name="Signing").wait_for()
    at.says("Test Wallet asks you to confirm.")
    expect(at.button(SIGN)).to_be_disabled()
    at.page.get_by_role("link", name="Elsewhere").click()
    at.page.get_by_role("heading", name="Elsewhere").wait_for()
    at.seen.settle()
    at.tell("release()")
    at.page.go_back()
    at.python_says("outcome Signed(")
    assert len(at.asked("eth_sendTransaction")) == 1


def test_leaving_the_page_between_the_click_and_the_prompt_sends_nothing(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    at.connect()
    at.tell("holds.push('eth_accounts')")
    at.click(SIGN)
    at.says("Test Wallet asks you to confirm.")
    at.page.get_by_role("link", name="Elsewhere").click()
    at.page.get_by_role("heading", name="Elsewhere").wait_for()
    at.seen.settle()
    at.tell("release()")
    at.page.go_back()
    at.python_says("outcome NotSigned(why='changed'")
    assert at.asked("eth_sendTransaction") == []


def test_it_works_by_keyboard_and_the_focus_never_lands_on_signing_by_itself(desk: Begin) -> None:
    at = desk()
    at.put()
    at.open()
    at.button("Connect Test Wallet").focus()
    at.page.keyboard.press("Enter")
    expect(at.button(SIGN)).to_be_visible()
    expect(at.page.get_by_role("group", name="Wallet")).to_be_focused()
    at.page.keyboard.press("Enter")
    at.page.keyboard.press("Tab")
    expect(at.button(SIGN)).to_be_focused()
    assert at.asked("eth_sendTransaction") == []
    at.page.keyboard.press("Enter")
    at.python_says("outcome Signed(")
    expect(at.page.get_by_role("group", name="Wallet")).to_be_focused()


def test_a_prompt_of_what_was_shown_before_is_named_and_its_answer_is_not_lost(desk: Begin) -> None:
    at = prompted(desk)
    at.page.get_by_role("button", name="Another wish").click()
    at.says("still asks you to confirm an earlier request (wish 0)")
    expect(at.button(SIGN)).to_be_hidden()
    at.tell("release()")
    at.python_says("strayed Strayed(transaction_hash='0x")
    at.python_says("outcome None")
    expect(at.button(SIGN)).to_be_enabled()  # the new wish can be signed, or left
    assert len(at.asked("eth_sendTransaction")) == 1
    at.page.reload()
    at.python_says(f"what='wish 0', sender='{at.accounts[0].lower()}')")
