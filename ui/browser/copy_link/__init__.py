"""A button that copies the page's address, which holds every input: a view is a link."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


@cache
def _component() -> Any:
    html, css, js = ((_FOLDER / f"copy_link.{kind}").read_text() for kind in ("html", "css", "js"))
    return st.components.v2.component("copy_link", html=html, css=css, js=js)


def button() -> None:
    """Draw the button. What it copies is the address bar's content at the click."""
    _component()(key="copy link", width="content", height="content")
