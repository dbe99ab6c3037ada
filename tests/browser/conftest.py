"""A browser and the servers it visits: one each a session."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from scoring.companion import companion_of
from tests.app import App, edited, of_network, planted, rewrite, served
from tests.browser.browser_path import browser_path
from tests.browser.visit import Visit, watched

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",  # public names, all of this machine
    # Pages of one site share a process, and with it the scripts that it has compiled: of plain
    # pages that is a third of the cost. What a tab keeps to itself, it keeps all the same.
    "--process-per-site",
    "--in-process-gpu",
    # A page lives for seconds: to compile its scripts a second time, and better, never pays. Nor
    # does it to parse them while they load: the process has them compiled from the page before.
    "--js-flags=--no-turbofan --no-maglev --no-script-streaming",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=60_000)
    executable = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=list(FLAGS), timeout=120_000
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Callable[[int, str], BrowserContext]:
    """One a kind of screen: what the browser has loaded once, it keeps."""

    @cache
    def context(width: int, color_scheme: Literal["light", "dark"]) -> BrowserContext:
        made = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=color_scheme,
            device_scale_factor=2 if width < 500 else 1,
            reduced_motion="reduce",  # what moves while one waits is drawn by the processor
        )
        return warm(made)

    return context


def warm(context: BrowserContext) -> BrowserContext:
    """The same, with a page that keeps the site's process from one visit to the next."""
    context.set_default_timeout(60_000)
    kept = context.new_page()
    kept.route("**/*", lambda route: route.fulfill(body=""))
    kept.goto("http://127.0.0.1/")
    return context


@pytest.fixture
def visit(
    contexts: Callable[[int, str], BrowserContext], pytestconfig: pytest.Config
) -> Iterator[Callable[..., Visit]]:
    """Opens a page, and with it a session of the app: `visit(390, "dark")`."""
    visits = []
    pictures = bool(pytestconfig.getoption("--screenshots"))

    def begin(width: int = 1280, color_scheme: str = "light") -> Visit:
        visits.append(watched(contexts(width, color_scheme).new_page(), pictures))
        return visits[-1]

    yield begin
    for seen in visits:
        seen.page.close()


@pytest.fixture(scope="session")
def app(
    sample_store: Path, sample_scores: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """A server with the scored sample, which it shows first, and a store of the testnet."""
    root = planted(tmp_path_factory.mktemp("app") / "tree")
    rewrite(root / "pages" / "explore" / "sql_box.py", "_SECONDS = 10", "_SECONDS = 100")
    store = edited(sample_store, root / "var" / "sample.duckdb")
    shutil.copyfile(sample_scores, companion_of(store))
    edited(sample_store, root / "var" / "fantom-testnet.duckdb", of_network("fantom-testnet"))
    with served(root) as running:
        yield running
