"""A server of an archive that lies elsewhere: it comes, it is renewed, and an outage is told."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from data.ingest.archived import scope_of, write_archive
from data.store.reader import open_reader
from tests.app import rewrite, served
from tests.browser.visit import Begin
from tests.file_host import file_host

pytestmark = pytest.mark.browser


def packed(store: Path, to_block: int | None = None) -> bytes:
    file = io.BytesIO()
    with open_reader(store) as con:
        write_archive(con, scope_of(con, to_block), file)
    return file.getvalue()


def test_a_page_shows_what_was_fetched_last_and_says_when_nothing_newer_comes(
    sample_store: Path, app_tree: Path, visit: Begin
) -> None:
    rewrite(app_tree / "data" / "fetch.py", "LOOKED_EVERY_S = 3.0", "LOOKED_EVERY_S = 0.2")
    with (
        file_host() as host,
        served(app_tree, FTM_STORE=host.url, FTM_ARCHIVE_SECONDS="1", FTM_PUBLIC="on") as app,
    ):
        host.status = 404
        seen = visit()
        seen.open(app.url, "The data is being fetched")
        main = seen.page.get_by_test_id("stMain")
        expect(main).to_contain_text("It cannot be fetched since")
        host.content, host.status = packed(sample_store, 60_000_000), 200
        seen.page.get_by_role("heading", name="Unstake queue", exact=True).wait_for()
        expect(main).to_contain_text("Block 60,000,000")
        host.content = packed(sample_store)
        expect(main).to_contain_text(re.compile(r"Block 99,\d{3},\d{3}"))
        host.status = 503
        expect(main).to_contain_text(
            "This is what was fetched before. Nothing newer can be had since"
        )
        assert "127.0.0.1" not in seen.text()  # the host is no stranger's business
        with urllib.request.urlopen(f"{app.url}/api/v1/queue") as answer:
            about = json.load(answer)["about"]
        assert about["block"] > 99_000_000
        assert seen.complaints == []
    log = (app_tree / "server.log").read_text()
    assert log.count("(status 503)") == 1  # told once, not each time
