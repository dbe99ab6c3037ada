"""The SQL box of Explore: what stands beside it, how its answers are drawn and read, and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import queries
from data.store.reader import open_reader
from pages.explore import tables
from pages.explore.examples import examples
from pages.explore.sql_box import as_table
from queries import Field
from tests.queries.test_queries import NARROWED
from tests.shown import Show, button, in_link, plain
from ui.browser import dictionary

pytestmark = pytest.mark.usefixtures("environment")


def test_a_chosen_example_fills_the_box_stands_in_the_link_and_is_answered(show: Show) -> None:
    app = show(page="explore", ask="SQL")
    question, sql = list(examples().items())[3]
    app.selectbox(key="example").select(question).run()
    assert not app.exception
    assert app.text_area(key="sql").value == sql == in_link(app, "sql")
    assert list(app.dataframe[-1].value.columns) == ["staker", "waiting_ftm", "requests"]
    assert app.selectbox(key="example").value is None, "to be chosen again"


def test_every_table_and_column_stands_beside_the_box_with_what_it_holds(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(dictionary, "show", told.append)
    show(page="explore", ask="SQL")
    tables = {each["name"]: each for each in told[0]}
    assert {"requests", "payouts", "raw_logs"} <= set(tables)
    assert tables["payouts"]["holds"] == "One row a payment that reached a staker"
    columns = {name: (kind, holds) for name, kind, holds in tables["requests"]["columns"]}
    assert columns["status"][1].startswith("pending: in the queue")
    assert columns["payout_wei"][0] == "DECIMAL(38,0)"
    assert all(each["columns"] and each["holds"] for each in tables.values())


def test_thousands_have_marks_and_names_have_none() -> None:
    rows = pl.DataFrame(
        {
            "payout_ftm": [0.5, 12_345.678],
            "requests": [1, 2_000],
            "few": [1, 20],
            "share": [0.5, 1e-9],
            "block": [99_772_823, 1],
            "year": [2_024, 2_025],
            "wr_id": [2_300, 1],
        }
    )
    forms = {name: each["type_config"]["format"] for name, each in _configured(rows).items()}
    assert forms == {
        "payout_ftm": "%,.4f",
        "requests": "%,d",
        "few": None,
        "share": None,
        "block": "%d",
        "year": "%d",
        "wr_id": "%d",
    }


def _configured(rows: pl.DataFrame) -> dict[str, Any]:
    return {name: dict(each) for name, each in tables.columns_of(rows).items()}


def test_sums_are_numbers_and_wei_and_what_a_browser_rounds_are_text() -> None:
    whole = pl.Decimal(38, 0)
    rows = pl.DataFrame(
        {
            "sum(requests)": pl.Series([1, None], dtype=whole),
            "dust_wei": pl.Series([1, None], dtype=whole),
            "sum(wei)": pl.Series([1, 2], dtype=whole),
            "many": pl.Series([2**53, 1], dtype=whole),
            "none": pl.Series([None, None], dtype=whole),
            "half": pl.Series(["1.5", None], dtype=pl.String).cast(pl.Decimal(4, 1)),
        }
    )
    assert tables.readable(rows).rows() == [
        (1, "1", "1", "9007199254740992", None, 1.5),
        (None, None, "2", "1", None, None),
    ]
    kinds = {field.name: field.unit for field in tables.fields_of(rows)}
    assert kinds["dust_wei"] == kinds["sum(wei)"] == "wei"


def test_an_errors_message_is_told_once(show: Show) -> None:
    app = show(page="explore", sql="SELECT amount FROM requests")
    assert 'Referenced column "amount" not found in FROM clause!' in plain(app)
    shown = [block.value for block in app.code]
    assert len(shown) == 1
    assert "LINE 1: SELECT amount FROM requests" in shown[0]
    assert "Referenced column" not in shown[0]
    app = show(page="explore", sql="DELETE FROM requests")
    assert app.error[0].value.startswith("DELETE is not allowed")
    assert not app.code


@pytest.mark.parametrize("name", queries.names())
def test_a_named_query_in_the_box_answers_as_it_does_by_its_name(
    name: str, sample_store: Path
) -> None:
    query, params = queries.load(name), NARROWED.get(name, {})
    with open_reader(sample_store) as con:
        con.execute("SET TimeZone = 'UTC'")
        told = con.sql(as_table(query, params)).pl()
        assert told.equals(queries.run(con, name, **params))
    assert len(as_table(query, params)) < 8_000, "a link takes it"


def test_a_named_query_is_taken_into_the_box_with_its_inputs(show: Show) -> None:
    app = show(page="explore", query="payouts", since="2025-02-01", token="aFTMc")
    rows = app.dataframe[0].value
    button(app, "Take it into the SQL box").click().run()  # type: ignore[attr-defined]
    assert not app.exception
    assert app.text_area(key="sql").value.endswith("FROM payouts")
    assert app.text_area(key="sql").value == in_link(app, "sql")
    assert len(app.dataframe[-1].value) == len(rows)


def test_where_no_sql_is_offered_no_query_is_taken_into_the_box(
    show: Show, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_SQL_BOX", "off")
    app = show(page="explore", query="payouts")
    assert "Take it into the SQL box" not in [each.label for each in app.button]


def test_a_first_number_names_its_row_and_a_later_one_has_the_unit_of_its_name() -> None:
    rows = pl.DataFrame({"n": [1], "a_ftm": [1.0], "waited, days": [1.0], "share": [1.0], "x": [1]})
    units = [field.unit for field in tables.fields_of(rows)]
    assert units == ["id", "FTM", "days", "share", "number"]
    assert isinstance(tables.fields_of(rows)[0], Field)
