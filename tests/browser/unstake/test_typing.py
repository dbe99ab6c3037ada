"""Typing an amount is one step to go back, however slowly, and is never lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Begin, Desk
from tests.browser.unstake.steps import field, in_link, on_step, says, show

pytestmark = [pytest.mark.browser, pytest.mark.node]


def entries(at: Desk) -> int:
    return int(at.page.evaluate("history.length"))


def test_slow_typing_leaves_no_entry_for_each_pause(desk: Begin) -> None:
    at = desk()
    show(at, since=5, again=1)
    before = entries(at)
    for typed in ("1", "12", "12.", "12.5"):  # drawn after each of them
        field(at, "Amount").press_sequentially(typed[-1])
        expect(at.page).to_have_url(re.compile(f"[?&]amount={re.escape(typed)}(&|$)"))
        at.page.wait_for_timeout(700)
        at.seen.settle()
    assert entries(at) == before
    assert set(in_link(at)) == {"network", "amount"}  # it is another wish now
    field(at, "Amount").fill("13")
    field(at, "Amount").press("Enter")
    says(at, "You receive 12.9")
    assert entries(at) == before
    at.page.get_by_role("radio", name="2 Check").click()
    on_step(at, 2)
    at.page.go_back()
    expect(field(at, "Amount")).to_have_value("13")
    at.page.reload()
    expect(field(at, "Amount")).to_have_value("13")
    field(at, "Amount").fill("")
    expect(at.page).not_to_have_url(re.compile("amount="))
    at.seen.settle()
    at.page.wait_for_timeout(700)
    assert "amount" not in in_link(at)
    assert at.seen.complaints == []


def test_a_reload_right_after_the_last_key_keeps_what_was_typed(desk: Begin) -> None:
    at = desk()
    show(at, amount="7", since=5, again=1)
    field(at, "Amount").fill("7.25")
    at.page.keyboard.press("Tab")
    at.page.reload()
    expect(field(at, "Amount")).to_have_value("7.25")
    assert set(in_link(at)) == {"network", "amount"}
