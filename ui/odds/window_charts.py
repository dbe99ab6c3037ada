"""Pictures of what is forecast: one window, the money that is to come, the odds by amount.

Frames in, charts out, in the colours and manners of the other charts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import altair as alt
import polars as pl

from ui.parts.colours import AMBER, BLUE, GREY

_NO_TIP: Any = alt.value(None)
_LABELS: dict[str, Any] = {
    "labelFlush": True,
    "labelOverlap": "greedy",
    "labelPadding": 4,
    "grid": False,
}


def window(spans: pl.DataFrame, *, at: datetime, promised_at: datetime | None) -> alt.LayerChart:
    """One row a request: thin from `low` to `high` (90 %), thick from `q25` to `q75`, a tick at
    `q50`; `name` says whose it is. A grey rule is `at`, a dashed one the official answer's end."""
    rows = alt.Chart(spans)
    y = alt.Y(
        "name:N", title=None, sort=None, axis=alt.Axis(labelLimit=110) if _named(spans) else None
    )
    time = _time("low")
    thin = rows.mark_bar(height=6, opacity=0.45, color=BLUE, cornerRadius=3).encode(
        x=time, x2="high:T", y=y, tooltip=_window_tips()
    )
    thick = rows.mark_bar(height=16, color=BLUE, opacity=0.8, cornerRadius=3).encode(
        x="q25:T", x2="q75:T", y=y, tooltip=_window_tips()
    )
    middle = rows.mark_tick(thickness=3, height=24, color=AMBER).encode(
        x="q50:T", y=y, tooltip=_window_tips()
    )
    marks = [(at, [1, 0])] + ([(promised_at, [4, 3])] if promised_at else [])
    rules = [
        alt.Chart(pl.DataFrame({"at": [moment]}))
        .mark_rule(color=GREY, strokeDash=dash)
        .encode(x="at:T", tooltip=_NO_TIP)
        for moment, dash in marks
    ]
    return layered([thin, thick, middle, *rules], 34 * spans.height + 44)


def fan(came: pl.DataFrame, fan: pl.DataFrame, needs: pl.DataFrame) -> alt.LayerChart:
    """Money over time: what came (`at`, `ftm`) as steps up to now, then the fan of what is to come.

    `fan` has at, low, q25, q50, q75, high; `needs` has `ftm` and `name`: levels at which someone
    is paid. All are sums since the first moment drawn.
    """
    past = alt.Chart(came).mark_line(interpolate="step-after", color=GREY, strokeWidth=2)
    outer = alt.Chart(fan).mark_area(color=BLUE, opacity=0.2, interpolate="step-after")
    inner = alt.Chart(fan).mark_area(color=BLUE, opacity=0.35, interpolate="step-after")
    middle = alt.Chart(fan).mark_line(color=BLUE, strokeWidth=2, interpolate="step-after")
    tips = [
        alt.Tooltip("at:T", title="By", format="%-d %b %Y"),
        *(
            alt.Tooltip(f"{name}:Q", title=title, format=",.0f")
            for name, title in (("low", "5 %"), ("q50", "Even odds"), ("high", "95 %"))
        ),
    ]
    now = alt.Chart(came.tail(1)).mark_rule(color=GREY, strokeDash=[2, 2])
    level = alt.Chart(needs).mark_rule(color=AMBER, strokeDash=[6, 3], strokeWidth=1.5)
    name = alt.Chart(needs).mark_text(
        align="left", baseline="bottom", dx=2, dy=-3, color=AMBER, fontSize=12, aria=False
    )
    layers = [
        outer.encode(x=_time("at"), y=_ftm("low"), y2="high:Q", tooltip=tips),
        inner.encode(x="at:T", y="q25:Q", y2="q75:Q", tooltip=tips),
        middle.encode(x="at:T", y="q50:Q", tooltip=tips),
        past.encode(x="at:T", y="ftm:Q", tooltip=_NO_TIP),
        now.encode(x="at:T", tooltip=_NO_TIP),
        level.encode(y="ftm:Q", tooltip=_NO_TIP),
        name.encode(y="ftm:Q", x=alt.value(60), text="name:N", tooltip=_NO_TIP),
    ]
    return layered(layers, 320)


def heat(odds: pl.DataFrame) -> alt.LayerChart:
    """Chance of being paid (`share`, 0 to 1) for each `amount` by each `day`, both as text and in
    their order; `said` is the chance in words, `short` the same for a cell."""
    base = alt.Chart(odds).encode(
        x=alt.X(
            "day:N",
            title=None,
            sort=odds["day"].unique(maintain_order=True).to_list(),
            axis=alt.Axis(orient="top", labelAngle=0, labelLimit=70, ticks=False, domain=False),
        ),
        y=alt.Y(
            "amount:N",
            title=None,
            sort=odds["amount"].unique(maintain_order=True).to_list(),
            axis=alt.Axis(ticks=False, domain=False, labelLimit=120),
        ),
    )
    cells = base.mark_rect(stroke="#ffffff22").encode(
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(domain=[0, 1], range=["#dfe8f6", "#1d4f9c"]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("amount:N", title="Payout"),
            alt.Tooltip("day:N", title="By"),
            alt.Tooltip("said:N", title="Chance"),
        ],
    )
    figures = base.mark_text(fontSize=12, aria=False).encode(
        text="short:N",
        color=alt.condition("datum.share > 0.5", alt.value("#ffffff"), alt.value("#16243a")),
        tooltip=_NO_TIP,
    )
    height = 30 * odds["amount"].n_unique() + 60
    return layered([cells, figures], height)


def layered(layers: list[alt.Chart], height: int) -> alt.LayerChart:
    """Layers of one panel without a frame, as high as told."""
    chart: alt.LayerChart = alt.LayerChart(layer=layers, height=height).configure_view(stroke=None)
    return chart


def _named(spans: pl.DataFrame) -> bool:
    return spans["name"].to_list() != [""]


def _time(column: str) -> alt.X:
    return alt.X(
        f"{column}:T",
        title=None,
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(format="%-d %b", tickCount=7, **_LABELS),
    )


def _ftm(column: str) -> alt.Y:
    return alt.Y(
        f"{column}:Q",
        title=None,
        axis=alt.Axis(
            format=",~r",
            tickCount=5,
            domain=False,
            labelAlign="left",
            labelBaseline="bottom",
            labelPadding=-2,
            labelOffset=-2,
            minExtent=0,
            maxExtent=0,
        ),
    )


def _window_tips() -> list[alt.Tooltip]:
    named = {"low": "5 %", "q25": "25 %", "q50": "Even odds", "q75": "75 %", "high": "95 %"}
    return [
        alt.Tooltip(f"{column}:T", title=title, format="%-d %b %Y")
        for column, title in named.items()
    ]
