"""Explore: every query, table and statement by link, and what each says when it cannot."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import queries
from data.config import ROOT
from pages.explore.charts import MOST_ROWS, drawable
from tests.shown import Show, files, in_link, said
from ui.parts import shell

pytestmark = pytest.mark.usefixtures("environment")


def _table(app: AppTest, number: int = 0) -> list[str]:
    return list(app.dataframe[number].value.columns)


@pytest.mark.parametrize("name", queries.names())
def test_every_query_opens_by_link(name: str, show: Show) -> None:
    app = show(page="explore", query=name)
    assert not app.exception
    assert not app.error
    query = queries.load(name)
    assert query.title in said(app)
    assert any(f"queries/{name}.sql" in block.value for block in app.code)
    if any(field.note.endswith("default none") for field in query.params):
        assert "to ask for." in said(app)
    elif name not in ("failed_checks", "contradictions", "evidence"):  # a simulation has none
        assert _table(app) == [field.name for field in query.columns]


def test_choosing_one_query_after_the_other_fails_none(show: Show) -> None:
    app = show(page="explore", query="queue_depth")
    for name in ("claims_summary", "coverage", "daily_flows", "queue_depth"):
        app.selectbox(key="query").select(name).run()
        assert not app.exception, name
        assert queries.load(name).title in said(app)


def test_a_links_parameters_are_the_inputs_and_narrow_the_answer(show: Show) -> None:
    app = show(
        page="explore", query="payouts", since="2024-10-28", until="2024-11-25", token="aFTMc"
    )
    assert not app.warning
    rows = app.dataframe[0].value
    assert set(rows["token"]) == {"aFTMc"}
    assert str(rows["paid_at"].min()) >= "2024-10-28"
    assert "-cmd \"SET VARIABLE token = 'aFTMc'\"" in app.code[-1].value


@pytest.mark.parametrize(
    ("query", "name", "value", "wanted"),
    [
        ("payouts", "since", "yesterday", "is not a day such as 2024-12-18"),
        ("payouts", "token", "aFTM", "is not aFTMb or aFTMc"),
        ("pending_requests", "rows", "many", "is not a whole number"),
        ("pending_requests", "rows", "9" * 30, "is not a whole number"),
        ("paid_within_35_days", "days", "--5", "is not a whole number"),
        ("payouts", "since", "20240101", "is not a day such as 2024-12-18"),
        ("payouts", "wr_id", "5", "does not know"),
        ("requests_by_address", "address", "0" * 2_001, "is not a text of at most 2,000 letters"),
        ("no_such_query", "ask", "query", "is not one of those to choose from"),
    ],
)
def test_a_bad_parameter_is_named_and_its_default_shown(
    query: str, name: str, value: str, wanted: str, show: Show
) -> None:
    app = show(page="explore", query=query, **{name: value})
    assert not app.exception
    assert any(wanted in warning.value for warning in app.warning)
    assert query == "requests_by_address" or app.dataframe[0].value.shape[0] > 0


def test_a_statement_that_is_too_long_is_not_cut_and_run(show: Show) -> None:
    app = show(page="explore", sql="SELECT 1 AS one" + " " * 8_000 + "WHERE FALSE")
    assert "is not a text of at most 8,000 letters" in said(app)
    assert _table(app, -1)[0] == "token", "the first example, and no column `one`"


def test_a_parameter_called_rows_is_the_querys_own(show: Show) -> None:
    app = show(page="explore", query="pending_requests", rows="3")
    assert app.dataframe[0].value.shape[0] == 3


def test_an_answer_with_very_many_rows_is_shown_in_part_and_counted(show: Show) -> None:
    app = show(page="explore", query="queue_depth", step="hour")
    assert app.dataframe[0].value.shape[0] == 2_000
    assert re.search(r"^\d\d,\d{3} rows, the first 2,000 shown$", said(app), re.MULTILINE)
    assert "Too many rows to draw" in said(app)


def test_where_no_file_holds_the_rows_strangers_are_told_why_and_what_to_do(
    show: Show, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr("answers.files.MOST_ROWS", 100)
    environment.setenv("FTM_PUBLIC", "on")
    app = show(page="explore", ask="table", table="raw_logs")
    assert not files(app)
    assert "No file is offered: it would be made in the server's memory, where 100" in said(app)
    assert "or ask for a part of it by SQL" in said(app)
    app.button[0].click().run()
    assert app.text_area[0].value == "FROM raw_logs\nLIMIT 10000"
    assert not app.exception
    app = show(page="explore", query="queue_depth", step="hour")
    assert "Narrow what it asks for, or ask for a part of it by SQL." in said(app)
    environment.setenv("FTM_SQL_BOX", "off")
    app = show(page="explore", query="queue_depth", step="hour")
    assert "Narrow what it asks for." in said(app)
    assert "SQL box" not in said(app)


def test_an_unknown_id_answers_with_no_row_and_not_with_an_error(show: Show) -> None:
    app = show(page="explore", query="request_history", wr_id="99999999")
    assert "No row answers this: widen what it asks for." in said(app)
    assert not app.error


@pytest.mark.parametrize("table", ["requests", "raw_logs", "checks", "store_info"])
def test_a_table_says_what_it_holds_and_shows_its_first_rows(table: str, show: Show) -> None:
    app = show(page="explore", ask="table", table=table)
    assert not app.exception
    assert "One row" in said(app) or table == "checks"
    described = app.dataframe[1].value
    assert list(described["column_name"]) == _table(app)
    assert described["holds"].notna().all()


def test_wei_is_shown_to_the_last_digit(show: Show) -> None:
    exact = "123456789012345678901234567890"
    app = show(
        f"UPDATE requests SET payout_wei = {exact} WHERE wr_id = 0", page="explore", ask="table"
    )
    assert app.dataframe[0].value["payout_wei"][0] == exact
    ratio = f"UPDATE ratios SET ratio_wei = {exact}"
    app = show(ratio, page="explore", query="unstake_terms")
    assert app.dataframe[0].value["ratio_wei"][0] == exact
    app = show(page="explore", sql=f"SELECT {exact}::DECIMAL(38, 0) AS wei")
    assert app.dataframe[-1].value["wei"][0] == exact


def test_a_statement_by_link_is_answered(show: Show) -> None:
    app = show(page="explore", sql="SELECT count(*) AS n FROM requests WHERE wr_id < 7")
    assert int(app.dataframe[-1].value["n"][0]) == 7
    assert re.search(r"1 row in \d+\.\d\d s", said(app))


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT MAP {1: 2} AS a", "2"),
        ("SELECT MAP {[1]: 2} AS a", "2"),
        ("SELECT '\\xAB\\x00'::BLOB AS a", "ab"),
        ("SELECT INTERVAL 36 HOURS AS a", "1.5"),
        ("SELECT [1, NULL] AS a", "1"),
        ("SELECT 10::HUGEINT ** 37 AS a", "1"),
    ],
)
def test_a_value_of_an_odd_type_is_shown(sql: str, shown: str, show: Show) -> None:
    app = show(page="explore", sql=sql)
    assert not app.exception
    assert not app.error
    assert shown in str(app.dataframe[-1].value.iloc[0, 0]).lower()


@pytest.mark.parametrize(
    "sql", ["DELETE FROM requests", "FROM read_csv('/etc/passwd')", "SELECT", "SELECT 1; SELECT 2"]
)
def test_a_statement_that_is_refused_says_why_as_text(sql: str, show: Show) -> None:
    app = show(page="explore", sql=sql)
    assert not app.exception
    assert all(len(error.value) > 20 for error in app.error)
    assert len(app.error) == 1
    assert not app.dataframe


def test_an_empty_statement_says_what_to_do(show: Show) -> None:
    app = show(page="explore", ask="SQL", sql=" ")
    assert "Write one SELECT" in said(app)


@pytest.mark.parametrize("name", ["queue_depth", "claims_summary", "request_history"])
def test_a_chart_is_drawn_where_one_fits(name: str, show: Show, sample_store: Path) -> None:
    app = show(page="explore", query=name)
    charts = app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")
    assert bool(charts) == (name != "request_history")


def test_an_answer_with_too_many_rows_is_not_drawn(sample_store: Path) -> None:
    from data.store.reader import open_reader

    query = queries.load("queue_depth")
    with open_reader(sample_store) as con:
        answer = queries.run(con, "queue_depth", step="hour")
    assert answer.height > MOST_ROWS
    assert drawable(query.columns, answer) == []
    assert drawable(query.columns, answer.head(MOST_ROWS))[0] == "depth_ftm"


def test_the_command_shown_gives_the_same_answer(sample_store: Path) -> None:
    given = {"token": "aFTMc", "since": "2024-10-28", "until": "2024-10-30"}
    shown = shell.query(sample_store, "payouts", given)
    command = shlex.split(shown.replace(sample_store.name, str(sample_store)))
    lines = subprocess.run(
        [command[0], "-csv", *command[1:]], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert lines[0].startswith("paid_at,")
    assert len(lines) > 1


def test_the_first_table_stays_in_the_link(show: Show) -> None:
    """It is what the input begins with, which a link leaves out: then `ask` has to be there."""
    app = show(page="explore", table="requests")
    assert in_link(app, "ask") == "table"
    assert app.selectbox(key="table").value == "requests"
    again = show(page="explore", ask="table")
    assert again.selectbox(key="table").value == "requests"
