"""The tables of a store with what each column holds, to be searched; folded on a phone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ui.browser.component import component


def show(tables: Sequence[dict[str, Any]]) -> None:
    """Draw `tables`, each with its `name`, what it `holds`, and its `columns`: name, type and what
    it holds."""
    # The browser draws them anew, all folded, where they are others.
    version = hashlib.sha256(repr(tables).encode()).hexdigest()
    draw = component("dictionary", *(f"dictionary.{kind}" for kind in ("html", "css", "js")))
    draw(key="dictionary", data={"tables": list(tables), "version": version}, height="content")
