"""The Outlook page as visitors meet it: by link, and scored by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from scoring.companion import read_scores
from tests.app import App, edited, rewrite, served
from tests.browser.visit import Begin

pytestmark = pytest.mark.browser


def test_an_amount_typed_reaches_the_link_and_a_fresh_browser_shows_the_same(
    app: App, visit: Begin
) -> None:
    seen = visit()
    seen.open(f"{app.url}/outlook?network=sample", "Outlook")
    field = seen.page.get_by_label("Payout in FTM", exact=True)
    field.fill("4321")
    field.press("Enter")
    expect(seen.page).to_have_url(re.compile("amount=4321"))
    seen.page.get_by_text("4,321 FTM").first.wait_for()
    seen.settle()
    again = visit()
    again.open(seen.page.url, "Outlook")
    assert again.page.get_by_label("Payout in FTM", exact=True).input_value() == "4321"
    figures = "[data-testid=stMetricValue]"
    assert (
        again.page.locator(figures).all_inner_texts()
        == seen.page.locator(figures).all_inner_texts()
    )


def test_queue_and_track_lead_to_the_outlook(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/track?network=sample&find=2198", "Track a request")
    assert "chance by" in seen.text()
    seen.page.get_by_role("link", name="How these odds are made and scored").click()
    seen.page.get_by_role("heading", name="Outlook", exact=True).wait_for()
    seen.settle()
    expect(seen.page).to_have_url(re.compile("/outlook[?]network=sample"))


def test_the_outlook_leads_to_unstake_with_its_amount(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/outlook?network=sample&amount=2500.5", "Outlook")
    seen.page.get_by_role("link", name="Unstake 2,500.5 aFTMb, step by step").click()
    seen.page.get_by_role("heading", name="Unstake", exact=True).wait_for()
    seen.settle()
    expect(seen.page.get_by_label("Amount", exact=True)).to_have_value("2500.5")
    assert {"token=aFTMb", "amount=2500.5"} <= set(seen.page.url.split("?")[1].split("&"))
    assert seen.complaints == []


def test_a_store_is_scored_in_the_background_and_the_page_then_shows_its_odds(
    sample_store: Path, app_tree: Path, visit: Begin
) -> None:
    # A tenth of the requests, and fewer to choose a source by: enough to score, and soon done.
    rewrite(app_tree / "scoring" / "run.py", "_FIRST_JUDGED = 500, 30", "_FIRST_JUDGED = 20, 20")
    store = edited(
        sample_store,
        app_tree / "var" / "sample.duckdb",
        "DELETE FROM requests WHERE wr_id % 10 > 0 AND status <> 'pending'",
    )
    with served(app_tree, FTM_SCORING="on") as running:
        seen = visit()
        seen.open(f"{running.url}/outlook?network=sample", "Outlook")
        expect(seen.page.get_by_text("90 % chance by").first).to_be_visible(timeout=180_000)
    kept = read_scores(store)
    assert kept is not None
    assert kept.about.origins > 100
    assert "could not be scored" not in (app_tree / "server.log").read_text()
