"""Charts of answers on Explore: the one that fits by itself, those that are chosen, and what a link
asks for that an answer does not have."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from pages.explore import charts, tables
from pages.explore.chart_choice import KEYS, Choice, Kind, columns_of
from tests.shown import Show, plain, said

pytestmark = pytest.mark.usefixtures("environment")

COUNTS = (
    "SELECT status, count(*) AS n, sum(payout_wei) / 1e18 AS f_ftm, count(*) + 1 AS more "
    "FROM requests GROUP BY ALL"
)
WEEKS = (
    "SELECT date_trunc('week', requested_at) AS week, token, sum(payout_wei) / 1e18 AS made_ftm, "
    "max(payout_wei) / 1e18 AS most_ftm FROM requests GROUP BY ALL ORDER BY ALL"
)


def _specs(app: AppTest) -> list[dict[str, Any]]:
    shown = app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")
    return [json.loads(chart.proto.spec) for chart in shown]


def _drawn(app: AppTest) -> list[str]:
    """The axis title of each chart's values."""
    return [_values(spec) for spec in _specs(app)]


def _values(spec: dict[str, Any]) -> str:
    encoding = spec.get("layer", [spec])[0]["encoding"]
    numbers = (encoding[axis] for axis in "xy" if encoding[axis]["field"] in ("value", "top"))
    return str(next(numbers)["title"])


def _marks(app: AppTest) -> list[str]:
    return [spec.get("layer", [spec])[0]["mark"]["type"] for spec in _specs(app)]


def _spec(rows: pl.DataFrame, kind: Kind, along: str, *drawn: str, **more: Any) -> dict[str, Any]:
    choice = Choice(kind, along, drawn, more.get("colour"))
    points = charts.points_of(rows, choice, by_name=more.get("by_name", False))
    told = charts.picture(points, kind=kind, along=along, value="value", colour=choice.colour)
    spec: dict[str, Any] = told.to_dict()
    return spec


def _data(spec: dict[str, Any], layer: int = 0) -> list[dict[str, Any]]:
    drawn = spec["layer"][layer] if "layer" in spec else spec
    rows: list[dict[str, Any]] = spec["datasets"][drawn["data"]["name"]]
    return rows


@pytest.mark.parametrize(
    ("sql", "title"),
    [
        # A time, a day, a name, and a number that names the row; then what cannot be drawn.
        ("SELECT paid_at, payout_wei / 1e18 AS ftm FROM payouts WHERE wr_id < 9", "ftm (FTM)"),
        ("SELECT paid_at::DATE AS d, count(*) FROM payouts GROUP BY d", "count_star()"),
        ("SELECT status, sum(1) AS n FROM requests GROUP BY status", "n"),
        ("SELECT wr_id, paid_at - requested_at AS w FROM requests LIMIT 9", "w, days (days)"),
        ("SELECT payout_wei, wr_id / 2 AS half FROM requests LIMIT 9", "half"),
        ("SELECT wr_id, payout_wei FROM requests LIMIT 9", None),
        ("SELECT 'one row', 1 AS n", None),
        ("SELECT token, 1 AS n FROM requests LIMIT 9", None),
        ("SELECT wr_id, 1 AS n FROM requests LIMIT 61", None),
        ("SELECT if(wr_id > 0, token, NULL) AS t, 1 AS n FROM requests LIMIT 2", None),
    ],
)
def test_an_answer_is_drawn_where_its_first_column_names_its_rows(
    sql: str, title: str | None, show: Show
) -> None:
    app = show(page="explore", sql=sql)
    assert not app.exception
    assert _drawn(app) == ([] if title is None else [title])


def test_which_column_is_drawn_can_be_chosen_and_a_wrong_one_is_named(show: Show) -> None:
    assert _drawn(show(page="explore", sql=COUNTS)) == ["f_ftm (FTM)"], "money before counts"
    assert _drawn(show(page="explore", sql=COUNTS, draw="n")) == ["n"]
    app = show(page="explore", sql=COUNTS, draw="depth_ftm")
    assert _drawn(app) == ["f_ftm (FTM)"]
    assert "which is not one of f_ftm, n" in said(app)
    assert "draw" not in app.query_params


