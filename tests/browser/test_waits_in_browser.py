"""The Waits page in a real browser: its curves can be read, and a range comes along."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.app import App
from tests.browser.visit import Begin

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_the_curves_are_read_beside_their_names(app: App, visit: Begin, width: int) -> None:
    seen = visit(width)
    seen.open(f"{app.url}/waits?days=90", "Waits")
    chart = seen.page.locator("[data-testid=stVegaLiteChart]")
    chart.scroll_into_view_if_needed()
    box = chart.locator("svg").first.bounding_box()
    assert box is not None
    for step in range(3):
        seen.page.mouse.move(box["x"] + box["width"] * 0.5 + step, box["y"] + 200)
    expect(chart.locator("g.mark-rule.role-mark line[opacity='1']")).to_have_count(1)
    readout = chart.locator("g.mark-text.role-mark text[opacity='1']")
    expect(readout).to_have_count(5)
    assert re.fullmatch(r"After 4\d d", readout.all_text_contents()[0])
    *most, largest = readout.all_text_contents()[1:]
    assert all(re.fullmatch(r"\d+ %", text) for text in most[:2])
    assert largest == "too few (3)"  # they are no curve
    seen.screenshot(f"waits-cursor-{width}")
    assert seen.complaints == []


def test_a_range_chosen_on_the_queue_page_comes_along(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(app.url, "Unstake queue")
    seen.page.get_by_role("radio", name="35 days").click()
    expect(seen.page).to_have_url(re.compile("range=35"))
    seen.settle()
    seen.page.get_by_role("link", name="Waits").click()
    seen.page.get_by_role("heading", name="Waits", exact=True).wait_for()
    seen.settle()
    assert "Requests made from 26 Jan 2025 to 1 Mar 2025." in seen.text()
    assert "range=35" in seen.page.url
    assert seen.notices() == []
