"""The money on the Outlook page: what came, what is to come, and at which level who is paid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from answers import words
from answers.scored import FAN_DAYS, Odds
from answers.sources import Version
from answers.store_view import answer_of
from forecast import ReleaseWindow
from forecast.present import Present
from ui.parts import drawing
from ui.parts.charts import (
    LABELS_INSIDE,
    MOST_FORMS,
    NO_TOOLTIP,
    Picture,
    Rows,
    dates_axis,
    layered,
    of_rows,
)
from ui.parts.colours import AMBER, BLUE, GREY

_PAST_DAYS = 120
_APART = 0.06  # of the picture's height: two levels that are nearer to each other are one line
_SOURCES = {
    "payouts": "money that the operator paid out, and what lies in the pool unpaid",
    "claims": "rewards that the stubs claimed",
    "inflows": "rewards claimed and stake returned",
}


def draw(odds: Odds, payout_ftm: float) -> None:
    """What came, the fan of what is to come, and the level at which the amount is paid."""
    money = _money(odds.store.version, odds.present)
    so_far, top, between = money.so_far, money.top, money.between
    levels = _levels(odds, payout_ftm, so_far, top)
    drawing.show(
        fan_chart(money, [level for level in levels if level["ftm"] <= 1.5 * top]),
        alt=(
            f"{words.ftm(so_far)} came in the {_PAST_DAYS} days before the newest block. In the "
            f"next {FAN_DAYS} days, 90 % range: {between}."
        ),
    )
    futures = len(odds.present.curve.arrived_ftm)
    unseen = [level["name"] for level in levels if level["ftm"] > 1.5 * top]
    beyond = f" Above the picture: where {unseen[-1]}." if unseen else ""
    st.caption(
        f"Grey: what came in the {_PAST_DAYS} days before the newest block, {words.ftm(so_far)}. "
        f"Blue: what may come after it, by {futures:,} simulations: the line has a 50 % chance, "
        f"dark is the middle half, light the 90 % range ({between} within {FAN_DAYS} days).{beyond}"
    )


@dataclass(frozen=True, eq=False)
class Money:
    """What is the same of all amounts: what `came` (`at`, `ftm`) as steps, then the `fan` of what
    is to come (at, low, q25, q50, q75, high), all as sums since the first moment drawn; its `days`,
    each with its end and in words; and how much comes, `between` what and what."""

    came: pl.DataFrame
    fan: pl.DataFrame
    days: pl.DataFrame
    between: str

    @property
    def so_far(self) -> float:
        """All that came."""
        return float(self.came["ftm"][-1])

    @property
    def top(self) -> float:
        """The most that the fan shows."""
        return float(max(self.fan["high"].to_list()))


@lru_cache(maxsize=8)
def _money(version: Version, present: Present) -> Money:
    """Of the odds `present` on the store of this version."""
    came, coming = _came(version, present), _fan(present)
    fan = coming.with_columns(pl.exclude("at") + float(came["ftm"][-1]))
    by_then = coming.row(-1, named=True)
    return money_of(came, fan, f"{words.ftm(by_then['low'])} to {words.ftm(by_then['high'])}")


def money_of(came: pl.DataFrame, fan: pl.DataFrame, between: str = "") -> Money:
    """The same with the days of the fan."""
    # In words: as times, tooltips and aria-labels would tell the day in the reader's own zone.
    days = fan.with_columns(
        by=pl.Series([words.day(at) for at in fan["at"]], dtype=pl.String),
        until=pl.col("at").shift(-1),
    )
    return Money(came, fan, days.drop_nulls("until"), between)


def _came(version: Version, present: Present) -> pl.DataFrame:
    """`at` and the FTM that had come by then, since the picture's first moment."""
    at = present.curve.at
    since = at - timedelta(days=_PAST_DAYS)
    funding = answer_of(version, "funding", {"source": present.source}).drop_nulls()
    came = funding.filter(pl.col("funded_at") > since, pl.col("funded_at") <= at)
    sums = [0.0, *came["amount_ftm"].cum_sum()]
    so_far = sums[-1] + present.unspent_ftm  # the latter is in the pool, and so no payout yet
    return pl.DataFrame({"at": [since, *came["funded_at"], at], "ftm": [*sums, so_far]})


def _fan(present: Present) -> pl.DataFrame:
    """`at` and the FTM that will have come by then: columns low, q25, q50, q75, high."""
    curve = present.curve
    money = ReleaseWindow("batches", curve.arrival_days[:, 0], curve.horizon_days, curve)
    days = [0.0, 0.5, *(float(day) for day in range(1, FAN_DAYS + 1))]
    rows = [(curve.at + timedelta(days=day), *money.payable_by(day).values()) for day in days]
    return pl.DataFrame(rows, schema=["at", "low", "q25", "q50", "q75", "high"], orient="row")


