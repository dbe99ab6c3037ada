"""What charts tell of times and of what lies beyond the horizon: days in words, none made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import queries
from data.store.reader import open_reader
from forecast import release_window
from pages.explore import charts as explore
from pages.explore.chart_choice import Choice, Kind
from pages.outlook import money
from pages.queue import charts
from pages.unstake import amount_chart
from tests.made_funding import AT, irregular
from ui.odds import window_chart
from ui.parts.charts import Rows

HORIZON = AT + timedelta(days=120)


@pytest.fixture(scope="module")
def windows() -> Rows:
    """One that ends before the horizon, one whose last tenth and one whose half lies beyond."""
    needs = {"soon": 50_000.0, "later": 200_000.0, "beyond": 300_000.0}
    return window_chart.rows(
        {name: release_window(irregular(), need, AT) for name, need in needs.items()}
    )


def specs(sample_store: Path, windows: Rows) -> Iterator[dict[str, Any]]:
    with open_reader(sample_store) as con:
        day, week = (
            queries.run(con, "depth_against_claims", since="2024-09-02", step=step)
            for step in ("day", "week")
        )
        depth = queries.run(con, "queue_depth", since="2025-01-02")
    options: dict[str, Any] = {"depth_step": "day", "flow_step": "week", "payouts": True}
    yield charts.depth_against_claims(day, week, **options).to_dict()
    kinds: tuple[Kind, ...] = ("line", "bars", "points")
    for kind in kinds:
        choice = Choice(kind, "at", ("depth_ftm", "requests"), None)
        points = explore.points_of(depth.head(200), choice, by_name=False)
        told = explore.picture(points, kind=kind, along="at (UTC)", value="FTM", colour="column")
        spec = told.to_dict()
        yield spec if "layer" in spec else {"layer": [spec]}
    yield window_chart.window_chart(windows, at=AT, promised_at=AT, horizon_days=120).to_dict()
    days = [AT + timedelta(days=day) for day in range(3)]
    fan = pl.DataFrame({"at": days} | dict.fromkeys(("low", "q25", "q50", "q75", "high"), 1.0))
    shown = money.money_of(pl.DataFrame({"at": days, "ftm": 1.0}), fan)
    yield money.fan_chart(shown, [{"ftm": 1.0, "name": "x"}]).to_dict()


def layers(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in spec.get("vconcat", [spec]):
        yield from panel["layer"]


def test_no_time_is_told_by_a_chart_but_in_words(sample_store: Path, windows: Rows) -> None:
    """Vega would tell it in the reader's own zone, in a tooltip and to a screen reader."""
    timed = 0
    for spec in specs(sample_store, windows):
        for layer in layers(spec):
            encoding = layer["encoding"]
            tooltip = encoding.get("tooltip", [])
            told = [*(tooltip if isinstance(tooltip, list) else [tooltip])]
            told.append(encoding.get("description", {}))
            assert all(channel.get("type") != "temporal" for channel in told)
            if encoding.get("x", {}).get("type") == "temporal":
                timed += 1
                assert layer["mark"].get("aria") is False or "description" in encoding, layer
    assert timed > 10


def test_what_lies_beyond_the_horizon_has_no_day_and_no_tick(windows: Rows) -> None:
    rows = {row["name"]: row for row in windows}
    assert rows["beyond"]["q50"] is rows["beyond"]["high"] is rows["later"]["high"] is None
    last = f"after {HORIZON.day} {HORIZON:%b %Y}"
    assert rows["later"]["high_by"] == rows["beyond"]["q50_by"] == last
    assert rows["beyond"]["said"].count(last) >= 3
    assert rows["soon"]["high"] < HORIZON
    spec = window_chart.window_chart(windows, at=AT, promised_at=None, horizon_days=120).to_dict()
    drawn = {
        mark: [
            [row["name"] for row in spec["datasets"][layer["data"]["name"]]]
            for layer in spec["layer"]
            if layer["mark"]["type"] == mark
        ]
        for mark in ("tick", "point")
    }
    assert drawn == {"tick": [["soon", "later"]], "point": [["later", "beyond"]]}
    moments = [value for row in rows.values() for value in row.values()]
    assert all(at < HORIZON for at in moments if isinstance(at, datetime | date))


def test_other_amounts_beyond_the_horizon_have_no_tick() -> None:
    half = {"low": 3.0, "q25": 9.0, "q50": None, "q75": None, "high": None}
    rows = [
        {"name": name, "paid": name, "mine": False, "half": "x", "said": "x", **days}
        for name, days in (("a", half), ("b", half | {"q50": 50.0, "q75": 60.0, "high": 90.0}))
    ]
    spec = amount_chart.amounts(rows, horizon_days=120).to_dict()
    names = {
        layer["mark"]["type"]: [row["name"] for row in spec["datasets"][layer["data"]["name"]]]
        for layer in spec["layer"]
        if layer["mark"]["type"] in ("tick", "point")
    }
    assert names == {"tick": ["b"], "point": ["a"]}


def domains(spec: dict[str, Any]) -> list[list[str]]:
    """The rows that each layer with rows names, in order."""
    drawn = (layer["encoding"]["y"] for layer in spec["layer"] if "y" in layer["encoding"])
    return [y["scale"]["domain"] for y in drawn]


def arrows(spec: dict[str, Any]) -> list[str]:
    return [
        row["name"]
        for layer in spec["layer"]
        if layer["mark"]["type"] == "point"
        for row in spec["datasets"][layer["data"]["name"]]
    ]


def test_an_amount_wholly_beyond_the_horizon_keeps_its_row_and_an_arrow() -> None:
    marks = ("low", "q25", "q50", "q75", "high")
    near = dict(zip(marks, (3.0, 9.0, 50.0, 60.0, 90.0), strict=True))
    beyond: dict[str, float | None] = dict.fromkeys(marks)
    rows = [
        {"name": name, "paid": name, "mine": mine, "half": "x", "said": "x", **days}
        for name, mine, days in (("a", False, near), ("b", True, beyond), ("c", False, beyond))
    ]
    spec = amount_chart.amounts(rows, horizon_days=120).to_dict()
    assert arrows(spec) == ["b", "c"]
    assert set(map(tuple, domains(spec))) == {("a", "b", "c")}


def test_a_window_wholly_beyond_the_horizon_keeps_its_row_and_an_arrow(
    windows: Rows,
) -> None:
    named = {row["name"]: row for row in windows}
    rows = [named["soon"], {**named["beyond"], "low": None, "q25": None}]
    spec = window_chart.window_chart(rows, at=AT, promised_at=None, horizon_days=120).to_dict()
    assert arrows(spec) == ["beyond"]
    assert set(map(tuple, domains(spec))) == {("soon", "beyond")}


def test_rows_of_a_picture_are_sent_as_one_and_each_layer_takes_its_own(windows: Rows) -> None:
    picture = window_chart.window_chart(windows, at=AT, promised_at=AT, horizon_days=120)
    sent, told = picture.sent(), picture.to_dict()
    (name,) = sent["datasets"]
    rows = sent["datasets"][name]
    for layer, alone in zip(sent["layer"], told["layer"], strict=True):
        part = layer["transform"][0]["filter"]["equal"]
        assert layer["data"]["name"] == name
        assert part == alone["data"]["name"]
        own = [{k: v for k, v in row.items() if v is not None} for row in told["datasets"][part]]
        taken = rows.filter(part=part).drop("part", "of").to_dicts()
        assert [{k: v for k, v in row.items() if v is not None} for row in taken] == own
    assert rows.columns[-1] == "of", "else rows look appended"
    assert set(rows["of"]) == {rows.height}
