"""Explore in the browser: a chart that goes along in a link, and what the browser remembers."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.app import App
from tests.browser.visit import Begin, Visit

pytestmark = pytest.mark.browser


def _explore(seen: Visit, app: App, **link: str) -> Page:
    query = urlencode({"network": "sample"} | link)
    seen.open(f"{app.url}/explore?{query}", "Explore")
    return seen.page


def test_a_chosen_chart_is_the_same_in_another_browser_and_stays_on_its_page(
    app: App, visit: Begin
) -> None:
    seen = visit()
    page = _explore(seen, app, query="daily_flows", since="2025-01-01")
    page.get_by_role("combobox", name="Drawn").click()
    page.get_by_role("option", name="paid_ftm", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Chart").click()
    page.get_by_role("radio", name="bars").click()
    expect(page).to_have_url(re.compile("chart=bars"))
    seen.settle()
    chosen = parse_qs(urlsplit(page.url).query)
    assert len(chosen["draw"]) == 2
    legend = page.get_by_test_id("stVegaLiteChart").locator(".mark-group.role-legend text")
    shown = legend.all_text_contents()
    assert set(chosen["draw"]) <= set(shown)

    again = visit()
    again.open(page.url, "Explore")
    other = again.page.get_by_test_id("stVegaLiteChart")
    assert other.locator(".mark-group.role-legend text").all_text_contents() == shown
    assert other.locator(".mark-rect.role-mark path").count() > 20
    assert again.notices() == seen.notices()
    again.page.get_by_role("link", name="Status", exact=True).click()
    again.page.get_by_role("heading", name="Status", exact=True).wait_for()
    again.settle()
    assert not any("does not know" in notice for notice in again.notices())
    assert "draw" not in again.page.url
    assert seen.complaints == again.complaints == []
