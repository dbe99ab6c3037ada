"""A parameter that a page cannot take is named, left out of its answer and out of its link."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.shown import Show


@pytest.fixture
def show_sample(show: Show, environment: pytest.MonkeyPatch) -> Show:
    """The sample under its own network's name, as the app shows it."""
    environment.setenv("FTM_NETWORK", "sample")
    return show


def notices(app: AppTest) -> str:
    """What they say, without the marks and escapes that keep foreign text from being markup."""
    texts = "\n".join(str(notice.value) for notice in [*app.error, *app.warning, *app.info])
    return texts.replace("`", "").replace("\\", "")


@pytest.mark.parametrize(
    ("page", "link", "expected", "left"),
    [
        ("", {"network": "xyz"}, ["network xyz, which is none of fantom, "], {}),
        (
            "",
            {"token": "xyz", "range": "never", "payouts": "maybe"},
            [
                "range=never, which is not one of 35 days, ",
                "token=xyz, which is not one of both, aFTMb, aFTMc. Showing both.",
                "payouts=maybe, which is not true or false. Showing true.",
            ],
            {},
        ),
        ("", {"since": "banana"}, ["since=banana, which is not a day from 2022-03-16"], {}),
        (
            "",
            {"since": "2025-02-02", "until": "2024-01-01"},
            ["From 2025-02-02 to 2024-01-01 is no range"],
            {"since": "2025-02-02", "until": "2024-01-01"},
        ),
        (
            "",
            {"from": "abc", "to": "d", "token": "aFTMb"},
            ["sets from, to, which the page Queue does not know: there are network, range, "],
            {"token": "aFTMb"},
        ),
        ("status", {"range": "all"}, ["sets range, which the page Status does not know"], {}),
    ],
)
def test_a_bad_parameter_is_named_and_leaves_the_link(
    show_sample: Show, page: str, link: dict[str, str], expected: list[str], left: dict[str, str]
) -> None:
    app = show_sample(page=page, **link)
    assert not app.exception
    shown = notices(app)
    assert [notice for notice in expected if notice not in shown] == [], shown
    in_link = {k: v if isinstance(v, str) else v[-1] for k, v in app.query_params.items()}
    assert in_link == {"network": "sample"} | left
