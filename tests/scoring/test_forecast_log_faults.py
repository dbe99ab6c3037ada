"""A forecast log that is torn, foreign, locked or out of reach breaks nothing and says so."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data import StoreError
from scoring import forecast_log
from scoring.forecast_log import log_of, read_log
from tests.made_forecasts import LINE, append, scribble

WHOLE = json.dumps(LINE).encode()


@pytest.fixture(autouse=True)
def _no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FTM_FORECAST_LOG", raising=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store.duckdb"
    forecast_log._seen.clear()


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
    monkeypatch.setattr(forecast_log, "_LOCK_TRIES", 3)
    with log_of(store).open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        with pytest.raises(StoreError, match="another process keeps it locked"):
            append(store, 7)
        assert time.monotonic() - began < 5
    assert append(store, 7) == 1
