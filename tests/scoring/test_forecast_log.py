"""What was forecast for whom is kept as it was said: once, whole, and never changed."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from data import ConfigError, StoreError
from forecast.backtest import BRIER_DAYS
from scoring import forecast_log, log_append
from scoring.forecast_log import LEVELS, SCHEMA, log_of, read_log
from scoring.log_append import append_windows
from tests.made_forecasts import (
    ADDRESS,
    HALF_PAST_HORIZON,
    INFO,
    LINE,
    LOGGED_AT,
    UNKNOWN,
    append,
    entry,
    ids,
    scribble,
)
from tests.made_funding import AT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store.duckdb"
    log_append._seen.clear()
    forecast_log._read.clear()


# What a line says


def test_a_forecast_is_one_line_of_what_was_said_and_from_which_block(store: Path) -> None:
    assert append(store, 7) == 1
    text = log_of(store).read_text()
    assert text.endswith("}\n")
    assert json.loads(text) == LINE
    assert list(json.loads(text)) == list(LINE) == list(SCHEMA)


def test_the_log_reads_as_it_was_written(store: Path) -> None:
    append(store, 7)
    row = read_log(store).frame.row(0, named=True)
    expected = LINE | {"forecast_at": AT, "logged_at": LOGGED_AT}
    assert row == expected
    assert [type(value) for value in row.values()] == [type(value) for value in expected.values()]


def test_the_frame_has_the_days_of_the_backtest() -> None:
    within = [name for name in SCHEMA if name.startswith("within")]
    assert within == [f"within_{days}_days" for days in BRIER_DAYS]
    assert (len(LEVELS), LEVELS[0], LEVELS[-1]) == (19, 0.05, 0.95)


def test_days_past_the_horizon_are_null_and_without_history_there_are_none(store: Path) -> None:
    append_windows(store, INFO, [entry(1, HALF_PAST_HORIZON), entry(2, UNKNOWN)])
    past, unknown = (json.loads(line) for line in log_of(store).read_text().splitlines())
    assert past["quantiles"] == [float(day) for day in range(1, 11)] + [None] * 9
    assert (past["kind"], past["within_7_days"], past["within_90_days"]) == (
        "beyond_horizon",
        0.35,  # 7 of 20
        0.5,
    )
    assert (unknown["kind"], unknown["quantiles"]) == ("insufficient_history", [])
    assert [unknown[f"within_{days}_days"] for days in BRIER_DAYS] == [None] * 4
    frame = read_log(store).frame
    assert frame["quantiles"].list.len().to_list() == [19, 0]
    assert read_log(store).unreadable_lines == 0


def test_no_address_is_in_any_line(store: Path) -> None:
    append(store, 7, 8)
    assert ADDRESS[2:] not in log_of(store).read_text().lower()
    assert "0x" not in log_of(store).read_text()


def test_the_time_of_logging_is_the_wall_clocks_unless_told(store: Path) -> None:
    append_windows(store, INFO, [entry()])
    assert read_log(store).frame["logged_at"][0] > AT + timedelta(days=900)


# When nothing is logged


def test_forecasts_from_a_simulated_store_are_not_logged(store: Path) -> None:
    assert append_windows(store, replace(INFO, simulated=True), [entry()]) == 0
    assert not log_of(store).exists()


def test_the_setting_turns_the_log_off_and_a_bad_one_is_named(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTM_FORECAST_LOG", "off")
    assert append(store, 7) == 0
    assert not log_of(store).exists()
    monkeypatch.setenv("FTM_FORECAST_LOG", "no")
    with pytest.raises(ConfigError, match=r"FTM_FORECAST_LOG: .*'on' or 'off'"):
        append(store, 7)
    assert not log_of(store).exists()
    for value in ("on", ""):
        monkeypatch.setenv("FTM_FORECAST_LOG", value)
        append(store, 7)
        assert ids(store) == [7]


def test_no_entry_makes_no_file_and_no_file_is_an_empty_log(store: Path) -> None:
    assert append_windows(store, INFO, []) == 0
    assert not log_of(store).exists()
    log = read_log(store)
    assert (log.frame.height, log.unreadable_lines) == (0, 0)
    assert log.frame.schema == SCHEMA


def test_a_store_without_a_block_has_nothing_to_forecast_from(store: Path) -> None:
    with pytest.raises(StoreError, match="sync it first"):
        append_windows(store, replace(INFO, synced_at=None), [entry()])


# Once, and never changed


def test_the_same_forecast_is_logged_once_and_another_block_or_model_is_another(
    store: Path,
) -> None:
    assert append(store, 7, 8, 7) == 2
    assert append(store, 7, 8) == 0
    assert append(store, 7, 9) == 1
    assert append(store, 7, block=701) == 1
    assert append(store, 7, model_version="m2") == 1
    assert ids(store) == [7, 8, 9, 7, 7]


def test_a_process_that_starts_anew_does_not_log_again(store: Path) -> None:
    append(store, 7)
    log_append._seen.clear()
    assert append(store, 7, 8) == 1


def test_what_this_process_logged_needs_no_second_look_at_the_file(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(store, 7, 8)
    monkeypatch.setattr(log_append, "_locked", None)
    assert append(store, 8) == 0
    with pytest.raises(TypeError):
        append(store, 9)


def test_a_file_that_was_moved_away_is_begun_anew(store: Path) -> None:
    append(store, 7)
    log_of(store).rename(store.with_name("elsewhere"))
    assert append(store, 7) == 1
    assert ids(store) == [7]


def test_a_file_that_was_replaced_by_a_longer_one_is_read_anew(store: Path) -> None:
    append(store, 7)
    other = store.with_name("other.duckdb")
    append(other, 8, 9)
    log_of(other).rename(log_of(store))
    assert append(store, 7, 8) == 1
    assert ids(store) == [8, 9, 7]


def test_of_a_forecast_that_is_there_twice_the_first_counts(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(store, 7)
    scribble(store, json.dumps(LINE | {"wr_id": 8}).encode() + b"\n")
    log_append._seen.clear()
    monkeypatch.setattr(log_append, "_TAIL_BYTES", 100)  # 7's line lies before that
    append_windows(store, INFO, [replace(entry(7), need_ftm=99.0)])
    assert log_of(store).read_bytes().count(b"\n") == 3
    assert read_log(store).frame.select("wr_id", "need_ftm").rows() == [(7, 30.5), (8, 30.5)]


def test_what_was_written_never_changes(store: Path) -> None:
    before = b""
    for number, block in enumerate((700, 700, 701)):
        append(store, number, block=block)
        scribble(store, b'{"torn": ' if number == 1 else b"")
        now = log_of(store).read_bytes()
        assert now.startswith(before)
        assert len(now) > len(before)
        before = now


WHOLE = json.dumps(LINE).encode()


# What cannot be read


def test_a_torn_line_is_skipped_and_counted_and_the_next_begins_on_a_fresh_line(
    store: Path,
) -> None:
    append(store, 1)
    scribble(store, WHOLE[:200])
    assert append(store, 7, 8) == 2
    log = read_log(store)
    assert log.frame["wr_id"].to_list() == [1, 7, 8]
    assert log.unreadable_lines == 1
    assert log_of(store).read_bytes().count(b"\n") == 4


def test_a_line_that_lacks_only_its_end_counts_and_is_not_logged_again(store: Path) -> None:
    log_of(store).write_bytes(WHOLE)
    assert append(store, 7, 8) == 1
    log = read_log(store)
    assert (log.frame["wr_id"].to_list(), log.unreadable_lines) == ([7, 8], 0)


@pytest.mark.parametrize(
    "text",
    [
        b"\0\0\0\0",
        b"\xff\xfe{}",
        b"[]",
        b"{}",
        WHOLE[:-1],
        json.dumps(LINE | {"wr_id": "7"}).encode(),
        json.dumps(LINE | {"wr_id": 2**64}).encode(),
        json.dumps(LINE | {"kind": "soon"}).encode(),
        json.dumps(LINE | {"need_ftm": float("nan")}).encode(),
        json.dumps(LINE | {"within_7_days": 1.5}).encode(),
        json.dumps(LINE | {"within_7_days": None}).encode(),
        json.dumps(LINE | {"quantiles": [1.0]}).encode(),
        json.dumps(LINE | {"quantiles": [None, *range(2, 20)]}).encode(),
        json.dumps(LINE | {"forecast_at": "2024-03-11T00:00:00"}).encode(),
        json.dumps(LINE | {"forecast_at": "2024-03-11T00:00:00+01:00"}).encode(),
    ],
)
def test_a_line_that_cannot_be_scored_breaks_nothing_and_is_counted(
    text: bytes, store: Path
) -> None:
    other = json.dumps(LINE | {"wr_id": 8}).encode()
    log_of(store).write_bytes(b"\n".join([WHOLE, text, b"", other, b""]))
    log = read_log(store)
    assert (log.frame["wr_id"].to_list(), log.unreadable_lines) == ([7, 8], 1)


# What cannot be written


def test_a_log_that_cannot_be_written_says_so(store: Path) -> None:
    log_of(store).mkdir()
    with pytest.raises(StoreError, match=r"cannot write .*forecasts: Is a directory; until"):
        append(store, 7)
    with pytest.raises(StoreError, match=r"cannot read .*forecasts: Is a directory"):
        read_log(store)
    with pytest.raises(StoreError, match="No such file or directory"):
        append(store.parent / "none" / "store.duckdb", 7)


def test_a_log_that_another_keeps_locked_is_not_waited_for_forever(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_append, "_LOCK_TRIES", 3)
    with log_of(store).open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        with pytest.raises(StoreError, match="another process keeps it locked"):
            append(store, 7)
        assert time.monotonic() - began < 60
    assert append(store, 7) == 1
