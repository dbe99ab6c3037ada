"""Charts tell days in UTC, as the text beside them does, wherever the reader is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator

from tests.app import App
from tests.browser.visit import Begin, Visit

pytestmark = pytest.mark.browser

MARK = ".mark-rect.role-mark path"
DAY = re.compile(r"\d{1,2} [A-Z][a-z]{2} 20\d\d")
STEPS = "/explore?network=sample&query=queue_depth&since=2025-02-01&until=2025-02-03&step=day"
PAGES = {
    "/?network=sample": "Unstake queue",
    "/unstake?network=sample&amount=100": "Unstake",
    "/track?network=sample&find=2210": "Track a request",
    "/outlook?network=sample&amount=10": "Outlook",
    STEPS: "Explore",
}


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_charts_tell_the_same_days_as_the_text(app: App, visit: Begin, zone: str) -> None:
    """Days and times are those of UTC in labels and tooltips; of a window, those of the text."""
    abroad = visit()
    # Not in a context of its own, which would load and compile the app anew.
    tools = abroad.page.context.new_cdp_session(abroad.page)
    tools.send("Emulation.setTimezoneOverride", {"timezoneId": zone})
    assert abroad.page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == zone
    for link, heading in PAGES.items():
        abroad.open(app.url + link, heading)
        charts = abroad.page.locator("[data-testid=stVegaLiteChart]")
        for label in charts.locator("[aria-label]").evaluate_all(
            "all => all.map(one => one.getAttribute('aria-label'))"
        ):
            assert not re.search(r"\d\d:\d\d:\d\d|GMT|[A-Z][a-z]{2} \d\d, 20\d\d", label), label
        if heading in ("Track a request", "Outlook"):
            _window_is_told_as_in_the_text(abroad, charts.first)
        if heading == "Outlook":
            # The store's last block is of midnight in UTC.
            assert "1 Mar 2025" in _tooltip(abroad, charts.nth(2).locator(MARK).first)
        elif link == STEPS:
            assert "1 Feb 2025, 00:00" in _tooltip(abroad, charts.locator(MARK).first)


def _window_is_told_as_in_the_text(abroad: Visit, chart: Locator) -> None:
    even = re.search(rf"50 % (?:chance )?by ({DAY.pattern})", abroad.text())
    assert even is not None
    mark = chart.locator(MARK).last
    tooltip = _tooltip(abroad, mark)
    assert f"by {even[1]}" in tooltip
    assert ("after 29 Jun 2025" in tooltip) == ("outlook" in abroad.page.url)
    label = mark.get_attribute("aria-label")
    assert label is not None
    assert f"50 % chance: by {even[1]}" in label
    assert set(DAY.findall(tooltip)) == set(DAY.findall(label))


def _tooltip(visit: Visit, mark: Locator) -> str:
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    tooltip = visit.page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    return tooltip.inner_text()
