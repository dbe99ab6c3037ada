"""Words, colours and charts: frames in, figures and pictures out."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import streamlit as st

import queries
from answers import words
from data.config import ROOT
from data.store.reader import open_reader
from pages.outlook import amount, money
from pages.queue import charts
from ui.parts import colours, links
from ui.parts.preview import still
from ui.parts.spans import LENGTH, Span


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (words.ftm(None), "unknown"),
        (words.ftm(0), "0 FTM"),
        (words.ftm(14_895.7), "14,896 FTM"),
        (words.ftm(243.654), "243.65 FTM"),
        (words.ftm(0.000_123_4), "0.000123 FTM"),
        (words.count(None), "unknown"),
        (words.plural(1, "request"), "1 request"),
        (words.plural(1_200, "request"), "1,200 requests"),
        (words.duration(None), "unknown"),
        (words.duration(3 + 4 / 24), "3 d 4 h"),
        (words.duration(35), "35 d"),
        (words.duration(679.2), "679 d"),
        (words.duration(4.2 / 24), "4 h 12 min"),
        (words.duration(0.0001), "under a minute"),
        (words.duration(-1), "under a minute"),
        (words.moment(datetime(2025, 2, 8, 22, 4, tzinfo=UTC)), "8 Feb 2025, 22:04 UTC"),
        (words.ftm(7_760.2, "up"), "7,761 FTM"),
        (words.ftm(7_760.9, "down"), "7,760 FTM"),
        (words.ftm(243.651, "up"), "243.66 FTM"),
        (words.ftm(0.000_123_41, "up"), "0.000124 FTM"),
        (words.ftm(-12.345, "down"), "-12.35 FTM"),
        (words.payout(Decimal(6_842_663_848 * 10**12)), "6,842.6638 FTM"),
        (words.payout(7_009_999_990 * 10**9), "7.0099 FTM"),
        (words.payout(10**22 - 1), "9,999.9999 FTM"),  # a float would make it 10,000
        (words.payout(1_000 * 10**18), "1,000 FTM"),
        (words.payout(1), "0.000000000000000001 FTM"),
        (words.payout(0), "0 FTM"),
        (words.payout(None), "unknown"),
        (words.ahead(7_009_900_001 * 10**9), "7.01 FTM"),
        (words.ahead(1), "0.000000000000000001 FTM"),
        (words.ahead(0), "0 FTM"),
        (words.ahead(None), "unknown"),
        (words.short("0x623108cf006cf7771c1818faf85818cf41a2d6ad"), "0x6231…\u2060d6ad"),
    ],
)
def test_figures_are_said_with_their_unit(shown: str, expected: str) -> None:
    assert shown == expected


def test_text_from_a_link_cannot_act_as_markdown() -> None:
    assert links.plain("`[x](//evil)`\n\x1b" + "y" * 99) == "[x](//evil)" + "y" * 25


def test_foreign_text_is_no_markup_and_tells_no_folder() -> None:
    assert words.escaped("*a* [x](//y) `run *it*` ``") == r"\*a\* \[x\](//y) `run *it*` \`\`"
    error = f"no store at {ROOT}/var/a.duckdb or '/srv/my/b.duckdb', see http://h/p/q"
    assert words.fault(error) == (
        "no store at var/a\\.duckdb or 'b\\.duckdb', see http\\:\u2060//h/p/q"
    )
    assert words.escaped("www.evil.example a@b.c") == "www\u2060\\.evil\\.example a\\@\u2060b\\.c"
    assert words.inside(ROOT / "var" / "a.duckdb") == "var/a.duckdb"
    assert words.inside(Path("/srv/my/b.duckdb")) == "b.duckdb"


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([], "%,.2f"),
        ([0.0, 12.5, 0.005], "%,.2f"),
        ([12.5, 0.0041, 0.0], "%,.4f"),
        ([0.000_05], "%,.6f"),
        ([1e-18], "%,.18f"),
    ],
)
def test_a_small_sum_is_not_shown_as_nothing(amounts: list[float], expected: str) -> None:
    assert words.rounded_up(pl.Series(amounts, dtype=pl.Float64))[1] == expected


def test_dust_ahead_puts_no_noise_behind_large_sums() -> None:
    told, form = words.rounded_up(pl.Series([0.0, 1e-18, 1_234_567.8912, None]))
    assert form is None
    assert told.to_list() == ["0", "0.000000000000000001", "1,234,568", None]


@pytest.mark.parametrize(
    ("wei", "shown", "form"),
    [
        ([], [], "%,.4f"),
        ([10**22 - 1, None, 0], [9_999.9999, None, 0], "%,.4f"),
        ([12 * 10**18, 10**14], [12, 0.0001], "%,.4f"),
        ([129 * 10**11], [0.000_012], "%,.6f"),
        ([1], [1e-18], "%,.18f"),
    ],
)
def test_a_tables_payouts_are_cut_off_and_none_is_nothing(
    wei: list[int | None], shown: list[float | None], form: str
) -> None:
    payouts = pl.Series([None if each is None else Decimal(each) for each in wei])
    cut, told = words.payouts(payouts.cast(pl.Decimal(38, 0)))
    assert (cut.to_list(), told) == (shown, form)


def test_dust_puts_no_noise_behind_large_payouts() -> None:
    """As a float with 18 places the larger one would read 1,234,567.891199999954551458."""
    wei = pl.Series([Decimal(1), Decimal(1_234_567_891_299 * 10**12), None])
    told, form = words.payouts(wei.cast(pl.Decimal(38, 0)))
    assert form is None
    assert told.to_list() == ["0.000000000000000001", "1,234,567.8912", None]


@pytest.mark.parametrize("days", [1, 4, 5, 35, 80, 81, 366, 1_900, 1_901, 6_000])
def test_a_chart_has_at_most_2000_points_whatever_the_range(days: int) -> None:
    span = Span(date(2010, 1, 1), date(2010, 1, 1) + timedelta(days - 1))
    assert timedelta(days) / LENGTH[span.depth_step] <= 2_000
    assert timedelta(days) / LENGTH[span.flow_step] <= 1_000


@pytest.fixture
def frames(sample_store: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    with open_reader(sample_store) as con:
        by_day, by_week = (
            queries.run(con, "depth_against_claims", since="2024-09-02", step=step)
            for step in ("day", "week")
        )
    return by_day, by_week


def drawn(frames: tuple[pl.DataFrame, pl.DataFrame], payouts: bool = True) -> dict[str, Any]:
    chart = charts.depth_against_claims(
        *frames, depth_step="day", flow_step="week", payouts=payouts
    )
    spec: dict[str, Any] = chart.to_dict()
    return spec


def test_the_panels_share_one_time_axis_and_have_one_scale_each(
    frames: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    spec = drawn(frames)
    assert spec["resolve"]["scale"]["x"] == "shared"
    assert len(spec["vconcat"]) == 2
    for panel in spec["vconcat"]:
        assert "resolve" not in panel
        measured = [layer["encoding"].get("y", {}).get("field") for layer in panel["layer"]]
        assert len([field for field in measured if field is not None]) == 1
        assert panel["layer"][0]["encoding"]["x"]["scale"] == {"type": "utc"}


def test_a_chart_loads_nothing_and_draws_few_points(
    frames: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    spec = drawn(frames)
    assert sum(len(rows) for rows in spec["datasets"].values()) <= 2_000
    addresses = re.findall(r"https?://[^\"]+", json.dumps(spec))
    assert [address for address in addresses if "vega.github.io/schema" not in address] == []


def test_a_week_that_begins_before_the_range_is_drawn_within_it(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        by_day, by_week = (
            queries.run(con, "depth_against_claims", since="2024-09-05", step=step)
            for step in ("day", "week")
        )
    rows = [row for rows in drawn((by_day, by_week))["datasets"].values() for row in rows]
    begin, end = by_day["at"][0], by_day["at"][-1] + LENGTH["day"]
    assert (begin.isoformat(), by_week["at"][0].day) == ("2024-09-05T00:00:00+00:00", 2)
    moments = [row[key] for row in rows for key in ("at", "until") if key in row]
    assert min(moments).startswith("2024-09-05T00:00:00")
    assert max(moments).startswith(f"{end:%Y-%m-%dT%H:%M:%S}")
    assert "Week from 5 Sep 2024" in {row.get("period") for row in rows}


def test_a_kept_form_is_changed_by_nobody_who_draws_it(
    frames: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    options: dict[str, Any] = {"depth_step": "day", "flow_step": "week", "payouts": True}
    chart = charts.depth_against_claims(*frames, **options)
    before = json.dumps(chart.spec)
    still(chart, 50, 40)
    st.vega_lite_chart(chart.sent(), width="stretch")
    chart.to_dict()["vconcat"][0]["layer"].clear()
    assert json.dumps(chart.spec) == before
    shorter = charts.depth_against_claims(*(each[1:] for each in frames), **options)
    assert shorter.spec is chart.spec, "it is one form"
    assert shorter.rows["periods"].height == chart.rows["periods"].height - 1


def test_payouts_can_be_hidden(frames: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    kinds = {
        row["kind"]
        for rows in drawn(frames, payouts=False)["datasets"].values()
        for row in rows
        if "kind" in row
    }
    assert kinds == {charts.CLAIMS, charts.OTHER}
    assert charts.PAYOUTS in json.dumps(drawn(frames)["datasets"])


def test_other_money_stands_on_top_of_the_claims_and_payouts_beside(
    frames: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    week = frames[1].row(-2, named=True)
    assert week["claimed_ftm"] > 0 < week["other_ftm"]
    bars = [row for rows in drawn(frames)["datasets"].values() for row in rows if "kind" in row]
    at = {bar["ftm"]: (bar["kind"], bar["above"]) for bar in bars}
    claimed, both = week["claimed_ftm"], week["claimed_ftm"] + week["other_ftm"]
    assert at[claimed] == (charts.CLAIMS, 0)
    assert at[both] == (charts.OTHER, claimed)
    takeaway = charts.takeaway(Span(date(2024, 9, 2), date(2025, 3, 1)), *frames)
    assert f"{words.ftm(float(frames[1]['other_ftm'].sum()))} of other money came in" in takeaway


@pytest.mark.parametrize("level", [0.0, 19_000.0, 20_500.0, 40_000.0, 61_000.0])
def test_no_label_of_the_axis_stands_where_a_level_is_drawn(level: float) -> None:
    at = [datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)]
    came = pl.DataFrame({"at": at, "ftm": [0.0, 20_000.0]})
    fan = pl.DataFrame({"at": at} | dict.fromkeys(("low", "q25", "q50", "q75", "high"), 8e4))
    levels = [{"ftm": level, "name": "who waits"}]
    spec = money.fan_chart(money.money_of(came, fan), levels).to_dict()
    ticks = spec["layer"][0]["encoding"]["y"]["axis"]["values"]
    assert len(ticks) >= 3
    assert all(abs(tick - level) > 0.05 * 8e4 for tick in ticks)
    assert spec["title"]["text"] == "FTM that came in since 1 Jan 2025"


def test_an_unknown_level_is_a_gap_and_never_zero(
    frames: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    depth, flows = frames
    unknown = pl.lit(None, pl.Float64)
    spec = drawn((depth.with_columns(depth_ftm=unknown), flows.with_columns(paid_ftm=unknown)))
    levels = [
        row["depth_ftm"]
        for rows in spec["datasets"].values()
        for row in rows
        if row.keys() == {"at", "depth_ftm"}
    ]
    assert set(levels) == {None}
    span = Span(date(2024, 9, 2), date(2025, 3, 1))
    takeaway = charts.takeaway(span, depth.with_columns(depth_ftm=unknown), flows)
    assert "the queue went from unknown to unknown" in takeaway


# Colours show on both themes, and stand in one place


BACKGROUNDS = ("#ffffff", "#14171c")
DRAWN = ("BLUE", "AMBER", "PINK", "BROWN", "SILVER", "GREY")


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_colour_shows_on_both_backgrounds(name: str, background: str) -> None:
    assert _contrast(getattr(colours, name), background) >= 3


def _laid_over(background: str, colour: str, opacity: float) -> str:
    pairs = [(int(background[at : at + 2], 16), int(colour[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(b + (c - b) * opacity):02x}" for b, c in pairs)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_every_cell_of_a_heat_map_in_both_themes(theme: str) -> None:
    looks = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][theme]
    shares, opacities = colours.HEAT_OPACITY
    for share, opacity in zip(shares, opacities, strict=True):
        cell = _laid_over(looks["backgroundColor"], colours.HEAT, opacity)
        text = looks["textColor"] if share <= 0.5 else colours.ON_HEAT
        assert _contrast(cell, text) >= 4.5, (share, cell)
    row = {"amount": "10 FTM", "day": "7 d", "share": 0.2, "chance": "20 %", "cell": "20 %"}
    assert '"currentColor"' in json.dumps(amount.heat(pl.DataFrame([row])).to_dict()), "the theme's"


def test_no_chart_has_a_colour_of_its_own() -> None:
    scripts = [*(ROOT / "pages").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]
    found = {path.name for path in scripts if re.search(r"#[0-9a-fA-F]{6}", path.read_text())}
    assert found == {"colours.py"}
