"""How often a page looks for new scores of its odds: each second only while some are to come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.odds import progress

STORE, VERSION = Path("pool.duckdb"), ("a", 1, 2)


@pytest.fixture(autouse=True)
def nothing_scored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(progress, "_settled", None)
    yield
    progress.end(STORE)


def test_a_server_that_scores_nothing_lets_no_page_wait_for_scores() -> None:
    assert not progress.is_expected(STORE, VERSION)


def test_scores_are_expected_until_the_published_version_was_looked_at() -> None:
    settled = progress.begin()
    assert not progress.is_expected(STORE, None)  # nothing is published
    assert progress.is_expected(STORE, VERSION)
    settled[STORE] = VERSION
    assert not progress.is_expected(STORE, VERSION)
    assert progress.is_expected(STORE, ("b", 1, 2))
    settled[STORE] = ("b", 1, 2)
    progress.tell(STORE, 800, 2177)
    assert progress.is_expected(STORE, ("b", 1, 2))
