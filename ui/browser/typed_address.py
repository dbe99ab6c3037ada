"""Writes what is being typed into the page's address without adding to the browser's history.

Streamlit adds an entry to the history for every address that the server sets: slow typing would
leave one for each pause. It adds none where the browser has that address already.
"""

from __future__ import annotations

from ui.browser.component import component


def follow(key: str, name: str, dropping: tuple[str, ...]) -> None:
    """While someone types into the text input of this `key`, the address holds its text as the
    parameter `name`, and none of `dropping`.

    The server then sets the same address. Should it be first, the history has one entry more.
    """
    files = ("typed_address.css", "typed_address.js")
    draw = component("typed_address", *files, isolate_styles=False)
    field = {"field": key.replace(" ", "-"), "name": name, "dropping": list(dropping)}
    draw(key="typed address", data=field, height="content")
