"""Puts what is being typed into the page's address, in place of what stood there.

Streamlit makes an entry to go back to of every address that the server sets, so that slow typing
would leave one for each pause. It makes none where the browser has that address already.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


@cache
def _component() -> Any:
    css, js = ((_FOLDER / f"typed_address.{kind}").read_text() for kind in ("css", "js"))
    return st.components.v2.component("typed_address", css=css, js=js, isolate_styles=False)


def follow(key: str, name: str, dropping: tuple[str, ...]) -> None:
    """While the text input of this `key` is typed into, the address has its text as `name`, and
    none of `dropping`. The server writes the same: should it come first, there is one entry more.
    """
    said = {"field": key.replace(" ", "-"), "name": name, "dropping": list(dropping)}
    _component()(key="typed address", data=said, height="content")
