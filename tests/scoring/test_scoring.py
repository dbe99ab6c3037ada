"""The backtest on a store: what it reads, what it keeps, and when it is due again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from data import StoreError
from data.sample import SAMPLE_UNTIL
from data.store.reader import open_reader
from scoring.__main__ import main, score_report
from scoring.companion import Scores, companion_of, read_scores, write_scores
from scoring.inputs import Inputs, read_inputs
from scoring.run import is_due, model_version, run_backtest
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
    assert found.requests.select("wr_id", "need_ftm", "in_pool_ftm").rows()[-3:] == [
        (5, 1020, 1000),
        (6, 1020, 1000),
        (7, 1020.5, 1000),
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
    assert 300 < about.origins <= 500
    whole = scores.table.filter(slice="all", metric="tw_crps")
    assert set(whole["model"]) == {
        "service curve",
        "constant 35",
        "uniform 1-35",
        "last wait",
        "fluid",
        "kaplan-meier",
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
    companion_of(store).write_bytes(b"no database")
    assert read_scores(store) is None
    with pytest.raises(StoreError, match="cannot write"):
        write_scores(tmp_path / "none" / "store.duckdb", scores)


def test_it_is_due_again_with_enough_new_releases_or_another_model(
    sample_store: Path, inputs: Inputs, scores: Scores, tmp_path: Path
) -> None:
    store = tmp_path / "store.duckdb"
    shutil.copyfile(sample_store, store)
    assert is_due(store)
    write_scores(store, scores)
    assert not is_due(store)
    for changes in ({"released": inputs.released - 500}, {"model_version": "older"}):
        write_scores(store, replace(scores, about=replace(scores.about, **changes)))
        assert is_due(store)


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
    assert main(["--store", str(tmp_path / "none.duckdb")]) == 1
    assert "sync the network first" in capsys.readouterr().err
    assert main(["--network", "nonsense"]) == 2
    assert "no network 'nonsense'" in capsys.readouterr().err
