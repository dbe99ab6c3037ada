"""The Unstake page on the sample, run without a browser and without a node."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import queries
from data.store.reader import open_reader
from pages.unstake.terms import Terms, read_terms
from tests.shown import Show, said


def tiles(app: AppTest) -> dict[str, str]:
    return {tile.label: tile.value for tile in app.metric}


def in_link(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def plain(app: AppTest) -> str:
    """What it says, without the escapes that keep foreign text from being markup."""
    return said(app).replace("\\", "")


def terms_of(store: Path) -> Terms:
    """The terms that a store's own logs tell."""
    with open_reader(store) as con:
        terms = read_terms(queries.run(con, "unstake_terms").row(0, named=True))
    assert terms is not None
    return terms


def button(app: AppTest, label: str) -> object:
    return next(one for one in app.button if one.label == label)


@pytest.fixture
def show_sample(show: Show, environment: pytest.MonkeyPatch, tmp_path: Path) -> Show:
    """The sample under its own network's name, as the app shows it."""

    def run(*statements: str, **link: str) -> AppTest:
        environment.setenv("FTM_NETWORK", "sample")
        return show(*statements, page="unstake", **link)

    return run


@pytest.fixture
def show_with_odds(show_sample: Show, show_scored: Show) -> Show:
    """As `show_sample`, with scores beside the store."""
    return show_sample