def test_several_columns_of_one_unit_are_drawn_together_and_others_named(show: Show) -> None:
    app = show(page="explore", sql=COUNTS, draw=["n", "f_ftm", "more"])
    assert not app.warning
    assert _drawn(app) == ["value"]
    assert "Left out: f_ftm (FTM). A chart has one unit, here that of n (number)." in plain(app)
    (spec,) = _specs(app)
    assert spec["encoding"]["color"]["scale"]["domain"] == ["n", "more"]


@pytest.mark.parametrize("kind", ["line", "bars", "points"])
def test_kind_axis_and_colour_are_chosen_by_a_link(kind: str, show: Show) -> None:
    link = {"chart": kind, "along": "week", "draw": "made_ftm", "colour": "token"}
    app = show(page="explore", sql=WEEKS, **link)
    assert not app.exception
    assert not app.warning
    assert _marks(app) == [{"line": "line", "bars": "bar", "points": "point"}[kind]]
    assert _drawn(app) == ["made_ftm (FTM)"]
    (spec,) = _specs(app)
    encoding = spec.get("layer", [spec])[0]["encoding"]
    assert encoding["x"]["title"] == "week (UTC)"
    assert sorted(encoding["color"]["scale"]["domain"]) == ["aFTMb", "aFTMc"]
    stacked = "stand on each other" in plain(app)
    assert stacked == (kind == "bars")


def test_a_named_query_is_drawn_as_chosen_with_its_headers_unit(show: Show) -> None:
    link = {"along": "wait_days", "draw": "share_waiting", "colour": "bucket", "chart": "points"}
    app = show(page="explore", query="release_curve", **link)
    assert not app.warning
    assert _drawn(app) == ["share_waiting (share)"]
    (spec,) = _specs(app)
    assert spec["encoding"]["x"]["title"] == "wait_days (days)"
    assert len(spec["encoding"]["color"]["scale"]["domain"]) == 4


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("chart", "pie", "which is not one of automatic, line, bars, points"),
        ("along", "paid_at", "which is not one of those to choose from"),
        ("colour", "n", "which is not one of those to choose from"),
        ("colour", "", "which is not one of those to choose from"),
        ("draw", "status", "which is not one of f_ftm, n, more"),
        ("draw", "<b>`x`\0", "which is not one of f_ftm, n, more"),
        ("draw", ["n", "gone"], "`draw=gone`, which is not one of f_ftm, n, more"),
    ],
)
def test_what_a_link_asks_for_and_an_answer_lacks_is_named(
    key: str, value: Any, wanted: str, show: Show
) -> None:
    app = show(page="explore", sql=COUNTS, **{key: value})
    assert not app.exception
    assert wanted in said(app)
    assert len(app.warning) == 1
    assert _drawn(app) == ["f_ftm (FTM)"], "the chart that fits by itself"
    assert not set(KEYS) & set(app.query_params)


@pytest.mark.parametrize(
    ("sql", "warnings"),
    [
        ("SELECT 1 AS n, 2 AS m WHERE false", 0),  # no row: the link may be right tomorrow
        ("SELECT token, status FROM requests LIMIT 5", 2),
        ("SELECT [1, 2] AS list, {'a': 1} AS record", 2),
        ("SELECT wr_id, payout_wei FROM requests LIMIT 5", 2),
    ],
)
def test_an_answer_that_cannot_be_drawn_says_so_to_a_link_that_asks(
    sql: str, warnings: int, show: Show
) -> None:
    app = show(page="explore", sql=sql, draw="n", chart="line")
    assert not app.exception
    assert _drawn(app) == []
    assert len(app.warning) == warnings
    assert ("divide wei by 1e18" in plain(app)) == ("payout_wei" in sql)


