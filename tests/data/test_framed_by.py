"""Sites that may show pages in a frame are named by their origins, one by one."""

from __future__ import annotations

import pytest

from data import ConfigError
from data.config import settings


def test_sites_that_may_frame_pages_are_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "FTM_FRAMED_BY", "https://A.example/  http://[::1]:8080 http://b-1.example:80"
    )
    framed_by = ("https://a.example", "http://[::1]:8080", "http://b-1.example:80")
    assert settings().framed_by == framed_by
    monkeypatch.setenv("FTM_FRAMED_BY", "")
    assert settings().framed_by is None


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "https://*",
        "https://*.example.org",
        "a.example",
        "https:",
        "https://a.example/path",
        "https://a.example?b",
        "https://user@a.example",
        "https://a.example:port",
        "https://a.example;script-src",
        "https://a.example,https://b.example",
        "'self'",
        "data:",
        "https://a.example https://b.example/c",
    ],
)
def test_what_is_no_origin_may_frame_nothing(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTM_FRAMED_BY", text)
    with pytest.raises(ConfigError, match=r"FTM_FRAMED_BY: .* is no origin: want http://host"):
        settings()
