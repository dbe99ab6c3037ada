"""What the Waits page says, without a browser, and its release curves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

import queries
from data.store.reader import open_reader
from pages.waits import curves
from tests.shown import Show, files, said

NOBODY_PAID = "UPDATE requests SET status = 'pending', paid_at = NULL, manual_at = NULL"
YOUNG_ONLY = (
    "DELETE FROM requests WHERE requested_at < "
    "(SELECT synced_at FROM store_info) - INTERVAL '840 hours'"
)


@pytest.fixture
def show(show: Show) -> Show:
    """Opens the page on a changed copy of the sample: `show("DELETE ...", since="2024-01-01")`."""

    def run(*statements: str, **link: str) -> AppTest:
        app = show(*statements, page="waits", **link)
        assert not app.exception
        return app

    return run


def table(app: AppTest, place: int) -> list[dict[str, Any]]:
    """Rows of a table of the page: by amount, the curves'."""
    rows: list[dict[str, Any]] = app.dataframe[place].value.to_dict("records")
    return rows


def half_years(app: AppTest) -> list[dict[str, str]]:
    """Rows of the table by half-year: its name stands in a row of its own, above its amounts."""
    rows: list[dict[str, str]] = []
    half_year = ""
    for row in app.table[0].value.to_dict("records"):
        if row["Payout, FTM"].startswith("**"):
            half_year = row["Payout, FTM"].strip("*")
            assert not any(text for name, text in row.items() if name != "Payout, FTM")
        else:
            rows.append({"half_year": half_year} | row)
    return rows


def test_the_curves_of_all_days_are_asked_once(show: Show) -> None:
    def asked(app: AppTest) -> int:
        questions = app.session_state["drawn"].questions()
        return sum(name == "release_curve" for name, _ in questions)

    assert asked(show()) == 1
    assert asked(show(since="2024-01-01")) == 2


def test_the_page_answers_first_and_then_says_what_it_rests_on(show: Show) -> None:
    app = show()
    assert app.title[0].value == "Waits"
    assert (
        "**70.4 % of requests** made at least 35 days ago were paid within the official 35 days. "
        "Of those under 100 FTM, the most common size, half were paid within 23 days."
    ) in said(app)
    assert [(m.label, m.value, m.delta) for m in app.metric] == [
        ("Paid within 35 days", "70.4 %", "1,576 of 2,238 requests")
    ]
    assert [(row["amount"], round(row["share"], 1), row["late"]) for row in table(app, 0)] == [
        ("under 100", 70.9, 552),
        ("100 to 1,000", 68.0, 103),
        ("1,000 to 10,000", 72.2, 5),
        ("10,000 and more", 33.3, 2),
    ]
    assert "newer ones are left out, as only the quick ones among them are paid yet" in said(app)
    assert "count for as long as they have waited" in said(app)
    assert half_years(app)[0]["half_year"] == "2025 H1"
    assert len(files(app)) == 6
    assert app.warning == app.info == []


def test_a_link_chooses_the_requests(show: Show, sample_store: Path) -> None:
    app = show(since="2024-01-01", until="2024-06-30", days="90")
    assert "Requests made from 1 Jan 2024 to 30 Jun 2024." in said(app)
    with open_reader(sample_store) as con:
        counted = con.execute(
            "SELECT count(*) FROM requests WHERE requested_at >= '2024-01-01 00:00:00Z' "
            "AND requested_at < '2024-07-01 00:00:00Z'"
        ).fetchone()
    assert counted == (sum(row["requests"] for row in table(app, 1)),)
    assert app.metric[0].value == "70.4 %"  # the promise is held against everything
    assert app.warning == []


def test_the_last_year_ends_with_the_last_block(show: Show) -> None:
    assert "Requests made from 2 Mar 2024 to 1 Mar 2025." in said(show(range="1 year"))


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ({"days": "12"}, "`days=12`, which is not one of 35, 90, 365, all. Showing all."),
        ({"since": "banana"}, "`since=banana`, which is not a day from 2022-03-16 to 2025-03-01"),
    ],
)
def test_a_bad_link_is_named_and_everything_is_shown(
    show: Show, link: dict[str, str], expected: str
) -> None:
    app = show(**link)
    (notice,) = app.warning
    assert expected in str(notice.value)
    assert "Requests made from 16 Mar 2022 to 1 Mar 2025." in said(app)


def test_a_range_without_requests_says_so(show: Show) -> None:
    app = show(
        "DELETE FROM requests WHERE year(requested_at) = 2023",
        since="2023-03-01",
        until="2023-03-09",
    )
    assert [str(note.value) for note in app.info] == [
        "No request was made from 1 Mar 2023 to 9 Mar 2023."
    ]
    assert len(app.dataframe) == 1
    assert len(files(app)) == 4


