"""The backtest on a store, and the score of what was really said, as anyone can print them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from answers.sources import read_sources
from data import StoreError
from data.config import ROOT, copy_of
from data.sample import SAMPLE_UNTIL
from data.store.reader import StoreInfo, open_reader, read_info
from forecast.backtest import choose_source
from scoring.__main__ import main, score_report
from scoring.companion import Scores, companion_of, read_scores, write_scores
from scoring.forecast_log import log_of
from scoring.inputs import Inputs, read_inputs, read_releases
from scoring.log_append import append_windows
from scoring.run import first_verdict, is_due, model_version, run_backtest
from tests.made_forecasts import entry
from tests.processes import python
from tests.small_store import small_store

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def inputs(sample_store: Path) -> Inputs:
    with open_reader(sample_store) as con:
        return read_inputs(con)


@pytest.fixture(scope="module")
def scores(sample_scores: Path) -> Scores:
    return read_scores(sample_scores.with_suffix(""))


def test_a_need_is_what_stood_ahead_and_its_own_with_what_the_pool_may_have_had() -> None:
    with small_store() as con:
        found = read_inputs(con)
    columns = ("wr_id", "need_ftm", "in_pool_ftm", "spendable_ftm")
    assert found.requests.select(columns).rows()[-3:] == [
        (5, 1020, 1000, None),
        (6, 1020, 1000, None),
        (7, 1020.5, 1000, 30),
    ]
    assert (found.block, found.released) == (1012, 4)
    assert list(found.funding) == ["claims", "inflows", "payouts"]


def test_a_request_whose_need_is_unknown_is_left_out_and_none_counts_twice() -> None:
    with small_store() as con:
        con.execute("UPDATE requests SET ahead_wei_at_request = NULL WHERE wr_id = 6")
        con.execute("INSERT INTO requests FROM requests WHERE wr_id = 5")
        assert read_inputs(con).requests["wr_id"].to_list() == [0, 1, 2, 3, 4, 5, 7]


def test_the_backtest_scores_the_model_beside_every_baseline(scores: Scores) -> None:
    about = scores.about
    assert (about.block, about.made_at) == (99_772_823, SAMPLE_UNTIL)
    assert about.source == scores.sources["source"][0]
    assert 150 < about.origins <= 250
    whole = scores.table.filter(slice="all", metric="tw_crps")
    assert set(whole["model"]) == {
        "this tracker",
        "always 35 days",
        "1 to 35 days",
        "last wait",
        "need / recent rate",
        "past waits by amount",
    }
    told = score_report(scores)
    assert f"model {model_version()}" in told
    assert told.count("\n") == 11 + scores.table["slice"].n_unique() - 1
    few = [line for line in told.splitlines() if line.startswith("amount: 10,000")]
    assert [line.endswith("undecided") for line in few] == [True]


def test_scores_are_kept_beside_the_store_and_read_again(scores: Scores, tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    assert read_scores(store) is None
    assert write_scores(store, scores) == companion_of(store)
    again = read_scores(store)
    assert again.about == scores.about
    assert_frame_equal(again.table, scores.table)
    assert_frame_equal(again.sources, scores.sources)
    assert_frame_equal(again.forecasts, scores.forecasts)
    assert scores.forecasts.height >= scores.about.origins
    companion_of(store).write_bytes(b"no database")
    assert read_scores(store) is None
    for folder in (tmp_path / "none", companion_of(store)):  # none, and a file
        with pytest.raises(StoreError, match="cannot write"):
            write_scores(folder / "store.duckdb", scores)


def test_it_is_due_again_with_enough_new_releases_or_another_model(
    sample_store: Path, inputs: Inputs, scores: Scores, tmp_path: Path
) -> None:
    store = tmp_path / "store.duckdb"
    shutil.copyfile(sample_store, store)
    assert is_due(store)
    write_scores(store, scores)
    assert not is_due(store)
    changed = ({"released": inputs.released - 500}, {"model_version": "older"})
    for changes in (*changed, {"provisional": True}):
        write_scores(store, replace(scores, about=replace(scores.about, **changes)))
        assert is_due(store)


def test_a_first_verdict_is_of_few_over_the_whole_history_and_less_sure(
    inputs: Inputs, scores: Scores
) -> None:
    first = first_verdict(inputs, NOW)
    assert (first.about.provisional, scores.about.provisional) == (True, False)
    assert 150 < first.about.origins <= 200
    halves = pl.col("slice").str.starts_with("half-year")
    assert set(first.table.filter(halves)["slice"]) == set(scores.table.filter(halves)["slice"])
    tenth = inputs.requests.gather_every(10)
    fewer = first_verdict(replace(inputs, requests=tenth), NOW)
    widths = [
        each.table.filter(model="this tracker", slice="all", metric="tw_crps").select(
            pl.col("high") - pl.col("low")
        )
        for each in (first, fewer)
    ]
    assert widths[0].item() < widths[1].item()


def test_shared_work_is_the_same_work_and_tells_how_far_it_is(inputs: Inputs) -> None:
    fewer = replace(inputs, requests=inputs.requests.gather_every(20))
    heard: list[tuple[int, int]] = []
    shared = run_backtest(fewer, NOW, processes=2, on_progress=lambda *done: heard.append(done))
    assert (heard[0], heard[-1]) == ((0, 117), (117, 117))
    assert heard == sorted(heard)
    alone = first_verdict(fewer, NOW)  # here few are all
    assert_frame_equal(shared.table, alone.table, abs_tol=1e-9)
    assert_frame_equal(shared.forecasts, alone.forecasts)
    judged = choose_source(
        fewer.requests, fewer.funding, as_of=fewer.as_of, lock_ups=fewer.lock_ups
    )
    assert_frame_equal(shared.sources, judged, abs_tol=1e-9)


def test_where_it_is_due_a_first_verdict_comes_first_and_two_numbers_a_line(
    sample_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store.duckdb"
    shutil.copyfile(sample_store, store)
    with duckdb.connect(store) as con:
        con.execute("DELETE FROM requests WHERE wr_id % 20 > 0")
    command = [sys.executable, "-m", "scoring", "--if-due", "--store", str(store)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as scorer:
        lines = [scorer.stdout.readline()]
        assert read_scores(store).about.provisional
        lines += scorer.stdout.readlines()
    assert scorer.returncode == 0
    assert not read_scores(store).about.provisional
    assert (lines[0], lines[-1]) == ("0 117\n", "117 117\n")
    assert all(re.fullmatch(r"\d+ 117\n", line) for line in lines)
    assert python(*command[1:]).stdout == ""


def test_a_store_where_nothing_was_paid_has_no_scores_and_says_so(
    inputs: Inputs, tmp_path: Path
) -> None:
    never = pl.lit(None, pl.Datetime("us", "UTC"))
    young = inputs.requests.with_columns(released_at=never).tail(3)
    none = {name: frame.clear() for name, frame in inputs.funding.items()}
    scores = run_backtest(replace(inputs, requests=young, funding=none), NOW, processes=1)
    assert (scores.about.source, scores.about.origins) == ("payouts", 0)
    assert scores.table.is_empty()
    assert scores.sources.is_empty()
    assert "no request is old enough" in score_report(scores)
    write_scores(tmp_path / "store.duckdb", scores)
    again = read_scores(tmp_path / "store.duckdb")
    assert again.about == scores.about


def test_a_missing_store_and_an_unknown_network_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in ([], ["--log"]):
        assert main([*options, "--store", str(tmp_path / "none.duckdb")]) == 1
        assert "sync the network first" in capsys.readouterr().err
    assert main(["--network", "nonsense"]) == 2
    assert "no network 'nonsense'" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["", "ducklake:postgres:dbname=ftm", "file:///shared/ftm"])
def test_without_a_network_the_store_is_the_one_that_the_app_shows(
    address: str,
    tmp_path: Path,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.setattr("data.config.VAR", tmp_path)
    environment.setenv("FTM_NETWORK", "fantom")
    environment.setenv("FTM_STORE", address)
    store = read_sources().default().path
    assert store == (copy_of(address, "fantom") if address else tmp_path / "fantom.duckdb")
    assert main(["--if-due"]) == 0  # there is none yet
    store.parent.mkdir(exist_ok=True)
    store.write_bytes(b"no store" * 10_000)
    assert main(["--if-due"]) == 1
    assert store.name in capsys.readouterr().err


# `python -m scoring --log`


@pytest.fixture
def store(sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample as if it were real: its forecasts are logged."""
    monkeypatch.delenv("FTM_FORECAST_LOG", raising=False)
    path = tmp_path / "store.duckdb"
    shutil.copy(sample_store, path)
    with duckdb.connect(path) as con:
        con.execute("UPDATE store_info SET simulated = FALSE")
    return path


