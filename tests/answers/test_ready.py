"""A new version of a store is shown once it answers what pages asked, and is never held back for
good."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from answers import ready, scored, store_view
from answers.kept import ANSWERS
from answers.sources import Source, read_sources
from answers.store_view import StoreView
from queries import QueryError
from scoring.companion import companion_of
from tests.apart import apart
from tests.app import edited
from ui.server import readying

NEWS = "UPDATE store_info SET published_at = now()"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def source(sample_store: Path, tmp_path: Path) -> Iterator[Source]:
    ready.end()
    ready.begin()
    yield Source("sample", edited(sample_store, tmp_path / "shown.duckdb"))
    ready.end()
    ready.begin()


def page(source: Source) -> StoreView:
    """The version that is shown, as a page has it."""
    view = store_view.open_view(source, ready.shown_version(source), NOW)
    assert view is not None
    return replace(view, is_page=True)


def asked(source: Source) -> None:
    """What two pages ask of the version that is shown."""
    view = page(source)
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


def test_a_question_that_fails_keeps_no_other_from_being_answered(
    source: Source, sample_store: Path
) -> None:
    ready.make_ready(source)
    asked(source)
    with pytest.raises(QueryError, match="want 1 or more"):
        page(source).ask("queue_metrics", days=0)
    edited(sample_store, source.path, NEWS)
    ready.make_ready(source)
    assert is_answered(source, "queue_depth")
    assert is_answered(source, "operator_runs")


def test_what_programs_ask_is_not_asked_again(source: Source, sample_store: Path) -> None:
    ready.make_ready(source)
    replace(page(source), is_page=False).ask("queue_depth", step="hour")
    edited(sample_store, source.path, NEWS)
    ready.make_ready(source)
    assert not is_answered(source, "queue_depth")


def test_odds_are_made_ready_where_a_page_asked_for_them_and_else_are_not(
    source: Source, sample_store: Path, sample_scores: Path
) -> None:
    shutil.copyfile(sample_scores, companion_of(source.path))
    ready.make_ready(source)
    assert scored.odds_of(page(source)) is not None
    for is_asked in (True, False):
        edited(sample_store, source.path, NEWS)
        before = scored._present.cache_info().currsize
        ready.make_ready(source)
        assert (scored._present.cache_info().currsize > before) is is_asked


def test_a_question_that_takes_for_ever_holds_no_version_back_for_good(
    source: Source, sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.make_ready(source)
    before = ready.shown_version(source)
    edited(sample_store, source.path, NEWS)
    assert ready.shown_version(source) == before
    monkeypatch.setattr(ready, "_LONGEST_S", 0.0)
    assert ready.shown_version(source) == source.version()


def test_the_server_makes_versions_ready_and_stops_when_it_is_told_to(
    source: Source, sample_store: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_STORE", str(source.path))
    read_sources.cache_clear()

    async def publish_beside_the_server() -> None:
        keeping = asyncio.create_task(readying.keep_ready())
        before = source.version()
        while source.path not in ready._READY:
            await asyncio.sleep(0.02)
        asked(source)
        edited(sample_store, source.path, NEWS)
        while (shown := ready.shown_version(source)) == before:
            await asyncio.sleep(0.02)
        assert shown == source.version()
        assert is_answered(source, "queue_depth")
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping

    apart(lambda: asyncio.run(publish_beside_the_server()))
    read_sources.cache_clear()
    assert not ready._READY, "the newest is shown from now on"


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
