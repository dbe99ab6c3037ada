"""Who may show a page in a frame, by the headers of a real server. The browser's part of it is in
`tests/browser/test_framed.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app import App, served
from tests.link_page import get
from ui.server.addresses import PAGES

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def app(tree: Path) -> Iterator[App]:
    with served(tree) as running:
        yield running


def test_a_page_may_be_framed_by_named_sites_alone_and_only_where_it_is_asked_for_so(
    app: App, tree: Path
) -> None:
    sites = "https://a.example http://b.example:8080"
    refused = (app, ["/", "/?embed=true", "/unstake?embed=true", "/s/queue?embed=true"])
    with served(tree, FTM_FRAMED_BY=sites) as framed:
        for server, paths in (refused, (framed, ["/", "/queue?embed=false", "/s/queue"])):
            for path in paths:
                headers = get(server, path).headers
                assert "frame-ancestors 'none'" in headers["content-security-policy"], path
                assert headers["x-frame-options"] == "DENY"
        headers = get(framed, "/queue?range=all&embed=true").headers
        assert headers["content-security-policy"].endswith(f"; frame-ancestors {sites}")
        assert "x-frame-options" not in headers
        assert headers["x-content-type-options"] == "nosniff"


def test_a_wrong_setting_lets_nobody_frame_and_keeps_the_server_up(tree: Path) -> None:
    with served(tree, FTM_FRAMED_BY="*") as app:
        headers = get(app, "/?embed=true").headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        read = get(app, "/s/queue").page
        assert read.meta("og:description") == PAGES["queue"]
        assert get(app, "/s/queue.png").picture.size == (1200, 630)
