"""Charts tell days in UTC, as the text beside them does, wherever the reader is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator

from tests.app import App
from tests.browser.visit import Visit, watched

pytestmark = pytest.mark.browser

DAY = re.compile(r"\d{1,2} [A-Z][a-z]{2} 20\d\d")
PAGES = {
    "/?network=sample": "Unstake queue",
    "/outlook?network=sample": "Outlook",
    "/track?network=sample&find=2210": "Track a request",
    "/unstake?network=sample&amount=100": "Unstake",
    "/explore?network=sample&query=queue_depth&since=2025-02-01": "Explore",
}


@pytest.fixture
def abroad(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, timezone_id=request.param, locale="en-GB"
    )
    context.set_default_timeout(30_000)
    yield watched(context.new_page())
    context.close()


@pytest.mark.parametrize("abroad", ["America/Los_Angeles", "Pacific/Auckland"], indirect=True)
def test_charts_tell_the_same_days_as_the_text(app: App, abroad: Visit) -> None:
    """The days of a window in its tooltip and its aria-label are those of the text."""
    for link, heading in PAGES.items():
        abroad.open(app.url + link, heading)
        for chart in abroad.page.locator("[data-testid=stVegaLiteChart]").all():
            for label in chart.locator("[aria-label]").evaluate_all(
                "all => all.map(one => one.getAttribute('aria-label'))"
            ):
                assert not re.search(r"\d\d:\d\d:\d\d|GMT|[A-Z][a-z]{2} \d\d, 20\d\d", label), label
    windows = {"/outlook?network=sample&amount=10": "Outlook"}
    windows["/track?network=sample&find=2210"] = "Track a request"
    for link, heading in windows.items():
        abroad.open(app.url + link, heading)
        chart = abroad.page.locator("[data-testid=stVegaLiteChart]").first
        words = abroad.text()
        even = re.search(rf"50 % (?:chance )?by ({DAY.pattern})", words)
        assert even is not None
        tooltip = _tooltip(abroad, chart.locator(".mark-rect.role-mark path").last)
        assert f"by {even[1]}" in tooltip
        assert ("after 29 Jun 2025" in tooltip) == ("outlook" in link)
        label = chart.locator(".mark-rect.role-mark path").last.get_attribute("aria-label")
        assert label is not None
        assert f"50 % chance: by {even[1]}" in label
        assert set(DAY.findall(tooltip)) == set(DAY.findall(label))


@pytest.mark.parametrize("abroad", ["America/Los_Angeles", "Pacific/Auckland"], indirect=True)
def test_a_step_of_a_chart_is_told_in_utc(app: App, abroad: Visit) -> None:
    link = "/explore?network=sample&query=queue_depth&since=2025-02-01&until=2025-02-03&step=day"
    abroad.open(app.url + link, "Explore")
    chart = abroad.page.locator("[data-testid=stVegaLiteChart]").first
    assert "1 Feb 2025, 00:00" in _tooltip(abroad, chart.locator(".mark-rect.role-mark path").first)
    abroad.open(f"{app.url}/outlook?network=sample", "Outlook")
    fan = abroad.page.locator("[data-testid=stVegaLiteChart]").nth(2)
    # The store's last block is of midnight in UTC.
    assert "1 Mar 2025" in _tooltip(abroad, fan.locator(".mark-rect.role-mark path").first)


def _tooltip(visit: Visit, mark: Locator) -> str:
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    tooltip = visit.page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    return tooltip.inner_text()
