"""Whoever cannot see a sync's terminal is told how far it is and how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from data import NodeError
from data.ingest.progress import Progress
from data.store.sync_state import SyncState, is_syncing, read_state, write_state
from data.store.writer import lock
from ui.frame import sync_now


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.duckdb"


def test_nothing_is_known_before_a_first_sync(store: Path) -> None:
    assert read_state(store) is None
    assert not is_syncing(store)


def test_a_sync_tells_how_far_it_is_and_that_it_ended(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.progress._WRITE_EVERY_S", 0)
    with Progress(store) as progress:
        progress.expect(300)
        progress("pool", 300, 7)
        running = read_state(store)
    assert (running.blocks, running.total, running.logs) == (150, 300, 7)
    assert (running.doing, running.ended_s, running.error) == ("reading pool logs", None, None)
    ended = read_state(store)
    assert ended.ended_s is not None
    assert (ended.error, ended.logs) == (None, 7)


def test_where_nobody_looks_a_line_a_minute_takes_the_place_of_the_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.progress._LINE_EVERY_S", 0)
    with Progress() as progress:
        progress.expect(3_000)
        progress("pool", 3_000, 7)
        monkeypatch.setattr("data.ingest.progress._LINE_EVERY_S", 60)
        progress("sfc", 1_000, 1)
        progress("sfc", 1_000, 1)
    assert capsys.readouterr().err.splitlines() == [
        "reading pool logs: 1,500 of 3,000 blocks, 7 logs",
        "reading sfc logs: 2,000 of 3,000 blocks, 8 logs",
    ]


def test_how_long_syncs_fail_counts_from_the_first_that_did(store: Path) -> None:
    since = set()
    for _ in range(2):
        with pytest.raises(NodeError), Progress(store):
            raise NodeError("no endpoint gave a usable answer")
        since.add(read_state(store).failing_since_s)
    assert len(since) == 1
    assert None not in since
    with Progress(store):
        running = read_state(store)
        assert (running.error, running.error_kind) == (None, "node")
        assert {running.failing_since_s} == since
    assert (read_state(store).error_kind, read_state(store).failing_since_s) == (None, None)


def test_more_may_be_read_than_was_expected(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.ingest.progress._WRITE_EVERY_S", 0)
    with Progress(store) as progress:
        progress.expect(10)
        progress("pool", 30, 1)
        progress("bond", 60, 1)  # blocks that were to be read again
        assert progress._so_far == "45 of 45 blocks, 2 logs"
        progress.expect(5)
        assert progress._so_far == "45 of 45 blocks, 2 logs"
        heard = read_state(store)
    assert (heard.blocks, heard.total) == (45, 45)


def test_a_note_before_the_bar_is_due_stands_alone_on_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress() as progress:
        progress.expect(300)
        progress("pool", 300, 7)
        progress.note("a node was left out")
    assert capsys.readouterr().err == "a node was left out\n"


def test_a_failed_sync_leaves_its_reason(store: Path) -> None:
    with pytest.raises(NodeError), Progress(store):
        raise NodeError("no endpoint gave a usable answer")
    told = read_state(store)
    assert told.error == "no endpoint gave a usable answer"


def test_the_time_left_follows_from_the_pace_so_far() -> None:
    assert SyncState(0, 10, blocks=100, total=300).seconds_left == 20
    assert SyncState(0, 10, blocks=0, total=300).seconds_left is None
    assert SyncState(0, 10, blocks=300, total=200).seconds_left == 0


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"other": 1}', '{"began_s": 1}'])
def test_a_damaged_state_is_none(store: Path, text: str) -> None:
    write_state(store, SyncState(1, 2))
    store.with_name("store.duckdb.progress").write_text(text)
    assert read_state(store) is None


def test_who_holds_the_lock_is_syncing(store: Path) -> None:
    with lock(store):
        assert is_syncing(store)
    assert not is_syncing(store)


def test_a_folder_that_cannot_be_written_stops_no_sync(tmp_path: Path) -> None:
    write_state(tmp_path / "none" / "store.duckdb", SyncState(1, 2))
    assert read_state(tmp_path / "none" / "store.duckdb") is None


def test_a_sync_that_has_not_said_what_it_reads_is_told_in_whole_words() -> None:
    assert sync_now._progress(None) == (0.0, "Asking the node how far the chain is")
    silent = SyncState(0, 10, total=64)
    assert sync_now._progress(silent) == (0.0, "Reading: 0 of 64 blocks, 0 new logs")
    busy = SyncState(0, 10, blocks=16, total=64, logs=3, doing="reading pool logs")
    told = "Reading pool logs: 16 of 64 blocks, 3 new logs, 30 s left"
    assert sync_now._progress(busy) == (0.25, told)
    done = SyncState(0, 10, blocks=64, total=64)
    assert sync_now._progress(done) == (1.0, "Rebuilding the queue and checking it")
