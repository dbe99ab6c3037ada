"""A page that the browser translates shows no figure of what it showed before."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.app import App
from tests.browser.visit import Begin, Visit

pytestmark = pytest.mark.browser

# Every text that may be translated gives way to another node, as Chrome's translator does it.
TRANSLATE = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const all = [];
  while (texts.nextNode()) all.push(texts.currentNode);
  for (const text of all) {
    const parent = text.parentElement;
    if (!text.data.trim() || parent.closest("[translate=no], script, style, svg, font")) continue;
    const font = document.createElement("font");
    font.append(Object.assign(document.createElement("font"), { textContent: text.data }));
    text.replaceWith(font);
  }
  document.documentElement.lang = "de";
}"""
# What is read out comes into its region a moment after a run.
_READ_OUT_MS = 1_000
FIGURES = r"""() => [...document.querySelectorAll("[data-testid=stMain] font")]
  .map((font) => font.textContent).filter((text) => /\d/.test(text))"""


def test_after_another_request_no_figure_of_the_first_stays(app: App, visit: Begin) -> None:
    seen = visit()
    seen.open(f"{app.url}/track?network=sample&find=2198", "Track a request")
    assert seen.page.evaluate("document.documentElement.lang") == "en"
    assert "10,339.3134" in seen.text()
    _translate(seen)
    _find(seen, "2210")
    assert (
        "10,339.3134" not in seen.text().partition("Request 2,210")[2].partition("Request 2,198")[0]
    )
    assert "2,198" not in seen.page.get_by_role("heading", level=3).first.inner_text()
    fresh = visit()
    fresh.open(f"{app.url}/track?network=sample&find=2210", "Track a request")
    assert seen.text() == fresh.text()


def test_a_translated_queue_follows_its_inputs(app: App, visit: Begin) -> None:
    for link, heading, other in (
        ("/outlook?network=sample&amount=10", "Outlook", "/outlook?network=sample&amount=20000"),
        ("/unstake?network=sample&amount=10", "Unstake", "/unstake?network=sample&amount=3000"),
    ):
        seen = visit()
        seen.open(app.url + link, heading)
        before = set(seen.text().splitlines())
        _translate(seen)
        label = "Payout in FTM" if heading == "Outlook" else "Amount"
        field = seen.page.get_by_label(label, exact=True)
        field.fill(other.rpartition("=")[2])
        field.press("Enter")
        expect(seen.page).to_have_url(re.compile(f"amount={other.rpartition('=')[2]}"))
        seen.settle()
        fresh = visit()
        fresh.open(app.url + other, heading)
        fresh.page.wait_for_timeout(_READ_OUT_MS)
        now, wanted = (set(one.text().splitlines()) for one in (seen, fresh))
        assert len(before - wanted) > 2
        assert wanted <= now
        assert not now & (before - wanted)


def _translate(visit: Visit) -> None:
    visit.page.wait_for_function("() => document.body.dataset.figuresKept")
    visit.page.evaluate(TRANSLATE)
    assert visit.page.locator("font").count() > 0  # prose is translated
    assert visit.page.evaluate(FIGURES) == []


def _find(visit: Visit, text: str) -> None:
    field = visit.page.get_by_role("textbox").first
    field.fill(text)
    field.press("Enter")
    visit.page.get_by_text("Request 2,210 for 20.7088 FTM").wait_for()
    visit.settle()
