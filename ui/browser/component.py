"""What the browser alone can do: components of HTML, styles and scripts that lie in this folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


@cache
def component(name: str, *files: str, isolate_styles: bool = True) -> Any:
    """A component of these `files`; several of a kind are joined in their order.

    With `isolate_styles` off, its styles reach what is around it on the page.
    """
    parts = {
        kind: "".join((_FOLDER / file).read_text() for file in files if file.endswith(kind)) or None
        for kind in ("html", "css", "js")
    }
    return st.components.v2.component(name, **parts, isolate_styles=isolate_styles)
