"""A line that nobody sees and a screen reader reads out when it changes: what a page found."""

from __future__ import annotations

from ui.browser.component import component


def say(text: str) -> None:
    """Have plain `text` read out, if it differs from the last one; "" is silence.

    Draw it at the same place in each run: only a line that was there before is heard to change.
    """
    files = ("live_region.html", "live_region.css", "live_region.js")
    draw = component("live_region", *files, isolate_styles=False)
    draw(key="live region", data={"text": text}, height="content")
