"""A button that copies a link to the view: the page's address holds every input."""

from __future__ import annotations

from ui.browser.component import component
from ui.server import addresses


def button() -> None:
    """Draw the button. What it copies is the present view's preview, which leads to the page: its
    parameters are those of the address bar at the click."""
    draw = component("copy_link", "copy_link.html", "copy_link.css", "copy_link.js")
    data = {
        "folder": addresses.previews(),
        "pages": [addresses.FIRST, *addresses.PAGES],
        "longest": addresses.MOST_LETTERS,
    }
    draw(key="copy link", data=data, width="content", height="content")
