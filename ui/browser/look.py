"""What every page needs of the browser beside itself: styles that the theme cannot tell, for narrow
screens and for lines that are too long to read; and figures that a browser's translator leaves
alone, as it would keep old ones.

Both are one component: each costs the server time at every click.
"""

from __future__ import annotations

from ui.browser.component import component


def draw() -> None:
    """Draw it once a page, before anything else; it shows nothing."""
    draw = component("look", "nothing.html", "look.css", "figures.js", isolate_styles=False)
    draw(key="look", width="content", height=1)
