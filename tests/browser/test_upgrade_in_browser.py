"""A store of an earlier version, as a visitor sees it brought up to date."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app import edited, of_network, served
from tests.browser.visit import Begin
from tests.first_version import AS_FIRST, wait_for_go

pytestmark = pytest.mark.browser


def test_the_page_tells_how_far_it_is_and_then_shows_itself(
    sample_store: Path, app_tree: Path, visit: Begin
) -> None:
    edited(sample_store, app_tree / "var" / "fantom.duckdb", of_network("fantom"), AS_FIRST)
    wait_for_go(app_tree)
    with served(app_tree) as app:
        seen = visit()
        seen.open(app.url, "This store is being brought up to date")
        expect(seen.page.get_by_text("Being brought up to date: 5%")).to_be_visible()
        for look in seen.each_look():
            seen.settle()
            seen.fits("upgrade", look)
        (app_tree / "go").touch()
        seen.page.get_by_role("heading", name="Unstake queue", exact=True).wait_for()
        seen.settle()
        expect(seen.page.get_by_text("being brought up to date")).to_have_count(0)
        assert seen.complaints == []
