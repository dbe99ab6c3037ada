"""A line that a screen reader reads out when it changes: what a page found, and nobody sees."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


@cache
def _component() -> Any:
    html, css, js = (
        (_FOLDER / f"live_region.{kind}").read_text() for kind in ("html", "css", "js")
    )
    # Without isolation, as the styles take the place around the line out of the layout.
    return st.components.v2.component(
        "live_region", html=html, css=css, js=js, isolate_styles=False
    )


def say(text: str) -> None:
    """Have plain `text` read out, if it is not what was said last; "" says nothing.

    Draw it at the same place in each run: only a line that was there before is heard to change.
    """
    _component()(key="live region", data={"text": text}, height="content")
