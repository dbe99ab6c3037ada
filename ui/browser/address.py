"""Writes what the server filled into the page's address over the present entry of the history: a
press of Back then leads to where the visitor was."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.browser.component import component

_SENT = "address told"


def tell(changes: Mapping[str, str | None], turn: str) -> None:
    """Have the address hold these parameters, those of None no more, without a new entry.

    `turn` tells one run from the next. Draw it once a run, also of a page that changes nothing.
    """
    if changes:
        st.session_state[_SENT] = {"changes": list(changes.items()), "turn": turn}
    _draw("page address", st.session_state.get(_SENT, {"changes": [], "turn": ""}))


def tell_of_part(changes: Mapping[str, str | None], turn: str) -> None:
    """The same where a part of a page was drawn alone; only where there are changes."""
    if changes:
        _draw("part address", {"changes": list(changes.items()), "turn": turn})


def _draw(key: str, changes: object) -> None:
    draw = component("address", "nothing.html", "address.js")
    draw(key=key, data=changes, width="content", height=1)
