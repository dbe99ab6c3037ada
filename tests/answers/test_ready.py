"""A new version of a store is shown once it answers what pages asked, and is never held back for
good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from answers import ready, store_view
from answers.kept import ANSWERS
from answers.sources import Source
from tests.app import edited

NEWS = "UPDATE store_info SET published_at = now()"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def source(sample_store: Path, tmp_path: Path) -> Iterator[Source]:
    ready.end()
    yield Source("sample", edited(sample_store, tmp_path / "shown.duckdb"))
    ready.end()


def asked(source: Source) -> None:
    """What two pages ask of the version that is shown."""
    view = store_view.open_view(source, ready.shown_version(source), NOW)
    assert view is not None
    view.ask("queue_depth", step="day")
    view.ask_first("operator_runs", 5)


def is_answered(source: Source, name: str) -> bool:
    version = repr(source.version())
    return any(version in key and name in key for key in ANSWERS._values)


def test_a_new_version_is_shown_once_it_has_answered_what_was_asked_of_the_one_before(
    source: Source, sample_store: Path
) -> None:
    ready.make_ready(source)
    before = ready.shown_version(source)
    asked(source)
    edited(sample_store, source.path, NEWS)
    assert ready.shown_version(source) == before != source.version()
    assert not is_answered(source, "queue_depth")
    ready.make_ready(source)
    assert ready.shown_version(source) == source.version()
    assert is_answered(source, "queue_depth")
    assert is_answered(source, "operator_runs")


def test_what_nobody_asked_since_is_not_asked_again(source: Source, sample_store: Path) -> None:
    ready.make_ready(source)
    asked(source)
    for is_asked in (True, False):
        edited(sample_store, source.path, NEWS)
        ready.make_ready(source)
        assert ready.shown_version(source) == source.version()
        assert is_answered(source, "queue_depth") is is_asked


def test_the_newest_is_shown_where_nobody_makes_it_ready(
    source: Source, sample_store: Path
) -> None:
    asked(source)
    edited(sample_store, source.path, NEWS)
    assert ready.shown_version(source) == source.version()
    ready.make_ready(source)
    edited(sample_store, source.path, NEWS)
    ready.end()
    assert ready.shown_version(source) == source.version()


def test_a_version_that_cannot_be_opened_again_gives_way_to_the_newest(
    source: Source, sample_store: Path
) -> None:
    ready.make_ready(source)
    edited(sample_store, source.path, NEWS)
    ready.show_newest(source)
    assert ready.shown_version(source) == source.version()


@pytest.mark.parametrize("broken", [b"no store", b""])
def test_a_store_that_cannot_be_read_is_shown_as_that_and_no_older_one_in_its_place(
    source: Source, broken: bytes
) -> None:
    ready.make_ready(source)
    asked(source)
    following = source.path.with_name("following")
    following.write_bytes(broken)
    following.replace(source.path)
    ready.make_ready(source)
    assert ready.shown_version(source) == source.version()


def test_a_store_that_is_gone_is_shown_as_none(source: Source) -> None:
    ready.make_ready(source)
    source.path.unlink()
    assert ready.shown_version(source) is None
    ready.make_ready(source)
    assert ready.shown_version(source) is None
