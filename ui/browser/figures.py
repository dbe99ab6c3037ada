"""Keeps the figures of every page out of a browser's translator, which would keep old ones."""

from __future__ import annotations

from ui.browser.component import component


def keep() -> None:
    """Draw it once a page; it shows nothing."""
    component("figures", "figures.html", "figures.js")(key="figures", width="content", height=1)
