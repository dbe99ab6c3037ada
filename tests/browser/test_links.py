"""A view is a link: what stands in the URL, what a link shows, and what it says of a bad one."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from tests.app import App, served
from tests.browser.visit import Begin, Visit

pytestmark = pytest.mark.browser


def parameters(seen: Visit) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(seen.page.url).query))


def go(seen: Visit, page: str, heading: str) -> None:
    seen.page.get_by_role("link", name=page, exact=True).click()
    seen.page.get_by_role("heading", name=heading, exact=True).wait_for()
    seen.settle()


def back_to(seen: Visit, url: str) -> None:
    """Browser back, once or twice: on a slow machine Streamlit keeps a page's URL in the history
    from before the network stood in it, too. The app mends it there, and the next press goes on.
    """
    for _ in range(2):
        seen.page.go_back()
        expect(seen.page).to_have_url(re.compile("[?]network="))
        if seen.page.url == url:
            return


def test_the_network_stands_in_the_url_from_page_to_page_and_back(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(app.url, "Unstake queue")
    expect(seen.page).to_have_url(f"{app.url}/?network=sample")
    go(seen, "Status", "Status")
    expect(seen.page).to_have_url(f"{app.url}/status?network=sample")
    seen.page.get_by_label("Network").click()
    seen.page.get_by_role("option", name="fantom-testnet").click()
    expect(seen.page).to_have_url(f"{app.url}/status?network=fantom-testnet")
    go(seen, "Queue", "Unstake queue")
    expect(seen.page).to_have_url(f"{app.url}/?network=fantom-testnet")
    assert "worth nothing" in seen.text()
    for path, heading, label in (
        ("/status?network=fantom-testnet", "Status", "Test chain"),
        ("/status?network=sample", "Status", "Simulated data"),
        ("/?network=sample", "Unstake queue", "Simulated data"),
    ):
        back_to(seen, app.url + path)
        seen.page.get_by_role("heading", name=heading, exact=True).wait_for()
        seen.page.get_by_text(label, exact=True).wait_for()
        seen.settle()
        expect(seen.page).to_have_url(app.url + path)
    assert seen.complaints == []


def test_the_filters_are_in_the_link_and_a_link_sets_the_filters(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/?network=sample", "Unstake queue")
    seen.page.get_by_role("radio", name="aFTMc").click()
    seen.page.get_by_role("radio", name="custom").click()
    seen.page.get_by_text("Show payouts").click()
    expect(seen.page).to_have_url(re.compile("payouts=false"))
    seen.settle()
    assert {"token": "aFTMc", "range": "custom", "payouts": "false"}.items() <= parameters(
        seen
    ).items()

    again = visit()
    again.open(seen.page.url + "&since=2024-11-20&until=2025-01-10", "Unstake queue")
    assert "20 Nov 2024 to 10 Jan 2025" in again.text()
    assert "Who waits, aFTMc only" in again.text()
    expect(again.page.get_by_text("FTM that came in each day")).to_be_visible()
    assert again.notices() == []


def test_a_day_reaches_the_link_when_its_field_is_left_or_it_was_chosen(
    app: App, visit: Begin
) -> None:
    seen = visit()
    seen.open(f"{app.url}/?network=sample&range=custom", "Unstake queue")
    ways = {"Tab": ("20241121", "20250109"), "click": ("20241120", "20250110")}
    for leave, days in ways.items():
        for place, (name, typed) in enumerate(zip(("since", "until"), days, strict=True)):
            field = seen.page.get_by_test_id("stDateInput").nth(place)
            field.get_by_role("spinbutton").first.click()
            seen.page.keyboard.type(typed)
            if leave == "Tab":
                seen.page.keyboard.press("Tab")  # to the calendar's button
                seen.page.keyboard.press("Tab")
            else:
                seen.page.get_by_role("heading", name="Unstake queue").click()
            day = f"{typed[:4]}-{typed[4:6]}-{typed[6:]}"
            expect(seen.page).to_have_url(re.compile(f"{name}={day}"))
            seen.settle()
    seen.page.get_by_text("20 Nov 2024 to 10 Jan 2025").wait_for()
    seen.page.get_by_role("button", name="Choose date").first.click()
    seen.page.get_by_role("gridcell").filter(has_text=re.compile("^12$")).click()
    expect(seen.page).to_have_url(re.compile("since=2024-11-12"))
    seen.page.get_by_text("12 Nov 2024 to 10 Jan 2025").wait_for()


def test_a_page_that_does_not_exist_is_told(app: App, visit: Begin) -> None:
    seen = visit()
    seen.page.goto(f"{app.url}/nopage")
    expect(seen.page.get_by_role("dialog")).to_contain_text("Page not found")


def test_a_network_that_is_none_is_told_on_the_page_and_in_the_terminal(
    app_tree: Path, visit: Begin
) -> None:
    with served(app_tree, FTM_NETWORK="nonsense") as wrong:
        log = (app_tree / "server.log").read_text()
        seen = visit()
        seen.page.goto(wrong.url)
        seen.page.get_by_role("alert").wait_for()
        (notice,) = seen.notices()
    for text in (log, notice):
        assert "FTM_NETWORK=nonsense names no network: set it to one of fantom, " in text
