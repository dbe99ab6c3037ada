"""What a phone has room for: the answer high on its screen, and nothing to be pushed sideways."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.app import App, edited, of_network
from tests.browser.visit import Begin, Visit

pytestmark = pytest.mark.browser

TITLES = {"/": "Unstake queue", "/track": "Track a request", "/unstake": "Unstake"}


def phone(visit: Begin) -> Visit:
    seen = visit(390)
    seen.page.set_viewport_size({"width": 390, "height": 844})
    return seen


def top_of(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["y"]


def test_the_title_stands_in_the_first_120_pixels_and_nothing_is_missing_above_it(
    app: App, visit: Begin
) -> None:
    seen = phone(visit)
    for link, title in TITLES.items():
        seen.open(f"{app.url}{link}?network=sample", title)
        heading = seen.page.get_by_role("heading", name=title, exact=True)
        assert top_of(heading) < 120, link
        for shown in (
            seen.page.get_by_role("button", name="Copy link"),
            seen.page.get_by_text("Simulated data", exact=True),
            seen.page.get_by_text("Example data, not real"),
            seen.page.get_by_label("Network", exact=True),
        ):
            expect(shown).to_be_visible()
            assert top_of(shown) < top_of(heading), link
    seen.page.get_by_label("Network", exact=True).click()
    seen.page.get_by_role("option", name="fantom-testnet", exact=True).click()
    seen.page.get_by_text("Test chain", exact=True).wait_for()
    seen.settle()
    seen.page.get_by_role("button", name="Expand sidebar").click()
    seen.page.get_by_role("link", name="Waits", exact=True).click()
    seen.page.get_by_role("heading", name="Waits", exact=True).wait_for()
    # The menu has closed by itself, which the browser remembers.
    expect(seen.page.get_by_role("button", name="Expand sidebar")).to_be_visible()
    assert seen.complaints == []


def test_the_way_to_what_was_synced_stands_above_the_title_too(app: App, visit: Begin) -> None:
    edited(app.store("sample"), app.store("fantom"), of_network("fantom", "5 minutes"))
    try:
        seen = phone(visit)
        seen.open(f"{app.url}/track?network=sample", "Track a request")
        heading = seen.page.get_by_role("heading", name="Track a request", exact=True)
        button = seen.page.get_by_role("button", name="Show fantom")
        assert top_of(button) < top_of(heading) < 130
        button.click()
        seen.page.get_by_text("fantom, chain 250").wait_for()
    finally:
        app.store("fantom").unlink()


def test_all_columns_of_the_half_years_are_on_the_screen(app: App, visit: Begin) -> None:
    seen = phone(visit)
    seen.open(f"{app.url}/waits?network=sample", "Waits")
    table = seen.page.get_by_test_id("stTable")
    expect(table.get_by_role("columnheader", name="Waiting")).to_be_visible()
    pushed = table.evaluate(
        "(table) => [...table.querySelectorAll('*')].filter((e) => e.scrollWidth > 358).length"
    )
    assert pushed == 0
    seen.screenshot("waits-half-years")


def test_a_chance_in_the_heat_map_is_told_in_words(app: App, visit: Begin) -> None:
    seen = phone(visit)
    seen.open(f"{app.url}/outlook?network=sample&amount=100000", "Outlook")
    heat = seen.page.get_by_test_id("stVegaLiteChart").filter(has_text="under").first
    cells = heat.locator("g.mark-text.role-mark text").all_text_contents()
    assert len(cells) > 20
    assert "under1 %" in cells, "in two lines"
    assert all(re.fullmatch(r"(under|over)?\d+ %", cell) for cell in cells), cells


def test_four_facts_stand_in_one_row_or_in_two_or_below_each_other(app: App, visit: Begin) -> None:
    seen = phone(visit)
    seen.open(f"{app.url}/status?network=sample", "Status")
    tiles = seen.page.get_by_test_id("stMetric")
    in_rows = {}
    for width in (280, 390, 800, 1_000, 1_100, 1_280, 1_900):
        seen.page.set_viewport_size({"width": width, "height": 844})
        tops = [round(top_of(tile)) for tile in tiles.all()]
        in_rows[width] = [tops.count(top) for top in sorted(set(tops))]
    assert in_rows == {
        280: [1, 1, 1, 1],
        390: [2, 2],
        800: [2, 2],
        1_000: [2, 2],
        1_100: [4],
        1_280: [4],
        1_900: [4],
    }
