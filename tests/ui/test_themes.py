"""The theme of the first message is what Streamlit makes of it, made once."""

from __future__ import annotations

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from ui.server import themes


def test_each_section_of_the_theme_is_made_once_and_the_message_is_what_it_was() -> None:
    made: list[str] = []

    def fill(message: CustomThemeConfig, section: str) -> None:
        made.append(section)
        app_session._populate_theme_msg(message, section)

    usual, once = _message(app_session._populate_theme_msg), themes.made_once(fill)
    assert usual.light.ByteSize()
    assert usual.dark.ByteSize()
    assert not usual.light.HasField("sidebar")
    for _ in range(2):
        assert _message(once) == usual
    assert len(made) == len(set(made)) == 6


def _message(fill: themes.Fill) -> CustomThemeConfig:
    """A theme in Streamlit's order."""
    message = CustomThemeConfig()
    fill(message)
    fill(message.light, "theme.light")
    fill(message.dark, "theme.dark")
    fill(message.sidebar, "theme.sidebar")
    fill(message.light.sidebar, "theme.light.sidebar")
    fill(message.dark.sidebar, "theme.dark.sidebar")
    return message
