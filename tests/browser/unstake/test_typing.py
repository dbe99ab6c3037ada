"""Typing an amount is one step to go back, however slowly, and is never lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Begin, Desk

pytestmark = [pytest.mark.browser, pytest.mark.node]


def entries(at: Desk) -> int:
    return int(at.page.evaluate("history.length"))


def test_typing_is_kept_to_the_last_digit_and_leaves_no_entry_for_each_pause(desk: Begin) -> None:
    at = desk()
    at.show(since=5, again=1)
    at.field("Amount").press_sequentially("12.3456789", delay=150)  # faster than it is drawn
    expect(at.page).to_have_url(re.compile("[?&]amount=12[.]3456789(&|$)"))
    at.reads("Read at block")
    expect(at.field("Amount")).to_have_value("12.3456789")
    at.field("Amount").fill("")
    expect(at.page).not_to_have_url(re.compile("amount="))
    before = entries(at)
    for typed in ("1", "12", "12.", "12.5"):  # drawn after each of them
        at.field("Amount").press_sequentially(typed[-1])
        expect(at.page).to_have_url(re.compile(f"[?&]amount={re.escape(typed)}(&|$)"))
        at.page.wait_for_timeout(700)
        at.seen.settle()
    assert entries(at) == before
    assert set(at.in_link()) == {"network", "amount"}  # it is another wish now
    at.field("Amount").fill("13")
    at.field("Amount").press("Enter")
    at.reads("You receive 12.9")
    assert entries(at) == before
    at.page.get_by_role("radio", name="2 Check").click()
    at.on_step(2)
    at.page.go_back()
    expect(at.field("Amount")).to_have_value("13")
    at.page.reload()
    expect(at.field("Amount")).to_have_value("13")
    at.field("Amount").fill("")
    expect(at.page).not_to_have_url(re.compile("amount="))
    at.seen.settle()
    at.page.wait_for_timeout(700)
    assert "amount" not in at.in_link()
    at.field("Amount").press_sequentially("1 2", delay=700)
    at.reads("more than one mark or a space between its digits")
    expect(at.field("Amount")).to_have_value("1 2")
    assert at.seen.complaints == []


def test_a_reload_right_after_the_last_key_keeps_what_was_typed(desk: Begin) -> None:
    at = desk()
    at.show(amount="7", since=5, again=1)
    at.field("Amount").fill("7.25")
    at.page.keyboard.press("Tab")
    at.page.reload()
    expect(at.field("Amount")).to_have_value("7.25")
    assert set(at.in_link()) == {"network", "amount"}
