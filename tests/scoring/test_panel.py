"""Once a day windows of who waits and of new unstakes are logged, whoever looks at pages."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import queries
from data.store.reader import open_reader
from scoring import panel
from scoring.companion import companion_of, read_scores, write_scores
from scoring.forecast_log import log_of, read_log
from scoring.panel import append_panel, is_panel_due

SYNCED = datetime(2025, 3, 1, tzinfo=UTC)
NOW = SYNCED + timedelta(minutes=20)
HEAD = 2198


@pytest.fixture
def store(sample_store: Path, sample_scores: Path, tmp_path: Path) -> Path:
    """The sample as if it were real, with scores."""
    path = tmp_path / "store.duckdb"
    shutil.copy(sample_store, path)
    shutil.copy(sample_scores, companion_of(path))
    change(path, "UPDATE store_info SET simulated = FALSE")
    return path


def change(store: Path, *statements: str) -> None:
    with duckdb.connect(store) as con:
        for statement in statements:
            con.execute(statement)


def publish(store: Path, later: timedelta) -> datetime:
    """A sync up to a block so much later than the sample's; returns a moment soon after it."""
    at = SYNCED + later
    change(store, f"UPDATE store_info SET synced_at = '{at}', synced_block = synced_block + 1")
    return at + timedelta(minutes=20)


def test_everyone_who_waits_and_four_new_unstakes_are_logged(store: Path) -> None:
    assert is_panel_due(store, NOW)
    with open_reader(store) as con:
        waiting = queries.run(con, "pending_requests")
    assert append_panel(store, NOW) == waiting.height + 4
    lines = read_log(store).frame
    assert lines["wr_id"].drop_nulls().to_list() == waiting["wr_id"].to_list()
    assert lines["new_ftm"].drop_nulls().to_list() == [10, 100, 1_000, 10_000]
    assert lines["forecast_at"].unique().to_list() == [SYNCED]
    assert lines["inputs_hash"].n_unique() == 1
    second = lines.filter(wr_id=HEAD + 1).row(0, named=True)
    # 10,339.31 and 16.69 to be paid, less 2,578.39 that the pool can spend.
    assert second["need_ftm"] == pytest.approx(7777.606, abs=0.001)
    # 14,895.71 wait.
    assert lines.filter(new_ftm=1_000)["need_ftm"].item() == pytest.approx(13_317.32, abs=0.01)
    assert "0x" not in log_of(store).read_text().replace(lines["inputs_hash"][0], "")


def test_it_is_logged_once_a_day_after_a_publish(store: Path) -> None:
    first = append_panel(store, NOW)
    for later in (timedelta(0), timedelta(hours=1), timedelta(hours=23)):
        now = publish(store, later)
        assert not is_panel_due(store, now)
        assert append_panel(store, now) == 0
    now = publish(store, timedelta(days=1))  # the next day in UTC, though not 24 hours after all
    assert append_panel(store, now) == first
    assert append_panel(store, now) == 0
    assert read_log(store).frame.height == 2 * first


def test_of_many_who_wait_few_are_logged_evenly_and_the_first_in_line(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "MOST_PENDING", 20)
    append_panel(store, NOW)
    ids = read_log(store).frame["wr_id"].drop_nulls()
    assert ids[0] == HEAD
    assert 15 < ids.len() <= 20
    assert ids.diff().drop_nulls().n_unique() == 1


def test_nothing_is_logged_of_an_old_block_a_simulation_or_unscored_odds(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_panel_due(store, SYNCED + timedelta(hours=3))
    kept = read_scores(store)
    write_scores(store, replace(kept, about=replace(kept.about, model_version="older")))
    assert append_panel(store, NOW) == 0
    write_scores(store, kept)
    monkeypatch.setenv("FTM_FORECAST_LOG", "off")
    assert append_panel(store, NOW) == 0
    monkeypatch.delenv("FTM_FORECAST_LOG")
    change(store, "UPDATE store_info SET simulated = TRUE")
    assert append_panel(store, NOW) == 0
    assert not log_of(store).exists()


def test_a_request_whose_need_is_unknown_is_left_out(store: Path) -> None:
    # What waits in all is then unknown, so there is no window of a new unstake either.
    change(store, f"UPDATE requests SET ahead_wei = NULL WHERE wr_id = {HEAD + 5}")
    append_panel(store, NOW)
    lines = read_log(store).frame
    assert HEAD + 5 not in lines["wr_id"].to_list()
    assert HEAD in lines["wr_id"].to_list()
    assert lines["wr_id"].null_count() == 0