def _levels(odds: Odds, payout_ftm: float, so_far: float, top: float) -> Rows:
    """The sums at which all who wait are paid, and then the amount asked about."""
    present = odds.present
    rows = []
    if present.waiting_ftm is not None:
        waiting, mine = (
            so_far + present.need(present.waiting_ftm, amount)[0] for amount in (0.0, payout_ftm)
        )
        most = "at most here " if present.spendable_ftm is None else ""
        rows = [
            (waiting, f"{most}all waiting are paid"),
            (mine, f"{most}then {words.ftm(payout_ftm, 'down')} more"),
        ]
        if mine - waiting < _APART * max(top, mine):
            rows = [(mine, f"{most}all waiting and {words.ftm(payout_ftm, 'down')} more")]
    return [{"ftm": ftm, "name": name} for ftm, name in rows]


def fan_chart(money: Money, levels: Rows) -> Picture:
    """Money over time: what came, then the fan of what is to come; `levels` have `ftm` and `name`:
    where someone is paid."""
    rows: dict[str, pl.DataFrame | Rows] = {
        "came": money.came,
        "fan": money.fan,
        "days": money.days,
        "last": money.came.tail(1),
        "levels": levels,
    }
    return Picture(_form(words.day(money.came["at"][0]), tuple(_ticks(money, levels))), rows)


@lru_cache(MOST_FORMS)
def _form(since: str, ticks: tuple[float, ...]) -> dict[str, Any]:
    """What is the same of all charts from this day on with these ticks."""
    plain: dict[str, Any] = {"interpolate": "step-after", "aria": False}
    past = of_rows("came").mark_line(color=GREY, strokeWidth=2, **plain)
    outer = of_rows("fan").mark_area(color=BLUE, opacity=0.2, **plain)
    inner = of_rows("fan").mark_area(color=BLUE, opacity=0.35, **plain)
    middle = of_rows("fan").mark_line(color=BLUE, strokeWidth=2, **plain)
    tooltip = [
        alt.Tooltip("by:N", title="By"),
        *(
            alt.Tooltip(f"{name}:Q", title=title, format=",.0f")
            for name, title in (
                ("low", "FTM, 5 % chance of less"),
                ("q50", "FTM, 50 %"),
                ("high", "FTM, 95 %"),
            )
        ),
    ]
    axis = alt.Axis(format=",~r", values=list(ticks), **LABELS_INSIDE)
    ftm = alt.Y("low:Q", title=None, axis=axis)
    last_block = of_rows("last").mark_rule(color=GREY, strokeDash=[2, 2], aria=False)
    level = of_rows("levels").mark_rule(color=AMBER, strokeDash=[6, 3], strokeWidth=1.5, aria=False)
    name = of_rows("levels").mark_text(
        align="left", baseline="bottom", dx=2, dy=-3, color=AMBER, fontSize=12, aria=False
    )
    # An area has one tooltip for all its days: each day has an unseen column of its own.
    columns = of_rows("days").mark_bar(opacity=0, aria=False)
    layers = [
        outer.encode(x=dates_axis("at"), y=ftm, y2="high:Q", tooltip=NO_TOOLTIP),
        inner.encode(x="at:T", y="q25:Q", y2="q75:Q", tooltip=NO_TOOLTIP),
        middle.encode(x="at:T", y="q50:Q", tooltip=NO_TOOLTIP),
        past.encode(x="at:T", y="ftm:Q", tooltip=NO_TOOLTIP),
        last_block.encode(x="at:T", tooltip=NO_TOOLTIP),
        level.encode(y="ftm:Q", tooltip=NO_TOOLTIP),
        name.encode(y="ftm:Q", x=alt.value(60), text="name:N", tooltip=NO_TOOLTIP),
        columns.encode(
            x="at:T", x2="until:T", y=alt.value(0), y2=alt.value("height"), tooltip=tooltip
        ),
    ]
    title = alt.Title(
        f"FTM that came in since {since}",
        anchor="start",
        fontSize=13,
        fontWeight=600,
        offset=8,
    )
    return layered(layers, 320).properties(title=title).to_dict()


def _ticks(money: Money, levels: Rows) -> list[float]:
    """Round sums for the axis, but for those whose label a level's line would cross."""
    marked = [float(level["ftm"]) for level in levels]
    top = max(float(each) for each in (*money.came["ftm"], *money.fan["high"], *marked))
    rough = max(top, 1e-9) / 4
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * next(each for each in (1, 2, 5, 10) if rough <= each * unit)
    ticks = [place * step for place in range(int(top / step) + 1)]
    return [tick for tick in ticks if all(abs(tick - ftm) > _APART * top for ftm in marked)]


def source_note(odds: Odds) -> str:
    """Which money is read, and why that one."""
    errors = {name: crps for name, crps, _ in odds.scores.sources.rows() if crps is not None}
    money = _SOURCES[odds.present.source]
    if not errors:
        return (
            f"Read from {money}. Which money predicts best could not be decided yet: the history "
            "is too short."
        )
    if len(errors) == 1:
        return f"Read from {money}: of no other money there is enough history to compare with."
    compared = ", ".join(f"{name} {crps:.1f} d" for name, crps in errors.items())
    return (
        f"Read from {money}: of all candidates it predicted best on the earlier part of the "
        f"history (mean error: {compared})."
    )
