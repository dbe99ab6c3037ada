"""The statements that were run in this browser last, to be taken back by a click. The browser keeps
them, for this origin, and forgets them at a click: the server keeps none."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.browser.component import component

_KEY = "last statements"
_MOST = 10


def last(ran: str | None, turn: str, letters: int, take: Callable[[str], None]) -> None:
    """Draw the last ten, distinct, of at most `letters` letters each.

    `ran` is what its user ran in this run, None where he ran nothing; `turn` tells one run from the
    next. `take` is called with a statement that was clicked, before the next run.
    """

    def taken() -> None:
        text = st.session_state[_KEY].get("taken")
        # A browser can say anything: what a box cannot hold is none of what was kept.
        if isinstance(text, str) and text.strip() and len(text) <= letters:
            take(text)

    wanted = ran if ran is not None and ran.strip() and len(ran) <= letters else None
    draw = component("statements", *(f"statements.{kind}" for kind in ("html", "css", "js")))
    data = {"most": _MOST, "letters": letters, "ran": wanted and {"text": wanted, "turn": turn}}
    draw(key=_KEY, data=data, on_taken_change=taken, height="content")
