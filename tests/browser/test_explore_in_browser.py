"""Explore in the browser: a chart that goes along in a link, and what the browser remembers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.app import App
from tests.browser.conftest import warm
from tests.browser.visit import Begin, Visit, watched

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own_context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser for these tests alone."""
    size = {"width": 1280, "height": 900}
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    yield warm(context)
    context.close()


@pytest.fixture
def own_visit(app: App, own_context: BrowserContext) -> Iterator[Begin]:
    """Opens a page in a browser that remembers nothing yet."""
    page = own_context.new_page()
    tools = own_context.new_cdp_session(page)
    origin = {"origin": app.url, "storageTypes": "local_storage"}
    tools.send("Storage.clearDataForOrigin", origin)
    yield lambda: watched(page)
    page.close()


def _explore(seen: Visit, app: App, **link: str) -> Page:
    query = urlencode({"network": "sample"} | link)
    seen.open(f"{app.url}/explore?{query}", "Explore")
    return seen.page


def _legend(page: Page) -> list[str]:
    """What the colours of the chart stand for."""
    texts = page.get_by_test_id("stVegaLiteChart").locator(".mark-group.role-legend text")
    return [text for text in texts.all_text_contents() if text]


def test_a_chosen_chart_is_the_same_in_another_browser_and_stays_on_its_page(
    app: App, visit: Begin, own_visit: Begin
) -> None:
    seen = visit()
    page = _explore(seen, app, query="daily_flows", since="2025-01-01")
    page.get_by_role("combobox", name="Drawn").click()
    page.get_by_role("option", name="paid_ftm", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Chart").click()
    page.get_by_role("radio", name="bars").click()
    expect(page).to_have_url(re.compile("chart=bars"))
    seen.settle()
    chosen = parse_qs(urlsplit(page.url).query)
    assert len(chosen["draw"]) == 2
    shown = _legend(page)
    assert set(shown) == set(chosen["draw"])

    again = own_visit()
    again.open(page.url, "Explore")
    other = again.page.get_by_test_id("stVegaLiteChart")
    assert _legend(again.page) == shown
    assert other.locator(".mark-rect.role-mark path").count() > 20
    assert again.notices() == seen.notices()
    again.page.get_by_role("link", name="Status", exact=True).click()
    again.page.get_by_role("heading", name="Status", exact=True).wait_for()
    again.settle()
    assert not any("does not know" in notice for notice in again.notices())
    assert "draw" not in again.page.url
    assert seen.complaints == again.complaints == []


LAST = "Your last statements"


def _run(page: Page, seen: Visit, sql: str, *, by_key: bool = False) -> None:
    box = page.get_by_label("SQL", exact=True)
    box.fill(sql)
    if by_key:
        box.press("Control+Enter")
    else:
        page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(re.escape(urlencode({"sql": sql}))))
    newest = page.locator("details.statements li button").first
    expect(newest).to_have_attribute("title", sql)
    seen.settle()


def _remembered(page: Page) -> list[str]:
    """The statements, as they are told; none of them is a secret of another test's."""
    group = page.locator("details.statements")
    return [str(each.get_attribute("title")) for each in group.locator("li button").all()]


def _told(page: Page, count: int) -> None:
    expect(page.get_by_text(f"{LAST} ({count})" if count else f"{LAST}: those you")).to_be_visible()


