"""The Track page in a real browser: links, Enter, one click to a request, and the calendar file."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.app import App
from tests.browser.visit import Begin

pytestmark = pytest.mark.browser

HEADING = "Track a request"
OFTEN = "0x6799f72c51c83434b82a36ed47168a1657c502bc"
HEAD_TX = "0xa86b9dcb5cde55394b51dc6f9183cc14f931f1dfc7add3d40bf3f2e0a74830a4"
FINDS = {
    "nothing": "",
    "address": OFTEN,
    "pending": "2210",
    "paid": "41",
    "manual": "1927",
    "transaction": HEAD_TX,
    "typo": OFTEN[:-1],
}


@pytest.fixture(scope="module")
def app(app_of_fantom: App) -> App:
    """It shows another network first, so that links have to name theirs."""
    return app_of_fantom


@pytest.mark.parametrize(
    ("find", "look", "width", "scheme"),
    [
        ("nothing", "phone", 390, "light"),
        ("address", "phone", 390, "light"),
        ("pending", "light", 1280, "light"),
        ("pending", "phone", 390, "dark"),
        ("paid", "dark", 1280, "dark"),
        ("manual", "phone", 390, "light"),
        ("transaction", "dark", 1280, "dark"),
        ("typo", "light", 1280, "light"),
    ],
)
def test_whatever_is_looked_for_fits_its_screen(
    app: App, visit: Begin, find: str, look: str, width: int, scheme: str
) -> None:
    seen = visit(width, scheme)
    seen.open(f"{app.url}/track?network=sample&find={FINDS[find]}", HEADING)
    seen.screenshot(f"track-{find}-{look}")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.complaints == []
    assert "Traceback" not in seen.text()


def test_enter_looks_it_up_and_keeps_it_in_the_link(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/track?network=sample&find=2210", HEADING)
    assert "Request 2,210 waits at place 13" in seen.text()
    field = seen.page.get_by_label("Address, transaction hash or request id")
    expect(field).to_have_value("2210")
    field.fill("#1,927")
    field.press("Enter")
    expect(seen.page.get_by_text("Request 1,927 left the queue unpaid")).to_be_visible()
    expect(seen.page).to_have_url(re.compile(r"[?&]find=%231%2C927"))
    again = visit()
    again.open(seen.page.url, HEADING)
    assert "Request 1,927 left the queue unpaid" in again.text()
    assert "Simulated data" in again.text()


def test_one_click_leads_from_an_example_to_an_address_to_a_request(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/track?network=sample", HEADING)
    seen.page.get_by_role("button", name="who is next in the queue").click()
    expect(seen.page.get_by_text("This address asked")).to_be_visible()
    expect(seen.page).to_have_url(re.compile("[?&]find=0x623108cf006cf7771c1818faf85818cf41a2d6ad"))
    seen.settle()
    seen.page.get_by_role("button", name="Request 2,198, place 1").click()
    expect(seen.page.get_by_text("Request 2,198 is next")).to_be_visible()
    field = seen.page.get_by_label("Address, transaction hash or request id")
    expect(field).to_have_value("2198")
    expect(seen.page).to_have_url(re.compile("[?&]find=2198"))
    assert "network=sample" in seen.page.url
    assert "Simulated data" in seen.text()
    assert seen.complaints == []


def test_the_calendar_file_leads_back_to_the_request(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/track?network=sample&find=2210", HEADING)
    with seen.page.expect_download() as waiting:
        seen.page.get_by_role("button", name="Calendar file").click()
    assert waiting.value.suggested_filename == "unstake-request-2210-sample.ics"
    ics = waiting.value.path().read_bytes().replace(b"\r\n ", b"").decode()
    assert "SUMMARY:Simulated: Check unstake request 2210\r\n" in ics
    (link,) = re.findall(r"\r\nURL:(.*)\r\n", ics)
    assert link == f"{app.url}/track?network=sample&find=2210"
    again = visit()
    again.open(link, HEADING)
    assert "Request 2,210 waits at place 13" in again.text()