def test_what_a_choice_cannot_show_is_said_in_its_place(show: Show) -> None:
    cases = {
        "the most: draw fewer columns": (
            "SELECT range AS i, range AS a, range AS b FROM range(1500)",
            {"chart": "points", "draw": ["a", "b"]},
        ),
        "Too many rows to draw": ("SELECT range AS i, range AS n FROM range(2001)", {}),
        "has 61 names, and 60 fit": (
            "SELECT 'n' || range AS name, range AS n FROM range(61)",
            {"chart": "bars"},
        ),
        "goes through one value at each place": (
            "SELECT token, wr_id AS n FROM requests LIMIT 9",
            {"chart": "line", "draw": "n"},
        ),
        "no value is known": (
            "SELECT 'a' AS name, 'nan'::DOUBLE AS n UNION ALL SELECT 'b', NULL",
            {"chart": "bars"},
        ),
        "runs along the axis: choose what": (COUNTS, {"along": "n", "draw": "n", "chart": "line"}),
        "choose a line, bars or points": ("SELECT token, 1 AS n FROM requests LIMIT 9", {}),
        "Colours tell the columns apart": (COUNTS, {"draw": ["n", "more"], "colour": "status"}),
        "2 points left out: where they stand is unknown": (
            "SELECT unnest(['a', 'b', NULL, NULL]) AS name, 1 AS n",
            {"chart": "bars"},
        ),
    }
    for words, (sql, link) in cases.items():
        app = show(page="explore", sql=sql, **link)
        assert not app.exception, words
        assert not app.warning, words
        assert words in plain(app), words
        left = "Colours tell", "2 points"
        assert len(_drawn(app)) == int(words.startswith(left)), words


@pytest.mark.parametrize("kind", ["automatic", "line", "bars", "points"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS n, 2 AS m",
        "SELECT 'a' AS name, 1 AS n",
        "SELECT DATE '2025-01-01' AS day, 1 AS n",
        "SELECT 1 AS a, 2 AS a, 3 AS a, 4 AS A",
        "SELECT " + ", ".join(f"{n} AS c{n}" for n in range(200)),
        "SELECT unnest(['1', 'nan', 'inf', '-inf', NULL]::DOUBLE[]) AS n, 1 AS m",
        "SELECT unnest(['nan', 'inf']::DOUBLE[]) AS n, 1 AS m",
        "SELECT unnest([DATE '0001-01-01', DATE '9999-12-31', NULL]) AS day, 1 AS n",
        """SELECT unnest(['x', 'y']) AS "a.b[c]\\'`<b>$x_y$", 1 AS "datum['n']", 2 AS "é ²:Q" """,
        "SELECT wr_id % 2 = 0 AS even, [1] AS l, {'a': 1} AS s, payout_wei, 1 AS n FROM requests "
        "LIMIT 9",
        "SELECT 2::HUGEINT ** 100 AS huge, 1e308 AS large, -1e308 AS least, 5e-324 AS tiny",
        "SELECT TIME '12:00' AS clock, INTERVAL 1 DAY AS wait, 1 AS n, 'x' AS y",
        "SUMMARIZE requests",
        "SELECT true AS yes, false AS no, 1 AS n",
    ],
)
def test_no_answer_fails_a_chart(sql: str, kind: str, show: Show) -> None:
    app = show(page="explore", sql=sql, chart=kind)
    assert not app.exception
    assert not app.error
    names = list(app.dataframe[-1].value.columns)
    for column in names[:3]:
        again = show(page="explore", sql=sql, chart=kind, along=column, draw=column)
        assert not again.exception, column


def test_a_choice_that_an_answer_no_longer_has_falls_back_without_a_word(show: Show) -> None:
    app = show(page="explore", sql=COUNTS, draw="n", along="status", chart="bars")
    app.text_area(key="sql").set_value(
        "SELECT week_day, count(*) AS paid FROM (SELECT "
        "dayname(paid_at) AS week_day FROM payouts) GROUP BY ALL"
    )
    next(one for one in app.button if one.label == "Run").click().run()
    assert not app.exception
    assert not app.warning
    assert _drawn(app) == ["paid"]
    assert app.selectbox(key="along").value is None
    app.multiselect(key="draw").set_value([]).run()
    assert _drawn(app) == ["paid"], "something is always drawn"


def test_a_step_goes_on_to_the_next_in_time_however_the_rows_are_ordered() -> None:
    days = [datetime(2025, 1, day, tzinfo=UTC) for day in (3, 2, 1)]
    rows = pl.DataFrame({"a.b[c]": days, "x:y": [3.0, float("inf"), 1.0]})
    spec = _spec(rows, "line", "a.b[c]", "x:y")
    assert [(each["value"], each["said"]) for each in _data(spec)] == [
        (1, "1 Jan 2025, 00:00"),
        (None, "2 Jan 2025, 00:00"),
        (3, "3 Jan 2025, 00:00"),
    ], "an unknown value is a gap"
    places = _data(spec, 1)
    assert places[0]["until"] == places[1]["x"]
    assert [each["v0"] for each in places] == [1, None, 3]
    assert spec["layer"][0]["mark"]["interpolate"] == "step-after"
    naive = pl.DataFrame({"d": [date(2025, 1, 2), date(2025, 1, 1)], "n": [2, 1]})
    assert _data(_spec(naive, "line", "d", "n"))[0]["said"] == "1 Jan 2025"


