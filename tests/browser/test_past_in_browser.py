"""Any day of the past in a real browser: the way in, the way on, and the way back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.app import App
from tests.browser.visit import Begin

pytestmark = pytest.mark.browser


def test_a_day_is_chosen_kept_from_page_to_page_and_left(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(app.url, "Unstake queue")
    label = seen.page.locator(".st-key-past-day")
    expect(label).to_have_count(0)
    handle = seen.page.get_by_role("slider", name="Any day of the past")
    handle.focus()
    handle.press("ArrowLeft")
    expect(seen.page).to_have_url(re.compile("at=2025-02-28"))
    expect(label).to_contain_text("As of 28 Feb 2025")
    seen.settle()
    seen.page.go_back()
    expect(label).to_have_count(0)
    seen.settle()
    seen.page.go_forward()
    expect(label).to_contain_text("As of 28 Feb 2025")
    seen.settle()

    seen.page.get_by_role("link", name="Waits").click()
    seen.page.get_by_role("heading", name="Waits", exact=True).wait_for()
    expect(label).to_contain_text("As of 28 Feb 2025")
    expect(seen.page).to_have_url(re.compile("/waits.*at=2025-02-28"))
    seen.settle()

    seen.page.get_by_role("button", name="Back to today").click()
    expect(label).to_have_count(0)
    expect(seen.page).not_to_have_url(re.compile("at="))
    seen.page.go_back()  # leaving was a step of the visitor's
    expect(label).to_contain_text("As of 28 Feb 2025")
    assert seen.complaints == []


def test_after_a_file_was_taken_the_address_still_follows_the_way_back_to_today(
    app: App, visit: Begin
) -> None:
    seen = visit()
    seen.open(f"{app.url}/?network=sample&at=2024-03-05", "Unstake queue")
    with seen.page.expect_download():
        seen.page.get_by_role("link", name="CSV", exact=True).first.click()
    seen.page.get_by_role("button", name="Back to today").click()
    expect(seen.page.locator(".st-key-past-day")).to_have_count(0)
    expect(seen.page).not_to_have_url(re.compile("at="))
    seen.settle()
    # What stands below the notice that went is still bound to the address.
    seen.page.get_by_role("radio", name="35 days", exact=True).first.click()
    expect(seen.page).to_have_url(re.compile("[?&]range="))
    assert "at=" not in seen.page.url
    assert seen.complaints == []


def test_the_queue_of_a_day_fits_each_screen(app: App, visit: Begin) -> None:
    seen = visit()
    for number, day in enumerate(("2022-04-20", "2024-03-01", "2024-11-11")):
        seen.open(f"{app.url}?network=sample&at={day}", "Unstake queue")
        for look in seen.each_look(number):
            seen.settle()
            seen.fits(f"past-{day}", look)
    assert seen.complaints == []
