"""Links, copies, downloads, SQL and a sync from the page, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import expect

from devnet import Devnet
from tests.app import App, served
from tests.browser.visit import Begin, Visit

pytestmark = pytest.mark.browser


def pick(seen: Visit, label: str, choice: str) -> None:
    """Choose in a list by typing its beginning."""
    field = seen.page.get_by_label(label, exact=True)
    field.click()
    field.fill(choice)
    seen.page.get_by_role("option", name=choice, exact=True).click()
    seen.settle()


def test_what_is_chosen_stands_in_the_link_and_a_fresh_browser_shows_the_same(
    app: App, visit: Begin
) -> None:
    seen = visit()
    seen.open(f"{app.url}/explore", "Explore")
    pick(seen, "Query", "payouts")
    expect(seen.page.get_by_role("heading", name="Payouts", exact=True)).to_be_visible()
    pick(seen, "token", "aFTMc")
    expect(seen.page).to_have_url(f"{app.url}/explore?network=sample&query=payouts&token=aFTMc")
    seen.settle()
    fresh = visit()
    fresh.open(seen.page.url, "Explore")
    assert fresh.text() == seen.text()
    assert fresh.notices() == seen.notices() == []
    assert fresh.complaints == seen.complaints == []


def test_another_query_takes_the_last_ones_inputs_out_of_the_link(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/explore?query=payouts&token=aFTMc", "Explore")
    pick(seen, "Query", "claims_summary")
    expect(seen.page).to_have_url(f"{app.url}/explore?network=sample&query=claims_summary")
    assert seen.notices() == []


def test_copy_link_copies_a_link_to_the_view_and_says_so(app: App, visit: Begin) -> None:
    seen = visit()
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    seen.open(f"{app.url}/?range=all", "Unstake queue")
    seen.page.get_by_role("button", name="Copy link").click()
    expect(seen.page.get_by_text("Copied", exact=True)).to_be_visible()
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{app.url}/s/queue?range=all&network=sample"
    other = visit()
    other.open(copied, "Unstake queue")
    assert other.page.url == seen.page.url
    assert other.notices() == []
    assert seen.complaints == []


def test_what_copy_link_copies_is_the_view_at_the_click(app: App, visit: Begin) -> None:
    seen = visit()
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    seen.open(f"{app.url}/waits", "Waits")
    seen.page.get_by_role("radio", name="90", exact=True).click()
    seen.page.wait_for_url("**/waits?*days=90*")
    seen.page.get_by_role("button", name="Copy link").click()
    expect(seen.page.get_by_text("Copied", exact=True)).to_be_visible()
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied == seen.page.url.replace("/waits", "/s/waits")
    assert "days=90" in copied


def test_without_a_clipboard_the_link_is_shown_to_be_copied_by_hand(app: App, visit: Begin) -> None:
    seen = visit()
    seen.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    seen.open(f"{app.url}/status", "Status")
    seen.page.get_by_role("button", name="Copy link").click()
    field = seen.page.get_by_label("Link to this view")
    expect(field).to_have_value(f"{app.url}/s/status?network=sample")
    expect(seen.page.get_by_text("Press Ctrl+C to copy")).to_be_visible()


def test_files_are_what_the_page_shows_and_say_where_from(
    app: App, visit: Begin, tmp_path: Path
) -> None:
    seen = visit()
    seen.open(f"{app.url}/explore?query=pending_requests&rows=5", "Explore")
    files = {}
    for kind, press in {
        "CSV": lambda: seen.page.get_by_role("link", name="CSV", exact=True).click(),
        "Parquet": lambda: seen.page.get_by_role("link", name="Parquet", exact=True).press("Enter"),
    }.items():
        with seen.page.expect_download() as begun:
            press()
        files[kind] = tmp_path / begun.value.suggested_filename
        begun.value.save_as(files[kind])
    assert files["CSV"].name == "pending_requests-rows_5-sample-99772823.csv"
    head, *lines = files["CSV"].read_text().splitlines()
    for part in ("network=sample", "block=99772823", "query=pending_requests", "param rows=5"):
        assert part in head
    assert "simulated=yes" in head
    assert len(lines) == 6
    assert pl.read_parquet(files["Parquet"]).height == 5


def test_a_chart_is_given_as_a_png(app: App, visit: Begin, tmp_path: Path) -> None:
    seen = visit()
    seen.open(app.url, "Unstake queue")
    # By the keyboard: under the mouse the button is there only while nothing on the page moves.
    button = seen.page.get_by_role("button", name="Download as PNG").first
    with seen.page.expect_download(timeout=120_000) as begun:  # drawing takes all of a busy machine
        button.press("Enter")
    begun.value.save_as(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert seen.complaints == []


def test_a_typed_statement_runs_and_is_a_link(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/explore?ask=SQL", "Explore")
    field = seen.page.get_by_label("SQL", exact=True)
    field.fill("SELECT 6 * 7 AS answer")
    field.press("Control+Enter")
    expect(seen.page.get_by_text("1 row in")).to_be_visible()
    expect(seen.page).to_have_url(
        f"{app.url}/explore?ask=SQL&network=sample&sql=SELECT+6+%2A+7+AS+answer"
    )
    field.fill("DELETE FROM requests")
    seen.page.get_by_role("button", name="Run").click()
    expect(seen.page.get_by_text("No answer")).to_be_visible()
    assert seen.complaints == []


def test_what_is_put_into_the_sql_box_is_a_link_too(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/explore?query=payouts&token=aFTMc", "Explore")
    seen.page.get_by_role("button", name="Take it into the SQL box").click()
    field = seen.page.get_by_label("SQL", exact=True)
    expect(field).to_have_value(re.compile(r"'aFTMc'.*\nFROM payouts$", re.DOTALL))
    expect(seen.page).to_have_url(re.compile(r"[?&]sql=WITH\+payouts\+AS"))
    seen.settle()
    question = seen.page.get_by_label("Example questions")
    question.click()
    question.press_sequentially("Burn fees")  # of the list only what fits is there
    expect(seen.page.get_by_role("option")).to_have_count(1)
    question.press("Enter")
    expect(field).to_have_value(re.compile("fees_ftm"))
    expect(seen.page).to_have_url(re.compile(r"[?&]sql=SELECT.*fees_ftm"))
    seen.settle()
    link = seen.page.url
    seen.open(link, "Explore")
    expect(field).to_have_value(re.compile("fees_ftm"))
    assert seen.page.locator("[data-testid=stVegaLiteChart]").count() == 1
    assert seen.complaints == []


@pytest.mark.node
def test_a_sync_is_started_from_the_page_and_its_store_shown(
    app_tree: Path, devnet: Devnet, visit: Begin
) -> None:
    settings = {"FTM_NETWORK": "devnet", "FTM_RPC_URLS": devnet.rpc_url}
    with served(app_tree, **settings) as running:
        seen = visit()
        seen.open(f"{running.url}/status", "Nothing read from devnet yet")
        seen.page.get_by_role("button", name="Sync now").click()
        seen.page.get_by_role("heading", name="Status", exact=True).wait_for()
        seen.settle()
        expect(seen.page.get_by_text("The last sync brought")).to_be_visible()
        assert re.search(r"Of \d+ checks 0 failed and 3 could not be made", seen.text())
        assert seen.complaints == []


def test_a_sync_that_fails_says_why_on_the_page(app_tree: Path, visit: Begin) -> None:
    settings = {"FTM_NETWORK": "devnet", "FTM_RPC_URLS": "http://127.0.0.1:9"}
    with served(app_tree, **settings) as running:
        seen = visit()
        seen.open(running.url, "Nothing read from devnet yet")
        seen.page.get_by_role("button", name="Sync now").click()
        expect(seen.page.get_by_text("The last sync failed", exact=True)).to_be_visible()
        assert any("127.0.0.1:9" in notice for notice in seen.notices())
