"""A button that copies the page's address, which holds every input: a view is a link."""

from __future__ import annotations

from ui.browser.component import component


def button() -> None:
    """Draw the button. What it copies is the content of the address bar at the click."""
    draw = component("copy_link", "copy_link.html", "copy_link.css", "copy_link.js")
    draw(key="copy link", width="content", height="content")
