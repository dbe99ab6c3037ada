"""Release curves: frames in, figures and pictures out."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import queries
from data.store.reader import open_reader
from pages.waits import curves


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
        "Share of the requests released after 60 days, by amount: under 100 FTM, not known yet."
    )


def test_three_requests_of_which_one_waits_are_no_curve() -> None:
    assert curves.by_bucket(FEW, 35).rows() == [("10,000 FTM and more", 3, 1, None, None, None)]
    assert set(curves.readings(FEW, 60)["10,000 FTM and more"]) == {"not known yet"}
    both = pl.concat([UNDER, FEW])
    assert set(curves.trusted(both)["bucket"]) == {"under 100 FTM"}
    drawn = json.dumps(curves.release_curves(both, promised_days=35, days=None).to_dict())
    assert "10,000 FTM and more, 3 requests" in drawn  # in the key, without a curve
    assert curves.release_curves(FEW, promised_days=35, days=None).to_dict()


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
    ("share", "expected"),
    [
        (None, "not known yet"),
        (0, "0 %"),
        (0.004, "under 1 %"),
        (0.5, "50 %"),
        (0.996, "over 99 %"),
        (1, "100 %"),
    ],
)
def test_only_all_is_all_and_only_none_is_none(share: float | None, expected: str) -> None:
    assert curves.percent(share) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, "0 %"), (0.0004, "under 0.1 %"), (0.704, "70.4 %"), (0.9996, "over 99.9 %"), (1, "100 %")],
)
def test_a_share_can_be_told_to_a_tenth(share: float, expected: str) -> None:
    assert curves.percent(share, 1) == expected


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


def test_the_sample_has_fewer_rows_than_a_chart_may_have(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        curve = queries.run(con, "release_curve", until=date(2025, 3, 1))
    spec = curves.release_curves(curve, promised_days=35, days=None).to_dict()
    assert sum(len(rows) for rows in spec["datasets"].values()) <= 2_000