def test_where_nobody_was_paid_no_wait_is_known(show: Show) -> None:
    app = show(NOBODY_PAID)
    assert "those under 100 FTM, the most common size, it is not known yet how long half" in (
        said(app)
    )
    assert "**0 % of requests** made at least 35 days ago were paid within the" in said(app)
    assert "None of them is paid yet, so no wait is known." in said(app)
    waits = {row[name] for row in table(app, 1) for name in ("days_50", "days_90")}
    assert waits == {"not yet", "too few"}


def test_young_requests_say_nothing_of_35_days(show: Show) -> None:
    app = show(YOUNG_ONLY)
    assert "No request is 35 days old yet." in said(app)
    assert not app.metric
    assert "whether the official answer of 35 days holds is not known yet" in said(app)


def test_a_single_amount_has_one_curve(show: Show) -> None:
    app = show("DELETE FROM requests WHERE payout_wei >= 100e18::DECIMAL(38, 0)")
    assert "Of those under 100 FTM, the most common size, half were paid within" in said(app)
    assert [row["amount"] for row in table(app, 1)] == ["under 100"]


# Release curves: frames in, figures and pictures out


def a_curve(bucket: str, *steps: tuple[float, int, int, float]) -> pl.DataFrame:
    columns = ["wait_days", "at_risk", "released", "share_waiting"]
    first = (0.0, steps[0][1], 0, 1.0)
    curve = pl.DataFrame([first, *steps], schema=columns, orient="row")
    return curve.select(pl.lit(bucket).alias("bucket"), *columns)


# Tens of requests, four: released after 2 and 40 days, pending for 10 and 50.
UNDER = a_curve(
    "under 100 FTM", (2, 40, 10, 0.75), (10, 30, 10, 0.75), (40, 20, 20, 0.375), (50, 10, 20, 0.375)
)
ALL_OUT = a_curve("100 to 1,000 FTM", (1, 20, 10, 0.5), (3, 10, 20, 0))
FEW = a_curve("10,000 FTM and more", (5, 3, 1, 0.67), (9, 2, 1, 0.67), (30, 1, 2, 0))


def test_the_figures_of_curves_by_hand() -> None:
    assert curves.by_bucket(pl.concat([UNDER, ALL_OUT]), 35).rows() == [
        ("under 100 FTM", 40, 20, 40, None, 0.25),
        ("100 to 1,000 FTM", 20, 0, 1, 3, 1),
    ]
    assert curves.by_bucket(UNDER, 60)["share"].to_list() == [None]
    assert curves.takeaway(UNDER, 60) == (
        "Share of the requests paid after 60 days, by amount: under 100 FTM, not known yet."
    )


def test_three_requests_of_which_one_waits_are_no_curve() -> None:
    assert curves.by_bucket(FEW, 35).rows() == [("10,000 FTM and more", 3, 1, None, None, None)]
    assert set(curves.readings(FEW, 60)["10,000 FTM and more"]) == {"too few (3)"}
    assert curves.takeaway(FEW, 35).endswith("10,000 FTM and more, too few (3).")
    both = pl.concat([UNDER, FEW])
    assert set(curves.trusted(both)["bucket"]) == {"under 100 FTM"}
    drawn = json.dumps(curves.release_curves(both, promised_days=35, days=None).to_dict())
    assert "10,000 FTM and more, 3 requests" in drawn  # in the key, without a curve
    assert curves.release_curves(FEW, promised_days=35, days=None).to_dict()


def test_a_curve_on_which_nobody_waits_is_known_to_its_end() -> None:
    """Though few waited as long as the last: their wait is no estimate."""
    over = a_curve("1,000 to 10,000 FTM", (4, 12, 9, 0.25), (8, 3, 11, 1 / 12), (20, 1, 12, 0))
    assert curves.by_bucket(over, 10).rows() == [("1,000 to 10,000 FTM", 12, 0, 4, 8, 11 / 12)]
    assert curves.readings(over, 30)["1,000 to 10,000 FTM"].to_list()[-1] == "100 %"
    waits = over.with_columns(released=pl.col("released") - (pl.col("wait_days") == 20).cast(int))
    assert curves.by_bucket(waits, 10).rows() == [("1,000 to 10,000 FTM", 12, 1, 4, None, None)]


