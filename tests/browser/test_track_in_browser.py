"""The Track page in a real browser: links, Enter, one click to a request, the calendar file,
and what to subscribe to."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from data.config import ROOT
from tests.app import App, planted, served
from tests.browser.visit import Begin

pytestmark = pytest.mark.browser

HEADING = "Track a request"


def test_enter_looks_it_up_and_keeps_it_in_the_link(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/track?network=sample&find=2210", HEADING)
    assert "Request 2,210 for 20.7088 FTM is at place 13." in seen.text()
    field = seen.page.get_by_label("Address, transaction hash or request id")
    expect(field).to_have_value("2210")
    field.fill("#1,927")
    field.press("Enter")
    expect(seen.page.get_by_text("Request 1,927 could not be delivered")).to_be_visible()
    expect(seen.page).to_have_url(re.compile(r"[?&]find=%231%2C927"))
    again = visit()
    again.open(seen.page.url, HEADING)
    assert "Request 1,927 could not be delivered" in again.text()
    assert "Simulated data" in again.text()


def test_one_click_leads_from_an_example_to_an_address_to_a_request(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/track?network=sample", HEADING)
    seen.page.get_by_role("button", name="first in line").click()
    # It made one request, which is shown at once.
    head = seen.page.get_by_text("Request 2,198 for 10,339.3134 FTM is first in line.")
    expect(head).to_be_visible()
    expect(seen.page).to_have_url(re.compile("[?&]find=0x623108cf006cf7771c1818faf85818cf41a2d6ad"))
    seen.settle()
    field = seen.page.get_by_label("Address, transaction hash or request id")
    field.fill("0x6799f72c51c83434b82a36ed47168a1657c502bc")
    field.press("Enter")
    expect(seen.page.get_by_text("99 requests, 7 of them waiting.")).to_be_visible()
    seen.settle()
    seen.page.get_by_role("button", name="Request 2,208, place 11").click()
    expect(seen.page.get_by_text("Request 2,208 for 10.6235 FTM is at place 11.")).to_be_visible()
    expect(field).to_have_value("2208")
    expect(seen.page).to_have_url(re.compile("[?&]find=2208"))
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
    assert re.search("\r\nSUMMARY:Simulated: Unstake request 2210 should be paid", ics)
    (link,) = re.findall(r"\r\nURL:(.*)\r\n", ics)
    assert link == f"{app.url}/track?network=sample&find=2210"
    again = visit()
    again.open(link, HEADING)
    assert "Request 2,210 for 20.7088 FTM is at place 13." in again.text()


def test_what_it_offers_to_subscribe_to_is_served_where_it_says(app: App, visit: Begin) -> None:
    seen = visit(390)
    seen.open(f"{app.url}/track?network=sample&find=2210", HEADING)
    seen.page.get_by_text("Subscribe: what changes").click()
    link = seen.page.get_by_role("link", name="Add to my calendar")
    calendar = f"{app.url}/calendar/sample/2210.ics"
    expect(link).to_have_attribute("href", calendar.replace("http:", "webcal:"))
    feed = f"{app.url}/feeds/sample/requests/2210.atom"
    for address, kind in ((calendar, "text/calendar"), (feed, "application/atom+xml")):
        expect(seen.page.get_by_text(address, exact=True)).to_be_visible()
        with urlopen(address, timeout=60) as answer:
            assert answer.headers["content-type"].startswith(kind)
            body = answer.read().decode()
        assert f"{app.url}/track?network=sample" in body
    assert seen.complaints == []
    seen.open(f"{app.url}/track?network=sample&find=1000", HEADING)
    seen.settle()
    assert "Subscribe" not in seen.text()  # it was paid


def test_the_commands_of_the_readme_run(app: App) -> None:
    section = (ROOT / "README.md").read_text().split("## Subscribe to it\n")[1].split("\n## ")[0]
    commands = re.findall(r"^    (curl \S.*)$", section, re.MULTILINE)
    answers = []
    for command in commands:
        own = command.replace("curl ", "curl --fail --silent --show-error ")
        own = own.replace("http://localhost:8501", app.url)
        ran = subprocess.run(own, shell=True, check=True, capture_output=True, timeout=60)
        answers.append(ran.stdout)
    assert [answer.split()[0] for answer in answers] == [b"<?xml", b"BEGIN:VCALENDAR"]


def test_below_another_path_pages_and_feeds_lie_side_by_side(
    app: App, visit: Begin, tmp_path: Path
) -> None:
    root = planted(tmp_path / "tree")
    (root / "var").mkdir()
    shutil.copyfile(app.store("sample"), root / "var" / "sample.duckdb")
    with served(root, "--server.baseUrlPath", "queue") as below:
        feed = f"{below.url}/queue/feeds/sample/requests/2210.atom"
        with urlopen(feed, timeout=60) as answer:
            body = answer.read().decode()
        assert f'href="{feed}" rel="self"' in body
        assert f'href="{below.url}/queue/track?network=sample&amp;find=2210"' in body
        seen = visit()
        seen.open(f"{below.url}/queue/track?network=sample&find=2210", HEADING)
        seen.page.get_by_text("Subscribe: what changes").click()
        expect(seen.page.get_by_text(feed, exact=True)).to_be_visible()
