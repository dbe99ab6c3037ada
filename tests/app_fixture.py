"""The app as visitors meet it: its own tree with its own var/, a server, and a browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.error import HTTPError

import duckdb
import pytest

from tests.browser.browser_path import browser_path

if TYPE_CHECKING:  # half a second, needed by browser tests alone
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parent.parent
SCREENSHOTS = ROOT / "var" / "screenshots"
_PARTS = ("app.py", ".streamlit", "data", "pages", "queries", "ui", "forecast", "scoring")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class App:
    """A running server, and the tree it was started in."""

    url: str
    root: Path

    def store(self, network: str) -> Path:
        return self.root / "var" / f"{network}.duckdb"


@dataclass
class Visit:
    """One page in the browser, with what it complained about and whom it asked."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def open(self, url: str, heading: str) -> None:
        """Go there and wait for the page's heading and for all that belongs to it."""
        self.page.goto(url)
        self.page.get_by_role("heading", name=heading, exact=True).wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run, and all that loads late is drawn."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        for skeleton in self.page.locator("[data-testid=stSkeleton]").all():
            skeleton.wait_for(state="hidden")
        for chart in self.page.locator("[data-testid=stVegaLiteChart]").all():
            chart.locator("svg").first.wait_for()

    def text(self) -> str:
        return self.page.locator("[data-testid=stMain]").inner_text()

    def notices(self) -> list[str]:
        return self.page.locator("[data-testid=stAlert]").all_inner_texts()

    def screenshot(self, name: str) -> None:
        """The whole page into var/screenshots."""
        height = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        width = self.page.viewport_size["width"] if self.page.viewport_size else 1280
        self.page.set_viewport_size({"width": width, "height": height + 80})
        self.settle()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def edited(sample: Path, path: Path, *statements: str) -> Path:
    """A copy of the sample's store, changed, put at `path` as a sync would."""
    following = path.with_name(path.name + ".edited")
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sample, following)
    with duckdb.connect(following) as con:
        for statement in statements:
            con.execute(statement)
    following.replace(path)
    return path


@contextmanager
def served(root: Path, **environment: str) -> Iterator[App]:
    """`streamlit run app.py` in `root` on a free port, up to and until the answer of /healthz."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    own = {key: value for key, value in os.environ.items() if not key.startswith("FTM_")}
    # Scoring takes a core for half a minute: it is for the one test that is about it.
    environment = {"FTM_SCORING": "off"} | environment
    with (root / "server.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=root, env=own | environment, stdout=log, stderr=subprocess.STDOUT
        )
    app = App(f"http://127.0.0.1:{port}", root)
    try:
        _wait_for(app, server)
        yield app
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(app: App, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{app.url}/healthz", timeout=60).close()
            return
        except HTTPError:
            return
        except OSError:  # not listening yet
            time.sleep(0.05)
    raise AssertionError((app.root / "server.log").read_text())


@pytest.fixture
def app_tree(tmp_path: Path) -> Path:
    """What the app consists of, without a store."""
    return planted(tmp_path / "app")


def planted(root: Path) -> Path:
    """A copy of the app's own files at `root`."""
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            root.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, root / part)
    return root


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)
    executable = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(_FLAGS))
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
        )
        made.set_default_timeout(30_000)
        return made

    return context


@pytest.fixture
def visit(contexts: Callable[[int, str], BrowserContext]) -> Iterator[Callable[..., Visit]]:
    """Opens a page, and with it a session of the app: `visit(390, "dark")`."""
    visits = []

    def begin(width: int = 1280, color_scheme: str = "light") -> Visit:
        seen = Visit(contexts(width, color_scheme).new_page())
        seen.page.on("console", lambda said: _note(seen, said.type, said.text, said.location))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("request", lambda asked: seen.asked.add(asked.url))
        visits.append(seen)
        return seen

    yield begin
    for seen in visits:
        seen.page.close()


def _note(seen: Visit, kind: str, text: str, location: dict[str, object]) -> None:
    """Streamlit's own search for its root below a deep link ends in 404 by design."""
    searched = str(location.get("url", "")).endswith(("/_stcore/health", "/_stcore/host-config"))
    if kind in ("error", "warning") and not searched:
        seen.complaints.append(f"{kind}: {text}")
