"""Pages run without a browser: what they say."""

from __future__ import annotations

import re
from collections.abc import Callable

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.config import ROOT

Show = Callable[..., AppTest]


def opened(page: str = "", **link: str) -> AppTest:
    """The router, run on a page as a link with these parameters opens it."""
    app = AppTest.from_file(ROOT / "ui" / "main.py", default_timeout=120)
    for name, value in link.items():
        app.query_params[name] = value
    if page:
        # As a link does: switch_page() knows a page's address only after a first run.
        app._page_hash = calc_hash(page)
    return app.run()


def tiles(app: AppTest) -> dict[str, str]:
    return {tile.label: tile.value for tile in app.metric}


def said(app: AppTest) -> str:
    """What the page says in words."""
    texts = [*app.title, *app.subheader, *app.markdown, *app.caption]
    texts += [*app.warning, *app.error, *app.info]
    return "\n".join(str(text.value) for text in texts)


def plain(app: AppTest) -> str:
    """The same, without the escapes that keep foreign text from being markup."""
    return said(app).replace("\\", "")


def in_link(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def files(app: AppTest) -> list[str]:
    """The addresses of the files that the page offers."""
    texts = [str(text.value) for text in app.markdown]
    return [link for text in texts for link in re.findall(r"\]\((/api/files/[^)]*)\)", text)]


def button(app: AppTest, label: str) -> object:
    return next(one for one in app.button if one.label == label)