def test_a_tooltip_tells_all_series_of_a_place_and_none_that_is_unknown() -> None:
    rows = pl.DataFrame(
        {"n": [2, 1, 2, None], "kind": ["a", "a", None, "a"], "v": [2.5, 1.5, 7.0, 9.0]}
    )
    spec = _spec(rows, "line", "n", "v", colour="kind")
    assert spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == ["a", "unknown"]
    told = [tip["title"] for tip in spec["layer"][1]["encoding"]["tooltip"]]
    assert told == ["n", "a", "unknown"]
    assert [(each["v0"], each["v1"]) for each in _data(spec, 1)] == [(1.5, None), (2.5, 7)]
    assert spec["layer"][0]["mark"]["interpolate"] == "linear"


def test_a_bar_is_as_wide_as_from_one_time_to_the_next_and_an_unknown_has_none() -> None:
    days = [datetime(2025, 1, day, tzinfo=UTC) for day in (1, 8, 22)]
    rows = pl.DataFrame({"at": days, "n": [1.0, None, 3.0]})
    bars = _data(_spec(rows, "bars", "at", "n"))
    assert [each["value"] for each in bars] == [1, 3]
    assert bars[0]["until"].startswith("2025-01-08T00:00:00")
    assert bars[1]["until"].startswith("2025-01-29T00:00:00")
    assert bars[0]["read"] == "1 Jan 2025, 00:00, n: 1.0"


def test_bars_of_one_place_stand_on_each_other_those_below_0_under_it() -> None:
    rows = pl.DataFrame({"n": [1, 1, 1, 5], "v": [2.0, -3.0, 4.0, 1.0], "s": ["a", "b", "c", "a"]})
    bars = _data(_spec(rows, "bars", "n", "v", colour="s"))
    assert [(each["bottom"], each["top"]) for each in bars] == [(0, 2), (0, -3), (2, 6), (0, 1)]
    assert [(each["x"], each["until"]) for each in bars[2:]] == [(1, 5), (5, 9)]


def test_bars_of_several_columns_stand_beside_each_other_and_are_not_added_up() -> None:
    rows = pl.DataFrame({"n": [0, 10, 20], "in": [1.0, 2.0, 3.0], "out": [4.0, None, -6.0]})
    bars = _data(_spec(rows, "bars", "n", "in", "out"))
    assert [(each["x"], each["until"]) for each in bars] == [
        (0, 5),
        (10, 15),
        (20, 25),
        (5, 10),
        (25, 30),
    ]
    assert [each["top"] for each in bars] == [1, 2, 3, 4, -6]
    assert {each["bottom"] for each in bars} == {0}
    days = rows.with_columns(day=pl.date_range(date(2025, 1, 1), date(2025, 1, 3), eager=True))
    bars = _data(_spec(days, "bars", "day", "in", "out"))
    assert bars[3]["x"].startswith("2025-01-01T12:00")
    assert bars[3]["until"].startswith("2025-01-02T00:00")
    assert bars[3]["said"] == "1 Jan 2025"
    named = days.select(name=pl.col("n").cast(pl.String), a="in", b="out")
    assert _spec(named, "bars", "name", "a", "b")["encoding"]["yOffset"]["sort"] == ["a", "b"]


def test_numbers_with_more_digits_than_a_chart_holds_are_names_and_never_drawn() -> None:
    rows = pl.DataFrame(
        {
            "id": [1, 2],
            "payout_wei": [10**18, 10**18 + 1],
            "many": [2**53, 1],
            "few": [2**53 - 1, 1],
            "share": [0.5, 0.25],
        }
    )
    columns = columns_of(tables.fields_of(rows), rows)
    assert columns.too_long == ["payout_wei", "many"]
    assert columns.drawn == ["share", "few", "id"]
    assert columns.first == ("id", "share")
    spec = _spec(rows, "bars", "payout_wei", "share", by_name=True)
    assert [each["x"] for each in _data(spec)] == [str(10**18), str(10**18 + 1)]
