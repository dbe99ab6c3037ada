"""The app in a real browser: every page by link, every state it can be in, and nothing outside."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.app import App, edited, of_network, rewrite, served
from tests.browser.visit import LOOKS, Begin, Visit

pytestmark = pytest.mark.browser

OFTEN = "0x6799f72c51c83434b82a36ed47168a1657c502bc"
HEAD_TX = "0xa86b9dcb5cde55394b51dc6f9183cc14f931f1dfc7add3d40bf3f2e0a74830a4"
# By link and heading.
PAGES = {
    "/": "Unstake queue",
    "/waits?days=90": "Waits",
    "/outlook?amount=2500": "Outlook",
    "/explore": "Explore",
    "/status": "Status",
    "/track": "Track a request",
}
# What Track finds, by its words: an address, what waits, was paid or refused, a transaction, and a
# typing error.
FOUND = {
    OFTEN: "99 requests, 7 of them waiting.",
    "2210": "Request 2,210 for 20.7088 FTM",
    "41": "Request 41 was paid",
    "1927": "Request 1,927 could not be delivered",
    HEAD_TX: "This transaction",
    OFTEN[:-1]: "hex digits",
}


def hosts(seen: Visit) -> set[str]:
    return {urlsplit(url).netloc for url in seen.asked if not url.startswith(("data:", "blob:"))}


def test_a_bare_checkout_shows_the_simulated_sample_and_points_to_what_is_synced(
    app_tree: Path, sample_store: Path, visit: Begin
) -> None:
    with served(app_tree) as bare:
        seen = visit()
        seen.open(f"{bare.url}/status", "Status")  # a deep link is its first request
        assert "Simulated data" in seen.text()
        seen.page.get_by_role("link", name="Queue", exact=True).click()
        seen.page.get_by_role("heading", name="Unstake queue", exact=True).wait_for()
        seen.settle()
        assert "fixed in time · simulated sample" in seen.text()
        assert bare.store("sample").exists()
        edited(sample_store, bare.store("fantom"), of_network("fantom", "5 minutes"))
        seen.page.get_by_role("button", name="Show fantom").wait_for()
        assert "Simulated data" in seen.text()
        seen.page.get_by_role("button", name="Show fantom").click()
        seen.page.get_by_text("fantom, chain 250").wait_for()
        seen.settle()
        assert "Simulated data" not in seen.text()
        expect(seen.page).to_have_url(f"{bare.url}/?network=fantom")
        seen.open(bare.url, "Unstake queue")
        assert "fantom, chain 250" in seen.text()
        assert seen.complaints == []


def test_a_page_fits_its_screen_and_asks_nobody_else(app: App, visit: Begin) -> None:
    seen = visit()
    for place, (link, heading) in enumerate(PAGES.items()):
        for number, look in enumerate(seen.each_look(place)):
            if number == 0:
                seen.open(app.url + link, heading)
            _fits(seen, link[1:6], look)
        charts = seen.page.locator("[data-testid=stVegaLiteChart] svg")
        assert heading != "Outlook" or charts.count() == 7
    field = seen.page.get_by_label("Address, transaction hash or request id")
    for place, (find, words) in enumerate(FOUND.items()):
        for number, look in enumerate(seen.each_look(place)):
            if number == 0:
                field.fill(find)
                field.press("Enter")
                expect(seen.page.get_by_test_id("stMain")).to_contain_text(words)
            _fits(seen, f"track-{find[:6]}", look)
    assert hosts(seen) == {urlsplit(app.url).netloc}


def test_the_first_date_is_on_the_first_screen_of_a_phone(app: App, visit: Begin) -> None:
    """Before any card, with nothing scrolled and nothing typed."""
    seen = visit(390)
    seen.page.set_viewport_size({"width": 390, "height": 844})
    seen.open(f"{app.url}/?network=sample", "Unstake queue")
    line = (
        seen.page.get_by_role("paragraph")
        .filter(has_text=re.compile(r"chance by \d+ \w+ 2025.* Fee [\d.]+ FTM"))
        .first
    )
    box = line.bounding_box()
    card = seen.page.get_by_test_id("stMetric").first.bounding_box()
    assert box is not None
    assert card is not None
    print(
        f"the first date stands {box['y']:.0f} px from the top, to {box['y'] + box['height']:.0f}"
    )
    assert box["y"] + box["height"] < 844
    assert box["y"] + box["height"] < card["y"]
    second = seen.page.get_by_test_id("stMetric").nth(1).bounding_box()
    assert second is not None
    assert second["y"] == card["y"], "two cards stand in a row"


def test_an_amount_typed_on_the_queue_is_kept_and_goes_along_to_unstake(
    app: App, visit: Begin
) -> None:
    seen = visit()
    seen.open(f"{app.url}/?network=sample", "Unstake queue")
    before = seen.page.evaluate("history.length")
    field = seen.page.get_by_label("You unstake", exact=True)
    field.fill("")
    for key in "4000":
        field.press_sequentially(key)
        seen.page.wait_for_timeout(600)  # drawn after each of them
    seen.page.get_by_text("4,826.8915 FTM").wait_for()
    expect(seen.page).to_have_url(re.compile("[?&]amount=4000(&|$)"))
    seen.settle()
    assert seen.page.evaluate("history.length") <= before + 1
    again = visit()
    again.open(seen.page.url, "Unstake queue")
    assert again.page.get_by_label("You unstake", exact=True).input_value() == "4000"
    assert "4,826.8915 FTM" in again.text()
    again.page.get_by_role("link", name="Unstake, step by step").click()
    again.page.get_by_role("heading", name="Unstake", exact=True).wait_for()
    again.settle()
    assert again.page.get_by_label("Amount", exact=True).input_value() == "4000"
    assert "4,826.8915 FTM" in again.text()
    assert "token=aFTMc" in again.page.url
    assert seen.complaints == again.complaints == []


def _fits(seen: Visit, name: str, look: str) -> None:
    """Neither the page nor a chart is wider than the screen, and nothing went wrong on it."""
    seen.settle()
    seen.fits(name, look)
    for chart in seen.page.locator("[data-testid=stVegaLiteChart] svg").all():
        box = chart.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= LOOKS[look][0], (name, look)
    assert "Traceback" not in seen.text()
    assert seen.complaints == []


def test_one_cursor_runs_through_both_panels(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/?network=sample&range=1+year", "Unstake queue")
    chart = seen.page.locator("[data-testid=stVegaLiteChart]").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    for step in range(3):
        seen.page.mouse.move(box["x"] + box["width"] * 0.6 + step, box["y"] + 120)
    tooltip = seen.page.locator("#vg-tooltip-element")
    expect(tooltip).to_contain_text("FTM waiting at its end")
    expect(tooltip).to_contain_text("FTM of rewards claimed")
    expect(tooltip).to_contain_text("FTM of other money")
    expect(chart.locator("g.mark-rule.role-mark line[opacity='1']")).to_have_count(2)
    expect(chart.locator("g.mark-text.role-mark text[opacity='1']")).to_have_count(2)
    seen.screenshot("queue-cursor")


def test_a_store_shows_as_it_is_published_and_fails_readably(
    app: App, sample_store: Path, visit: Begin
) -> None:
    seen = visit()
    seen.open(f"{app.url}/?network=devnet", "Nothing read from devnet yet")
    expect(seen.page.locator("code")).to_have_text("make devnet")
    seen.screenshot("queue-not-synced")

    path = edited(sample_store, app.store("devnet"), of_network("devnet", "10 minutes"))
    seen.page.get_by_text("126 requests (14,896 FTM) are waiting").wait_for()

    edited(path, path, "DELETE FROM requests WHERE wr_id = 2323")
    seen.page.get_by_text("125 requests (").wait_for()

    path.write_text("this is no store")
    seen.page.get_by_text("is no DuckDB store").wait_for()
    assert "Traceback" not in seen.text()
    seen.screenshot("queue-unreadable")
    path.unlink()


def test_a_fault_shows_a_code_and_no_traceback(
    app_tree: Path, sample_store: Path, visit: Begin
) -> None:
    (app_tree / "pages" / "status" / "page.py").write_text("raise RuntimeError('a secret detail')")
    rewrite(app_tree / "queries" / "blocking_head.sql", "FROM", "FORM")
    edited(sample_store, app_tree / "var" / "fantom.duckdb", of_network("fantom", "1 minute"))
    with served(app_tree) as faulty:
        seen = visit()
        seen.page.goto(f"{faulty.url}/status")
        alert = seen.page.get_by_text("in the server's log under the code")
        alert.wait_for()
        code = re.search(r"code (\w{6})", alert.inner_text())
        assert code is not None
        assert f"code {code[1]}" in (app_tree / "server.log").read_text()
        assert "secret" not in seen.page.content()
        assert "Traceback" not in seen.page.content()
        seen.page.goto(faulty.url)
        seen.page.get_by_text("blocking_head: Parser Error").wait_for()
        assert "Traceback" not in seen.page.content()


def test_health_says_which_block_is_shown(app: App) -> None:
    with urllib.request.urlopen(f"{app.url}/healthz") as answer:
        told = json.load(answer)
    shown = {"status": "ok", "network": "sample", "synced_block": 99_772_823, "simulated": True}
    assert shown.items() <= told.items()


@pytest.mark.parametrize("path", ["/", "/status", "/healthz", "/static/nothing"])
def test_every_answer_carries_the_headers(app: App, path: str) -> None:
    request = urllib.request.Request(app.url + path, method="GET")
    with urllib.request.urlopen(request) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
