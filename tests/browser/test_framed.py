"""A page inside another site's page: by sites that the operator named, and without a wallet."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import FrameLocator, expect

from scoring.companion import companion_of
from tests.app import App, edited, of_network, planted, served
from tests.browser.visit import SCREENSHOTS, Begin

pytestmark = pytest.mark.browser
WALLET = """
window.ethereum = { request: async ({ method }) => { await window.heard(method); return []; } };
window.addEventListener("eip6963:requestProvider", () => window.heard("looked for"));"""
OFFERED = "Inside another page no wallet is offered"


class _Site(BaseHTTPRequestHandler):
    """Another site, whose one page has in a frame what its address names."""

    def do_GET(self) -> None:
        framed = escape(unquote(self.path.partition("?")[2]))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        frame = f'<iframe src="{framed}" width="1000" height="800"></iframe>'
        self.wfile.write(f"<!DOCTYPE html><h1>A site</h1>{frame}".encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[str, str]]:
    """The origins of a site that may frame pages, and of one that may not."""
    with ExitStack() as stack:
        origins = []
        for _ in range(2):
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _Site))
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            origins.append(f"http://127.0.0.1:{server.server_port}")
        yield origins[0], origins[1]


@pytest.fixture(scope="module")
def app(
    sites: tuple[str, str],
    sample_store: Path,
    sample_scores: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[App]:
    root = planted(tmp_path_factory.mktemp("framed") / "tree")
    for name, statements in (
        ("sample", ()),
        ("fantom", (of_network("fantom"),)),
    ):
        store = edited(sample_store, root / "var" / f"{name}.duckdb", *statements)
        shutil.copyfile(sample_scores, companion_of(store))
    origins = f"{sites[0]} https://b.example"
    with served(root, FTM_FRAMED_BY=origins, FTM_RPC_URLS="http://127.0.0.1:9") as running:
        yield running


def framing(site: str, framed: str) -> str:
    """The address at which a site frames an address."""
    return f"{site}/?{quote(framed)}"


def test_a_named_site_shows_a_page_and_another_does_not(
    app: App, sites: tuple[str, str], visit: Begin
) -> None:
    link = f"{app.url}/?network=sample&range=all&embed=true"
    named, other = (framing(site, link) for site in sites)
    seen = visit()
    seen.page.goto(named)
    frame = seen.page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Unstake queue", exact=True)).to_be_visible()
    expect(frame.locator("[data-testid=stVegaLiteChart] svg").first).to_be_visible()
    if seen.pictures:
        seen.page.screenshot(path=SCREENSHOTS / "framed.png")
    assert seen.complaints == []
    refused = visit()
    refused.page.goto(other)
    expect(refused.page.get_by_role("heading", name="A site")).to_be_visible()
    refused.page.wait_for_timeout(2_000)
    assert not refused.page.frame_locator("iframe").get_by_text("Unstake queue").count()
    assert any("frame-ancestors" in complaint for complaint in refused.complaints)


def test_without_embed_in_its_address_not_even_a_named_site_shows_it(
    app: App, sites: tuple[str, str], visit: Begin
) -> None:
    named = framing(sites[0], f"{app.url}/unstake")
    seen = visit()
    seen.page.goto(named)
    seen.page.wait_for_timeout(2_000)
    assert any("frame-ancestors" in complaint for complaint in seen.complaints)


def test_copy_link_in_a_frame_gives_the_view_and_not_the_frame(
    app: App, sites: tuple[str, str], visit: Begin
) -> None:
    link = f"{app.url}/waits?network=sample&days=90&embed=true&embed_options=dark_theme"
    named = framing(sites[0], link)
    seen = visit()
    seen.page.goto(named)
    frame = seen.page.frame_locator("iframe")
    frame.get_by_role("button", name="Copy link").click()
    # A frame has no clipboard of its own: the link is shown.
    expect(frame.get_by_label("Link to this view")).to_have_value(
        f"{app.url}/s/waits?network=sample&days=90"
    )


def test_no_wallet_is_asked_for_anything_in_a_frame(
    app: App, sites: tuple[str, str], visit: Begin
) -> None:
    path = "/unstake?network=fantom&amount=5"
    named = framing(sites[0], f"{app.url}{path}&embed=true")
    seen, asked = visit(), list[str]()
    seen.page.expose_function("heard", lambda method: asked.append(method))
    seen.page.add_init_script(WALLET)
    seen.page.goto(named)
    frame: FrameLocator = seen.page.frame_locator("iframe")
    frame.get_by_text("Use my whole balance").click()
    expect(frame.get_by_text(OFFERED)).to_be_visible()
    leads_to = frame.get_by_role("link", name="Open this page by itself")
    expect(leads_to).to_have_attribute("target", "_blank")
    href = leads_to.get_attribute("href") or ""
    assert href.startswith(f"{app.url}/unstake?")
    assert "embed" not in href
    assert "amount=5" in href
    assert frame.locator(".wallet button:visible").count() == 0
    if seen.pictures:
        seen.page.screenshot(path=SCREENSHOTS / "framed-wallet.png", full_page=True)
    seen.page.wait_for_timeout(1_000)
    assert asked == []


def test_a_page_that_is_asked_for_as_a_part_offers_none_by_itself_either(
    app: App, visit: Begin
) -> None:
    for embed, offers in (("&embed=true", False), ("", True)):
        seen = visit()
        seen.page.goto(f"{app.url}/unstake?network=fantom&amount=5{embed}")
        seen.page.get_by_text("Use my whole balance").click()
        told = seen.page.get_by_text(OFFERED)
        if offers:
            expect(seen.page.get_by_text("No wallet found in this browser")).to_be_visible()
            expect(told).to_have_count(0)
        else:
            expect(told).to_be_visible()
            expect(seen.page.get_by_text("No wallet found in this browser")).to_have_count(0)
