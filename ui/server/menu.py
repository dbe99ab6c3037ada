"""The pages that the menu leads to.

They are made once a process: Streamlit would look for the file of each one at every click.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui.server import addresses

_FOLDER = Path(__file__).parents[2] / "pages"


def pages() -> list[StreamlitPage]:
    """The pages, for one run of the script that calls this: it marks the one that it shows."""
    return [copy(page) for page in _made()]


@cache
def _made() -> tuple[StreamlitPage, ...]:
    return tuple(
        st.Page(
            _FOLDER / name / "page.py",
            title=name.capitalize(),
            url_path=name,
            default=name == addresses.FIRST,
        )
        for name in addresses.PAGES
    )
