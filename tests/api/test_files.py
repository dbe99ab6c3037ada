"""The files that pages offer, by their addresses: what a page's query answers, to the byte."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import queries
from answers import files, past
from answers.files import SCORES, WHEN_MADE
from answers.provenance import file_name, provenance
from answers.sources import read_sources
from answers.store_view import StoreView, fetched, open_view
from queries.export import as_csv, as_parquet
from scoring.companion import companion_of, read_scores
from tests.api.conftest import Client

DAY = "2024-03-01"
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("pending_requests", {"token": None}),
    ("pending_requests", {"token": "aFTMc"}),
    (
        "depth_against_claims",
        {"step": "week", "since": date(2024, 1, 1), "until": date(2024, 6, 30), "token": None},
    ),
    ("operator_runs", {}),
    ("request_history", {"wr_id": 1990}),
    ("paid_within_35_days", {"days": 35}),
]


def shown() -> StoreView:
    """The store as a page shows it."""
    source = read_sources().default()
    view = open_view(source, source.version(), datetime.now(UTC))
    assert view is not None
    return view


@pytest.mark.parametrize(("name", "params"), ASKED)
def test_a_file_is_what_the_pages_query_answers_and_says_where_from(
    client: Client, name: str, params: dict[str, Any]
) -> None:
    asking, view = client(), shown()
    rows = fetched(view.version, name, **params)
    texts = {key: str(value) for key, value in params.items() if value is not None}
    about = provenance(view.info, name, queries.load(name).sql, texts)
    assert rows.height
    for kind, written in (("csv", as_csv), ("parquet", as_parquet)):
        answer = asking.get(files.address(view, "queries", name, kind, params))
        assert answer.status_code == 200, answer.text
        assert answer.content == written(rows, about)
        named = f'attachment; filename="{file_name(name, texts, view.info)}.{kind}"'
        assert answer.headers["content-disposition"] == named


def test_a_table_is_whole_and_has_its_amounts_in_ftm(client: Client) -> None:
    asking, view = client(), shown()
    answer = asking.get(files.address(view, "tables", "requests", "parquet", {}))
    rows = pl.read_parquet(io.BytesIO(answer.content))
    assert rows.height == view.table_rows("requests")
    assert {"payout_wei", "payout_ftm"} <= set(rows.columns)


def test_a_file_of_a_day_of_the_past_is_of_that_day(client: Client) -> None:
    asking = client()
    then = past.open_at(read_sources().default(), DAY, datetime.now(UTC))
    at = files.address(then, "queries", "payouts", "csv", {})
    assert at.endswith(f"?at={DAY}")
    head, *lines = asking.get(at).text.splitlines()
    assert f"block={then.info.synced_block}" in head
    assert len(lines) == 1 + then.ask("payouts").height


def test_scores_are_files_once_there_are_scores(
    client: Client, sample_scores: Path, tmp_path: Path
) -> None:
    asking, view = client(), shown()
    links = [files.address(view, "scores", name, "csv", {}) for name in (SCORES, WHEN_MADE)]
    assert [asking.get(link).status_code for link in links] == [404, 404]
    shutil.copyfile(sample_scores, companion_of(tmp_path / "served.duckdb"))
    kept = read_scores(tmp_path / "served.duckdb")
    assert kept is not None
    for link, rows in zip(links, (kept.table, kept.forecasts), strict=True):
        head, *lines = asking.get(link).text.splitlines()
        assert f"scored_to_block={kept.about.block}" in head
        assert len(lines) == 1 + rows.height


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("sample/queries/no_such.csv", 404),
        ("sample/queries/payouts.xlsx", 404),
        ("sample/queries/payouts.csv?tokn=aFTMc", 400),
        ("sample/queries/payouts.csv?token=doge", 400),
        ("sample/queries/request_history.csv?wr_id=ten", 400),
        ("sample/queries/payouts.csv?at=" + "1" * 30, 400),
        ("sample/tables/no_such.csv", 404),
        ("sample/tables/store_info;.csv", 404),
        ("sample/scores/others.csv", 404),
        ("sample/else/payouts.csv", 404),
        ("moon/queries/payouts.csv", 404),
    ],
)
def test_what_is_no_file_is_a_problem(client: Client, path: str, status: int) -> None:
    answer = client().get(f"{files.FOLDER}/{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_has_too_many_rows_is_no_file(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("answers.files.MOST_ROWS", 10)
    asking = client()
    for path in ("queries/payouts.csv", "tables/requests.csv"):
        answer = asking.get(f"{files.FOLDER}/sample/{path}")
        assert answer.status_code == 413
        assert "too many for a file" in answer.json()["detail"]
        assert "Ask a query for less" in answer.json()["detail"]
    view = shown()
    whole = files.of_query(view, "payouts", {}, however_large=True)
    assert whole.rows.height == view.ask("payouts").height > 10


def test_the_past_of_very_many_logs_has_no_address(
    client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client()
    then = past.open_at(read_sources().default(), DAY, datetime.now(UTC))
    assert files.has_address(then)
    monkeypatch.setattr("answers.past.MOST_LOGS", 100)
    assert not files.has_address(then)
    assert files.has_address(shown())
