"""One page in the browser, as a visitor has it open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import ConsoleMessage, Page, expect

from data.config import ROOT

SCREENSHOTS = ROOT / "var" / "screenshots"
# Kinds of screens by name: the width, and the scheme of colours.
LOOKS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "light": (1280, "light"),
    "dark": (1280, "dark"),
    "phone": (390, "light"),
}
# In one look: between two of them the page may have become another.
SETTLED = """() => {
  const all = (id) => [...document.querySelectorAll(`[data-testid=${id}]`)];
  return document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
    && !all("stSkeleton").some((skeleton) => skeleton.checkVisibility())
    && all("stVegaLiteChart").every((chart) => chart.querySelector("svg"));
}"""


@dataclass
class Visit:
    """One page in the browser, with what it complained about and whom it asked."""

    page: Page
    pictures: bool = False
    complaints: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def open(self, url: str, heading: str) -> None:
        """Go there and wait for the page's heading and for all that belongs to it."""
        self.page.goto(url)
        self.page.get_by_role("heading", name=heading, exact=True).wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run, and all that loads late is drawn."""
        self.page.wait_for_function(SETTLED)

    def text(self) -> str:
        return self.page.locator("[data-testid=stMain]").inner_text()

    def notices(self) -> list[str]:
        return self.page.locator("[data-testid=stAlert]").all_inner_texts()

    def each_look(self, first: int = 0) -> Iterator[str]:
        """Turn the page to each kind of screen, one after the other; pages that begin with
        different ones are opened on each kind, and all are seen on all."""
        names = list(LOOKS)
        for number in range(len(names)):
            look = names[(first + number) % len(names)]
            width, scheme = LOOKS[look]
            if number == 0 or self.page.evaluate("innerWidth") != width:
                self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)
            yield look

    def fits(self, name: str, look: str) -> None:
        """Nothing on the page is wider than the screen in this look."""
        width, scheme = LOOKS[look]
        expect(self.page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        self.screenshot(f"{name}-{look}")
        for element in ("html", "[data-testid=stMain]"):
            wide = self.page.locator(element).evaluate("(element) => element.scrollWidth")
            assert wide <= width, (name, look)

    def screenshot(self, name: str) -> None:
        """The whole page into var/screenshots, where somebody asked for pictures."""
        if not self.pictures:
            return
        height = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        width = self.page.viewport_size["width"] if self.page.viewport_size else 1280
        self.page.set_viewport_size({"width": width, "height": height + 80})
        self.settle()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


Begin = Callable[..., Visit]


def watched(page: Page, pictures: bool = False) -> Visit:
    """A visit that notes what the browser complains about and whom it asks."""
    visit = Visit(page, pictures)
    page.on("console", lambda message: _note(visit, message))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("request", lambda request: visit.asked.add(request.url))
    return visit


def _note(visit: Visit, message: ConsoleMessage) -> None:
    """Streamlit's own search for its root below a deep link ends in 404 by design."""
    searched = str(message.location.get("url", "")).endswith(
        ("/_stcore/health", "/_stcore/host-config")
    )
    if message.type in ("error", "warning") and not searched:
        visit.complaints.append(f"{message.type}: {message.text}")
