"""The app as strangers reach it: by its public name, by HTTPS, through the nginx of deploy/."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import polars as pl
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from bench.proxied import BELOW_A_PATH, OWN_NAME, Proxy, proxied
from deploy.host_check import reached, tried
from tests.apart import apart
from tests.app import App, edited, planted, served
from tests.browser.visit import Visit, watched

pytestmark = pytest.mark.browser
NAMES = {OWN_NAME: "queue.test", BELOW_A_PATH: "www.test"}
# Which process has answered: for the tests alone.
TOLD = {"proxy_connect_timeout": "add_header X-Process $upstream_addr; proxy_connect_timeout"}


@pytest.fixture(scope="module")
def root(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = planted(tmp_path_factory.mktemp("hosted") / "tree")
    edited(sample_store, tree / "var" / "sample.duckdb")
    return tree


@pytest.fixture(scope="module")
def lasting(root: Path) -> Iterator[App]:
    with served(root, "--browser.serverAddress", NAMES[OWN_NAME]) as app:
        yield app


@pytest.fixture(scope="module", params=[OWN_NAME, BELOW_A_PATH])
def proxy(
    request: pytest.FixtureRequest,
    root: Path,
    lasting: App,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    """Two processes under a name of their own, and one below a path of another site."""
    name = NAMES[request.param]
    options = ["--browser.serverAddress", name]
    if request.param == BELOW_A_PATH:
        options += ["--server.baseUrlPath", "queue"]
    with served(root, *options) as app:
        ports = [port_of(app)] + ([port_of(lasting)] if request.param == OWN_NAME else [])
        folder = tmp_path_factory.mktemp("nginx")
        with proxied(folder, ports, request.param, name) as running:
            yield running


def port_of(app: App) -> int:
    return int(app.url.rpartition(":")[2])


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor, who believes any certificate: the browser knows no test's."""
    made = browser.new_context(ignore_https_errors=True, reduced_motion="reduce")
    made.set_default_timeout(60_000)
    yield made
    made.close()


@contextmanager
def asking(proxy: Proxy) -> Iterator[Callable[..., httpx.Response]]:
    """Asks for paths below the pages, by the public name."""
    with reached(proxy.url, proxy.trust(), "127.0.0.1", proxy.plain_port) as site:
        yield site.get


def led_to(asked: Callable[..., httpx.Response], word: str) -> str:
    """The process that a visitor with this word is led to."""
    return str(asked("/waits", cookie=f"ftm_visitor={word}").headers["x-process"])


def opened(context: BrowserContext, proxy: Proxy, path: str, heading: str) -> Visit:
    seen = watched(context.new_page())
    seen.open(proxy.url + path, heading)
    return seen


