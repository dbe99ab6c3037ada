"""The theme that begins every run's messages, made once a process.

Streamlit goes through all of its options for it, six times a run: a tenth of what its loop does for
a click. So a change of the theme is seen once the server was started again, as one of code is.
"""

from __future__ import annotations

from collections.abc import Callable

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

Fill = Callable[..., None]


def make_once() -> None:
    """Have Streamlit make each part of the theme once."""
    app_session._populate_theme_msg = made_once(app_session._populate_theme_msg)


def made_once(fill: Fill) -> Fill:
    """The same as `fill`, which fills a new message with a section of the theme."""
    made: dict[str, CustomThemeConfig] = {}  # one a section, of which there are six

    def filled(message: CustomThemeConfig, section: str = "theme") -> None:
        if section not in made:
            new = CustomThemeConfig()
            fill(new, section)
            made[section] = new
        if made[section].ByteSize():  # a section without options is no part of the message
            message.MergeFrom(made[section])

    return filled
