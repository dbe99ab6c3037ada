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
    """Browser back, with one press."""
    seen.page.go_back()
    expect(seen.page).to_have_url(url)


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


def test_what_the_server_fills_in_or_tidies_up_is_no_step_to_go_back_to(
    app: App, visit: Begin
) -> None:
    seen = visit()
    seen.page.goto("about:blank")
    before = seen.page.evaluate("history.length")
    seen.open(f"{app.url}/track?utm_source=mail&nonsense=1&find=2210", "Track a request")
    expect(seen.page).to_have_url(f"{app.url}/track?find=2210&network=sample")
    assert seen.page.evaluate("history.length") == before + 1
    go(seen, "Waits", "Waits")
    expect(seen.page).to_have_url(f"{app.url}/waits?network=sample")
    go(seen, "Unstake", "Unstake")
    expect(seen.page).to_have_url(f"{app.url}/unstake?network=sample")
    assert seen.page.evaluate("history.length") == before + 3
    back_to(seen, f"{app.url}/waits?network=sample")
    seen.page.get_by_role("heading", name="Waits", exact=True).wait_for()
    seen.settle()
    back_to(seen, f"{app.url}/track?find=2210&network=sample")
    seen.page.get_by_text("Request 2,210 for 20.7088 FTM is at place 13.").wait_for()
    seen.settle()
    seen.page.go_back()
    expect(seen.page).to_have_url("about:blank")
    assert seen.complaints == []


def test_the_filters_are_in_the_link(app: App, visit: Begin) -> None:
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


def test_a_link_to_another_page_has_what_it_says_and_nothing_of_the_page_it_stood_on(
    app: App, visit: Begin
) -> None:
    seen = visit()
    began = f"{app.url}/?network=sample&amount=4000&range=custom&since=2024-11-20&until=2025-01-10"
    ways = {
        # Each has a parameter of its own by the name of an input of the Queue page.
        "Unstake, step by step": ("Unstake", {"token": "aFTMc", "amount": "4000"}),
        "How these odds are made and scored": ("Outlook", {"amount": "4826.8915"}),
        "Queue depth against reward claims (depth_against_claims, day": (
            "Explore",
            {"since": "2024-11-20", "until": "2025-01-10", "query": "depth_against_claims"},
        ),
    }
    for label, (heading, own) in ways.items():
        seen.open(began, "Unstake queue")
        link = seen.page.get_by_role("link", name=label).first
        if heading == "Explore":
            seen.page.get_by_text("Queries behind this page").click()
        link.click()
        seen.page.get_by_role("heading", name=heading, exact=True).wait_for()
        seen.settle()
        expect(seen.page).to_have_url(re.compile("[?&]network=sample"))
        there = parameters(seen)
        assert own.items() <= there.items(), label
        assert there.keys() <= own.keys() | {"network", "step"}, label
        assert seen.notices() == [], label
        seen.page.go_back()
        seen.page.get_by_role("heading", name="Unstake queue", exact=True).wait_for()
        seen.page.get_by_text("4,826.8915 FTM").first.wait_for()
        seen.settle()
        # Streamlit takes it out first, as it is an input's on the page before too.
        expect(seen.page).to_have_url(re.compile("[?&]amount=4000"))
        assert "20 Nov 2024 to 10 Jan 2025" in seen.text()
        assert parameters(seen) == dict(parse_qsl(urlsplit(began).query)), label
        assert seen.notices() == [], label
    go(seen, "Outlook", "Outlook")
    expect(seen.page).to_have_url(f"{app.url}/outlook?network=sample")
    assert seen.notices() == []
    assert seen.complaints == []
