"""Styles that the theme cannot tell: narrow screens, and lines that are too long to read."""

from __future__ import annotations

from ui.browser.component import component


def draw() -> None:
    """Draw it once a page; it shows nothing."""
    files = ("figures.html", "look.css")
    component("look", *files, isolate_styles=False)(key="look", width="content", height=1)
