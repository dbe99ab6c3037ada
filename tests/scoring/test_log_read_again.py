"""What was read of the log is not read again, and what is in it counts once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoring import forecast_log, log_append
from scoring.forecast_log import last_line, log_of, read_log
from tests.made_forecasts import LINE, append, ids, scribble


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store.duckdb"
    log_append._seen.clear()
    forecast_log._read.clear()


def test_only_what_was_appended_is_read(store: Path) -> None:
    append(store, 1, 2)
    scribble(store, b"torn\n")
    assert (ids(store), read_log(store).unreadable_lines) == ([1, 2], 1)
    log = log_of(store)
    with log.open("r+b") as file:
        file.write(b"?" * 50)  # nobody does that: it shows that the line is not read again
    append(store, 3)
    scribble(store, log.read_bytes().splitlines()[1] + b"\n")  # 2 again, which counts once
    assert (ids(store), read_log(store).unreadable_lines) == ([1, 2, 3], 1)
    forecast_log._read.clear()
    assert (ids(store), read_log(store).unreadable_lines) == ([2, 3], 2)


def test_a_line_that_is_still_being_written_counts_once_it_is_whole(store: Path) -> None:
    append(store, 1, 2)
    whole = log_of(store).read_bytes()
    log_of(store).write_bytes(whole[:-20])
    assert (ids(store), read_log(store).unreadable_lines) == ([1], 1)
    scribble(store, whole[-20:-1])
    assert (ids(store), read_log(store).unreadable_lines) == ([1, 2], 0)
    scribble(store, b"\n")
    assert (ids(store), read_log(store).unreadable_lines) == ([1, 2], 0)


def test_another_log_in_its_place_is_read_anew(store: Path) -> None:
    append(store, 1, 2, 3)
    assert ids(store) == [1, 2, 3]
    log_of(store).rename(store.with_name("old"))
    assert ids(store) == []
    append(store, 9)
    assert ids(store) == [9]


def test_a_line_of_before_there_were_new_unstakes_is_read(store: Path) -> None:
    old = {name: value for name, value in LINE.items() if name != "new_ftm"}
    log_of(store).write_text(json.dumps(old) + "\n")
    assert read_log(store).frame.select("wr_id", "new_ftm").rows() == [(7, None)]
    log_of(store).write_text(json.dumps(LINE | {"wr_id": None}) + "\n")  # of nothing
    forecast_log._read.clear()
    assert read_log(store).unreadable_lines == 1


def test_the_last_line_is_found_without_the_others(store: Path) -> None:
    assert last_line(store) is None
    append(store, *range(100))
    assert last_line(store).wr_id == 99
    scribble(store, b'{"forecast_at": "20')
    assert last_line(store).wr_id == 99