def test_a_page_comes_whole_runs_again_and_gives_its_files(
    proxy: Proxy, context: BrowserContext, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    seen = opened(context, proxy, "/", "Unstake queue")
    seen.pictures = bool(pytestconfig.getoption("--screenshots"))
    seen.page.get_by_role("radio", name="1 year", exact=True).click()
    expect(seen.page).to_have_url(re.compile(r"range=1\+year"))
    seen.settle()
    seen.screenshot(f"behind-nginx-{proxy.name}")
    with seen.page.expect_download() as begun:
        seen.page.get_by_role("link", name="CSV", exact=True).first.click()
    begun.value.save_as(tmp_path / begun.value.suggested_filename)
    head = (tmp_path / begun.value.suggested_filename).read_text().splitlines()[0]
    assert "network=sample" in head
    assert seen.complaints == []
    whole = ("https://", "blob:https://", "data:")
    assert [url for url in seen.asked if not url.startswith(whole)] == []


def test_what_a_statement_of_ones_own_answers_is_a_file_too(
    proxy: Proxy, context: BrowserContext, tmp_path: Path
) -> None:
    seen = opened(context, proxy, "/explore?ask=SQL&sql=SELECT+6*7+AS+answer", "Explore")
    with seen.page.expect_download() as begun:
        seen.page.get_by_role("button", name="Parquet", exact=True).press("Enter")
    begun.value.save_as(tmp_path / "answer.parquet")
    assert pl.read_parquet(tmp_path / "answer.parquet")["answer"].to_list() == [42]
    assert seen.complaints == []


def test_programs_feeds_and_previews_have_the_public_name(proxy: Proxy) -> None:
    with asking(proxy) as asked:
        request = asked("/api/v1/requests/2210").json()["data"]["request"]
        feed = asked("/feeds/sample/requests/2210.atom").text
        preview = asked("/s/queue?range=all").text
        page = asked("/waits")
    assert request["id"] == 2210
    named = re.findall(r'href="([^"]+)"', feed)
    named += re.findall(r'"og:(?:url|image)" content="([^"]+)"', preview)
    assert len(named) > 3
    assert [told for told in named if not told.startswith(f"{proxy.url}/")] == []
    assert page.headers["strict-transport-security"]
    assert "'self'" in page.headers["content-security-policy"]
    assert page.headers["content-encoding"] == "gzip"


def test_host_check_finds_nothing_wrong(proxy: Proxy) -> None:
    with reached(proxy.url, proxy.trust(), "127.0.0.1", proxy.plain_port) as site:
        told = apart(lambda: [*tried(site)])
    wrong = {name: why for name, is_good, why in told if not is_good}
    assert wrong == {}


def test_http_leads_to_https(proxy: Proxy) -> None:
    there = f"http://127.0.0.1:{proxy.plain_port}{proxy.base}/waits?days=90"
    answer = httpx.get(there, headers={"Host": proxy.name})
    assert answer.status_code == 301
    assert answer.headers["location"] == f"{proxy.url}/waits?days=90"


def test_a_visitor_stays_on_one_process_and_goes_on_at_the_other_where_it_is_killed(
    root: Path, lasting: App, context: BrowserContext, tmp_path: Path
) -> None:
    name = NAMES[OWN_NAME]
    with ExitStack() as stack:
        mortal = stack.enter_context(served(root, "--browser.serverAddress", name))
        ports = [port_of(lasting), port_of(mortal)]
        proxy = stack.enter_context(proxied(tmp_path, ports, name=name, edits=TOLD))
        one, other = (f"127.0.0.1:{port}" for port in ports)
        asked = stack.enter_context(asking(proxy))
        words = map(str, range(100))
        word = next(word for word in words if led_to(asked, word) == other)
        context.add_cookies([{"name": "ftm_visitor", "value": word, "url": proxy.url}])
        seen, processes = watched(context.new_page()), list[str]()
        seen.page.on(
            "response", lambda answer: processes.append(answer.headers.get("x-process", ""))
        )
        seen.open(f"{proxy.url}/", "Unstake queue")
        seen.page.get_by_role("radio", name="1 year", exact=True).click()
        expect(seen.page).to_have_url(re.compile(r"range=1\+year"))
        seen.settle()
        assert set(processes) - {""} == {other}
        assert seen.complaints == []
        with seen.page.expect_websocket() as again:
            os.kill(mortal.pid, signal.SIGKILL)
        again.value.wait_for_event("framereceived")
        expect(seen.page.get_by_role("radio", name="1 year", exact=True)).to_be_checked()
        seen.page.get_by_role("radio", name="all", exact=True).click()
        expect(seen.page).to_have_url(re.compile("range=all"))
        seen.settle()
        files = seen.page.get_by_role("link", name="CSV", exact=True).first
        with seen.page.expect_download():
            files.click()
        assert processes[-1].endswith(one)  # the other may have been asked first


def test_a_first_visit_brings_the_word_that_keeps_a_visitor_on_a_process(
    proxy: Proxy, context: BrowserContext
) -> None:
    opened(context, proxy, "/waits", "Waits")
    (word,) = [each for each in context.cookies() if each["name"] == "ftm_visitor"]
    assert re.fullmatch("[0-9a-f]{32}", word["value"])
    assert word["secure"]
    assert word["httpOnly"]
    assert word["expires"] == -1  # it ends with the browser
