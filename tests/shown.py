"""Pages run without a browser: what they say."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

Show = Callable[..., AppTest]


def said(app: AppTest) -> str:
    """What the page says in words."""
    texts = [*app.title, *app.subheader, *app.markdown, *app.caption]
    texts += [*app.warning, *app.error, *app.info]
    return "\n".join(str(text.value) for text in texts)
