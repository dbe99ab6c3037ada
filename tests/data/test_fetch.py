"""The copy of a store that lies elsewhere: fetched when there is news, and when none can be
had, that is told."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from data import ConfigError, StoreError
from data import fetch as data_fetch
from data.config import copy_of
from data.fetch import fetched, follow, main
from data.fetched import Tell
from data.store.fetch_state import FetchState, read_state, write_state


@dataclass(frozen=True)
class InFolder:
    """A store in another folder, as one elsewhere: it is news where the copy is older."""

    origin: Path
    path: Path
    network: str = "sample"

    def is_news(self) -> bool:
        try:
            there = self.origin.stat().st_mtime_ns
        except OSError as error:
            raise StoreError(f"{self.origin} is not there") from error
        if self.origin.read_text() == "refused":
            raise StoreError(f"{self.origin} is refused")
        return not self.path.exists() or self.path.stat().st_mtime_ns != there

    def fetch(self, tell: Tell) -> None:
        tell(1, 2)
        state = read_state(self.path)
        assert (state.done, state.of) == (1, 2)
        shutil.copy2(self.origin, self.path)


@pytest.fixture
def copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> InFolder:
    monkeypatch.setattr(data_fetch, "LOOKED_EVERY_S", 0)
    caplog.set_level(logging.INFO, "data.fetch")
    (tmp_path / "origin").write_text("first")
    return InFolder(tmp_path / "origin", tmp_path / "copy")


def rounds(copy: InFolder, *acts: str) -> Iterator[bool]:
    """Before each look, what becomes of the origin: gone, or with this in it."""
    for act in acts:
        copy.origin.unlink(missing_ok=True)
        if act != "gone":
            copy.origin.write_text(act)
        yield True
    yield False


def test_each_news_is_fetched_and_nothing_is_told(
    copy: InFolder, caplog: pytest.LogCaptureFixture
) -> None:
    looks = rounds(copy, "first", "second")
    follow(copy, lambda: next(looks))
    assert copy.path.read_text() == "second"
    assert caplog.messages == []
    assert read_state(copy.path) == FetchState()


def test_each_fault_of_an_outage_and_its_end_are_told_once_and_the_copy_stays(
    copy: InFolder, caplog: pytest.LogCaptureFixture
) -> None:
    gone, refused = f"{copy.origin} is not there", f"{copy.origin} is refused"
    looks = rounds(copy, "first", "gone", "gone", "refused", "gone", "second", "second", "gone")
    follow(copy, lambda: next(looks))
    assert caplog.messages == [gone, refused, "the store can be fetched again", gone]
    looks = rounds(copy, "second")
    follow(copy, lambda: next(looks))
    assert caplog.messages[4:] == ["the store can be fetched again"]
    assert copy.path.read_text() == "second"
    assert read_state(copy.path) == FetchState()


def test_while_it_lasts_the_state_says_why_and_since_when(copy: InFolder) -> None:
    looks = rounds(copy, "first", "gone", "gone")
    seen: list[FetchState] = []

    def still() -> bool:
        seen.append(read_state(copy.path))
        return next(looks)

    follow(copy, still)
    assert seen[1] == FetchState()
    assert seen[2].fault == seen[3].fault == f"{copy.origin} is not there"
    assert seen[2].since_s == seen[3].since_s > 0
    assert copy.path.read_text() == "first"


def test_an_outage_that_began_before_this_process_is_told_from_then_on(
    copy: InFolder, caplog: pytest.LogCaptureFixture
) -> None:
    gone = f"{copy.origin} is not there"
    write_state(copy.path, FetchState(done=1, of=2, fault=gone, since_s=7))
    looks = rounds(copy, "gone")
    follow(copy, lambda: next(looks))
    state = read_state(copy.path)
    assert (state.done, state.of, state.since_s) == (0, 0, 7)
    assert caplog.messages == []
    looks = rounds(copy, "first")
    follow(copy, lambda: next(looks))
    assert caplog.messages == ["the store can be fetched again"]


def test_an_address_needs_a_network_and_a_kind_that_is_known() -> None:
    with pytest.raises(ConfigError, match="set FTM_NETWORK too"):
        fetched("ducklake:postgres:dbname=ftm", None)
    with pytest.raises(ConfigError, match="no network 'nowhere'"):
        fetched("ducklake:postgres:dbname=ftm", "nowhere")
    with pytest.raises(ConfigError, match="begins with gopher:"):
        fetched("gopher://host/store", "sample")


def test_copies_of_two_addresses_are_two_and_tell_neither() -> None:
    ours, theirs = (copy_of(f"ducklake:postgres:host={host}", "sample") for host in ("a1", "b2"))
    assert ours != theirs
    assert "a1" not in str(ours)


def test_without_an_address_there_is_nothing_to_fetch(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTM_STORE", "/tmp/a.duckdb")
    assert main([]) == 2
    assert "names no address" in capsys.readouterr().err
