"""Any value of any parameter of a link to any page gives a notice at most, never a failed page."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import queries
from pages.unstake.form import FIELDS
from tests.shown import opened, plain

PAGES = {
    "": ("amount", "unstake", "range", "since", "until", "token", "payouts", "at"),
    "waits": ("range", "since", "until", "days", "at"),
    "unstake": FIELDS,
    "track": ("find", "watch", "at"),
    "outlook": ("amount", "of", "at"),
    "explore": ("ask", "query", "chart", "along", "draw", "colour", "table", "sql", "at"),
    "status": (),
}
VALUES = {
    "empty": "",
    "space": " ",
    "inf": "inf",
    "minus inf": "-inf",
    "nan": "nan",
    "beyond a double": "1e309",
    "above 63 bits": "9223372036854775808",
    "63 bits": "9223372036854775807",
    "minus 63 bits": "-9223372036854775809",
    "negative": "-1",
    "zero": "0",
    "long": "9" * 10_000,
    "null byte": "a\0b",
    "surrogate": "\u202e\U0001f4a3'\"<script>`;--",
    "far day": "9999-12-31",
    "no day": "2025-02-30",
    "true": "True",
    "list": "[1, 2]",
}
WITH_PARAMS = [name for name in queries.names() if queries.load(name).params]


@pytest.fixture
def sample(sample_store: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FTM_STORE", str(sample_store))
    environment.setenv("FTM_NETWORK", "sample")


def stands(app: AppTest) -> None:
    """The page is whole: none of it failed, and a value that cannot be is not shown as one."""
    assert not app.exception
    assert "This page failed" not in "".join(str(error.body) for error in app.error)
    assert app.title


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("page", PAGES)
def test_no_value_of_any_parameter_fails_a_page(page: str, value: str) -> None:
    link = dict.fromkeys((*PAGES[page], "network"), VALUES[value])
    stands(opened(page, **link))
    del link["network"]
    app = opened(page, **link)
    stands(app)
    app.run()  # what a page does with it once more must stand too
    stands(app)


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("name", WITH_PARAMS)
def test_no_value_of_a_querys_parameter_fails_explore(name: str) -> None:
    for value in ("", "inf", "1e309", "9223372036854775807", "999999999999999", "-1", "2099-12-31"):
        link = {field.name: value for field in queries.load(name).params}
        stands(opened("explore", query=name, **link))


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("page", PAGES)
def test_an_empty_choice_is_named_or_is_as_none(page: str) -> None:
    for name in PAGES[page]:
        app = opened(page, **{name: ""})
        stands(app)


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("page", PAGES)
def test_a_parameter_that_comes_twice_counts_once(page: str) -> None:
    for name in (*PAGES[page], "network"):
        app = opened(page, **{name: ["1", "2"]})  # type: ignore[arg-type]
        stands(app)


@pytest.mark.usefixtures("sample")
def test_columns_that_a_link_draws_may_come_several_times() -> None:
    link = {"query": "daily_flows", "draw": ["paid_ftm", "claimed_ftm"]}
    app = opened("explore", **link)  # type: ignore[arg-type]
    assert not app.warning
    assert app.query_params["draw"] == link["draw"]


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("page", PAGES)
def test_what_trackers_add_to_a_link_leaves_it_in_silence(page: str) -> None:
    added = {"fbclid": "a", "utm_source": "b", "utm_anything": "c", "gclid": "d", "msclkid": "e"}
    app = opened(page, **added, unheard="f")
    stands(app)
    assert "`unheard`" in plain(app)
    assert not set(added) & set(app.query_params)
    for name in added:
        assert name not in plain(app)