def test_a_half_year_of_few_says_so_and_others_say_what_the_query_says(
    show: Show, sample_store: Path
) -> None:
    with open_reader(sample_store) as con:
        answer = queries.run(con, "waits_by_half_year")
    asked = {(row["half_year"], row["bucket"]): row for row in answer.to_dicts()}
    shown = half_years(show())
    assert len(shown) == len(asked)
    few = 0
    for row in shown:
        amount = row["Payout, FTM"] + ("" if "unknown" in row["Payout, FTM"] else " FTM")
        said = asked[row["half_year"], amount.replace("and more FTM", "FTM and more")]
        assert row["Made"] == f"{said['requests']:,}"
        assert row["Waiting"] == f"{said['pending']:,}"
        figures = ("50 % in", "wait_days_50"), ("90 % in", "wait_days_90"), ("In 35 d", None)
        for name, column in figures:
            value = said[column] if column else said["share_paid_35d"]
            if said["requests"] < 10:
                few += 1
                assert row[name] == "too few"
            elif value is None:
                assert row[name] == "not yet"
                assert said["pending"] > 0
            else:
                assert row[name] == (f"{value:.1f} d" if column else f"{100 * value:.1f} %")
    assert few > 0


def test_the_cursor_reads_every_curve_and_says_where_nothing_is_known() -> None:
    read = curves.readings(pl.concat([UNDER, ALL_OUT]), 60)
    at = {row["after"]: row for row in read.iter_rows(named=True)}
    assert [
        (day, at[f"After {day} d"]["under 100 FTM"], at[f"After {day} d"]["100 to 1,000 FTM"])
        for day in (0, 1, 2, 35, 40, 50, 51)
    ] == [
        (0, "0 %", "0 %"),
        (1, "0 %", "50 %"),
        (2, "25 %", "50 %"),
        (35, "25 %", "100 %"),
        (40, "62 %", "100 %"),
        (50, "62 %", "100 %"),
        (51, "not known yet", "100 %"),
    ]


@pytest.mark.parametrize("until", [1, 35, 38.5, 107.04, 365, 4_000, 40_000])
def test_the_cursor_stands_on_35_days_at_any_scale(until: float) -> None:
    read = curves.readings(UNDER, until)
    assert read.height <= 121
    assert (35 in read["days"].to_list()) == (35 <= until < 40_000)


@pytest.mark.parametrize(
    ("decimals", "shares"),
    [
        (0, {None: "not known yet", 0: "0 %", 0.004: "under 1 %", 0.5: "50 %"}),
        (0, {0.996: "over 99 %", 1: "100 %"}),
        (1, {0: "0 %", 0.0004: "under 0.1 %", 0.704: "70.4 %", 0.9996: "over 99.9 %", 1: "100 %"}),
    ],
)
def test_only_all_is_all_and_only_none_is_none(
    decimals: int, shares: dict[float | None, str]
) -> None:
    assert {share: curves.percent(share, decimals) for share in shares} == shares


@pytest.mark.parametrize("days", [None, 35, 365])
def test_a_chart_has_at_most_2000_rows_and_loads_nothing(days: int | None) -> None:
    fine = [(k / 10, 5_000 - k, k, 1 - k / 5_000) for k in range(1, 5_000)]
    curve = pl.concat([a_curve(bucket, *fine) for bucket in curves.STYLES])
    spec = curves.release_curves(curve, promised_days=35, days=days).to_dict()
    assert 1_500 < sum(len(rows) for rows in spec["datasets"].values()) <= 2_000
    addresses = re.findall(r"https?://[^\"]+", json.dumps(spec))
    assert [address for address in addresses if "vega.github.io/schema" not in address] == []


def test_a_drawn_curve_keeps_both_ends_and_the_rule_stands_at_35_days() -> None:
    spec = curves.release_curves(UNDER, promised_days=35, days=None).to_dict()
    drawn = [row for rows in spec["datasets"].values() for row in rows if "released" in row]
    assert [(row["days"], row["released"]) for row in drawn] == [
        (0, 0),
        (2, 25),
        (40, 62.5),
        (50, 62.5),
    ]
    steps = spec["vconcat"][1]["layer"][2]
    assert steps["mark"]["interpolate"] == "step-after"
    assert steps["encoding"]["x"]["scale"]["domain"] == [0, 50]
    assert {"days": 35, "name": "35 days"} in [
        row for rows in spec["datasets"].values() for row in rows
    ]


def test_every_amount_of_the_query_has_its_own_look() -> None:
    named = re.findall(r"'([^']*(?:FTM|amount)[^']*)'", queries.load("release_curve").sql)
    assert set(named) - {"amount"} == set(curves.STYLES)
    assert len({tuple(dash) for _, dash in curves.STYLES.values()}) == len(named)