def test_statements_that_were_run_are_kept_over_a_reload_and_taken_back_by_a_click(
    app: App, own_visit: Begin
) -> None:
    seen = own_visit()
    page = _explore(seen, app, sql="SELECT 'of a stranger' AS x")
    assert "of+a+stranger" in page.url
    _told(page, 0)
    _run(page, seen, "SELECT 1 AS one\nFROM store_info")
    _told(page, 1)
    _run(page, seen, "SELECT 2 AS two", by_key=True)
    _run(page, seen, "SELECT nothing FROM nowhere")
    _told(page, 3)
    page.reload()
    seen.settle()
    _told(page, 3)
    page.get_by_text(LAST).click()
    assert _remembered(page) == [
        "SELECT nothing FROM nowhere",
        "SELECT 2 AS two",
        "SELECT 1 AS one\nFROM store_info",
    ], "not what came by a link"
    page.get_by_role("button", name="SELECT 1 AS one FROM store_info").click()
    expect(page.get_by_label("SQL", exact=True)).to_have_value("SELECT 1 AS one\nFROM store_info")
    expect(page).to_have_url(re.compile("one"))
    seen.settle()
    _run(page, seen, "SELECT 2 AS two")
    assert [text[:8] for text in _remembered(page)] == ["SELECT 2", "SELECT n", "SELECT 1"]
    numbers = [f"SELECT {number} AS number" for number in range(8)]
    for sql in numbers:
        _run(page, seen, sql)
    kept = [*reversed(numbers), "SELECT 2 AS two", "SELECT nothing FROM nowhere"]
    assert _remembered(page) == kept, "the ten newest"
    page.get_by_role("button", name="Forget them").click()
    _told(page, 0)
    page.get_by_role("radio", name="table", exact=True).click()
    page.get_by_role("heading", name="Columns", exact=True).wait_for()
    seen.settle()
    page.get_by_role("radio", name="SQL", exact=True).click()
    seen.settle()
    _told(page, 0)
    page.reload()
    seen.settle()
    _told(page, 0)
    page.get_by_role("button", name="Run", exact=True).click()
    _told(page, 1)  # it came by a link too, and was run now
    assert seen.complaints == []


@pytest.mark.parametrize(
    "script",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no'); }})",
        "Storage.prototype.setItem = () => { throw new DOMException('full', "
        "'QuotaExceededError'); }",
        "localStorage.setItem('explore statements', '{\"not\": [a list')",
        "localStorage.setItem('explore statements', '[1, null, \" \", {}]')",
    ],
)
def test_where_the_browser_keeps_nothing_the_page_does_and_nobody_is_told(
    script: str, app: App, own_visit: Begin
) -> None:
    seen = own_visit()
    seen.page.add_init_script(script)
    page = _explore(seen, app, ask="SQL")
    _told(page, 0)
    _run(page, seen, "SELECT 1 AS one")
    _run(page, seen, "SELECT 2 AS two")
    _told(page, 2)
    assert _remembered(page) == ["SELECT 2 AS two", "SELECT 1 AS one"]
    page.get_by_text(LAST).click()
    page.get_by_role("button", name="Forget them").click()
    _told(page, 0)
    assert not [each for each in seen.complaints if "statements" in each]


def test_tables_stand_beside_the_box_are_searched_and_are_folded_on_a_phone(
    app: App, visit: Begin
) -> None:
    seen = visit()
    page = _explore(seen, app, ask="SQL")
    box, tables = page.get_by_label("SQL", exact=True), page.locator("details.dictionary")
    left, right = box.bounding_box(), tables.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] < right["x"], "beside it"
    named = tables.locator(".list > details:visible > summary code")
    assert named.count() > 15
    page.get_by_label("Search tables and columns").nth(0).fill("refused push")
    expect(named).to_have_text(["head_moves", "hourly_flows", "payouts", "requests"])
    columns = ["refused", "flow", "manual", "status", "manual_at"]
    expect(tables.locator("dt:visible code")).to_have_text(columns)
    page.get_by_label("Search tables and columns").nth(0).fill("STUBS")
    assert "stubs" in named.all_text_contents()
    page.get_by_label("Search tables and columns").nth(0).fill("no such word")
    expect(named).to_have_count(0)
    page.get_by_label("Search tables and columns").nth(0).fill("")
    named.filter(has_text=re.compile("^requests$")).click()
    held = tables.locator("dt:visible").filter(has_text="payout_wei")
    expect(held).to_contain_text("DECIMAL(38,0)")

    phone = visit(390)
    page = _explore(phone, app, ask="SQL")
    folded = page.locator("details.dictionary")
    expect(folded.locator(".list")).to_be_hidden()
    folded.get_by_text("Tables and columns", exact=True).click()
    expect(folded.locator(".list")).to_be_visible()
    phone.fits("explore-tables", "phone")
    assert seen.complaints == phone.complaints == []
