"""A page of a lake in a real browser, left open: the store comes, the catalog goes and returns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from data.config import load_network
from data.lake.address import parse_lake
from data.lake.create import create_lake
from data.lake.push import push
from lakeside.postgres import Postgres
from tests.app import served
from tests.browser.visit import Begin

pytestmark = pytest.mark.browser


def test_an_open_page_shows_what_comes_and_tells_what_does_not(
    app_tree: Path,
    catalog_server: Postgres,
    sample_store: Path,
    tmp_path: Path,
    visit: Begin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, told in catalog_server.environment.items():
        monkeypatch.setenv(name, told)
    address = f"ducklake:postgres:{catalog_server.make_database('browsed')}"
    catalog_server.stop()
    with served(app_tree, FTM_STORE=address, FTM_NETWORK="sample") as app:
        seen = visit()
        seen.open(app.url, "The data is being fetched")
        expect(seen.page.get_by_text("It cannot be fetched since")).to_be_visible()
        seen.screenshot("lake-not-there")
        catalog_server.start()
        lake = parse_lake(address)
        create_lake(lake, str(tmp_path / "rows"))
        push(sample_store, lake, load_network("sample"), datetime(2026, 1, 1, tzinfo=UTC))
        seen.page.get_by_role("heading", name="Unstake queue", exact=True).wait_for()
        seen.settle()
        outage = seen.page.get_by_text("Nothing newer can be had since")
        expect(outage).to_have_count(0)
        catalog_server.kill()
        expect(outage).to_be_visible()
        seen.screenshot("lake-gone")
        catalog_server.start()
        expect(outage).to_have_count(0)
        assert seen.complaints == []