def printed(store: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["--log", "--store", str(store)]) == 0
    return capsys.readouterr().out


def log_each(store: Path, waited_for: pl.DataFrame, **changes: object) -> None:
    """Log one forecast of each request, made at the moment it was asked for."""
    with open_reader(store) as con:
        info = read_info(con)
    for wr_id, at, _ in waited_for.rows():
        then: StoreInfo = replace(info, synced_at=at, synced_block=1, **changes)
        append_windows(store, then, [entry(wr_id)], logged_at=at)


def releases(store: Path) -> pl.DataFrame:
    with open_reader(store) as con:
        return read_releases(con)


def covered(rows: Sequence[tuple[int, datetime, datetime]]) -> int:
    """How many waited 1 to 19 days."""
    waits = [(paid - asked).total_seconds() / 86_400 for _, asked, paid in rows]
    return sum(1 <= wait <= 19 for wait in waits)


def test_where_nothing_was_logged_it_says_so_and_keeps_nothing(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(store, capsys) == "nothing was forecast here yet\n"
    assert [path.name for path in store.parent.iterdir()] == ["store.duckdb"]


def test_a_few_forecasts_are_scored_and_are_no_verdict(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = releases(store).head(4)
    log_each(store, first)
    lines = printed(store, capsys).splitlines()
    assert lines[0].startswith("4 forecasts logged up to 20")
    batches = re.search(r"4 of them resolved in (\d) payout batch(es)?$", lines[0])
    assert lines[2].split() == [
        "model",
        *["covered_50", "covered_90", "late", "pinball"],
        *["brier_7", "brier_14", "brier_35", "brier_90"],
    ]
    assert [line.split()[0] for line in lines[3:5]] == ["all", "m1"]
    assert lines[5] == "undecided: fewer than 60 payout batches"
    assert "no verdict on the 90 % ranges yet: " in lines[6]
    assert lines[6].endswith(f" {batches[1]} of 30 batches")


def test_enough_forecasts_get_a_verdict_with_its_figure(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paid = releases(store).drop_nulls().head(300)
    log_each(store, paid)
    last = printed(store, capsys).splitlines()[-1]
    # The sample's early waits are short of a day or longer than 19 days too often for these.
    assert covered(paid.rows()) < 0.6 * paid.height
    assert last.startswith("ALARM: the 90 % ranges held 0.")
    assert last.endswith("over the last 30 payout batches, less than 0.75")


def test_what_was_left_out_is_told(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = releases(store).head(3)
    log_each(store, first.head(2))
    log_each(store, first.tail(1), chain_id=4002)  # of another chain, whose ids are other requests
    with open_reader(store) as con:
        info = read_info(con)
    paid, waits = int(first["wr_id"][0]), int(releases(store)["wr_id"][-1])
    append_windows(store, info, [entry(paid)], logged_at=info.synced_at)  # paid long before
    append_windows(store, info, [entry(waits)])  # now, of a block of 2025
    with log_of(store).open("ab") as file:
        file.write(b'{"forecast_at": "20')
    told = printed(store, capsys)
    assert told.startswith("2 forecasts logged up to ")
    assert "apart: 1 request not found as waiting, 1 logged long after their block\n" in told
    assert told.endswith("left out, as they cannot be read: 1 line\n")


def test_it_is_a_command(store: Path) -> None:
    told = python("-m", "scoring", "--log", "--store", store)
    assert (told.returncode, told.stdout) == (0, "nothing was forecast here yet\n")


def test_a_release_is_known_though_the_need_is_not() -> None:
    with small_store() as con:
        con.execute("UPDATE requests SET ahead_wei_at_request = NULL WHERE wr_id = 1")
        con.execute("INSERT INTO requests FROM requests WHERE wr_id = 5")
        found = read_releases(con)
    assert found.columns == ["wr_id", "requested_at", "released_at"]
    assert found["wr_id"].to_list() == list(range(8))
    # The head passed 0 to 3, two of them refused.
    assert found["released_at"].is_null().to_list() == [False] * 4 + [True] * 4
