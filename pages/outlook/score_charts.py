"""How good the odds have been, as charts. A figure from too few batches is drawn pale."""

from __future__ import annotations

import altair as alt
import polars as pl

from ui.odds.window_charts import layered
from ui.parts.colours import AMBER, BLUE, GREY

_NAME_WIDTH = 150
_PERCENT = alt.Axis(
    labelExpr="datum.label + ' %'", values=[0, 25, 50, 75, 100], grid=False, labelFlush=True
)


def coverage(rows: pl.DataFrame) -> alt.LayerChart:
    """Observed coverage (`value`, with `low` and `high`, all in percent) of the intervals that
    promise 50 and 90 % (`promised`), one row a slice (`name`, in their order)."""
    y = alt.Y(
        "name:N",
        title=None,
        sort=rows["name"].unique(maintain_order=True).to_list(),
        axis=alt.Axis(ticks=False, domain=False, labelLimit=_NAME_WIDTH),
    )
    offset = alt.YOffset("promised:N", sort=["90 %", "50 %"])
    colour = alt.Color(
        "promised:N",
        title=None,
        scale=alt.Scale(domain=["90 %", "50 %"], range=[BLUE, AMBER]),
        legend=alt.Legend(orient="top"),
    )
    pale = alt.condition("datum.decided", alt.value(1.0), alt.value(0.35))
    tips = [
        alt.Tooltip("name:N", title="Of"),
        alt.Tooltip("promised:N", title="Promised"),
        alt.Tooltip("value:Q", title="Held, %", format=".1f"),
        alt.Tooltip("low:Q", title="from, %", format=".1f"),
        alt.Tooltip("high:Q", title="to, %", format=".1f"),
        alt.Tooltip("batches:Q", title="Payout batches"),
        alt.Tooltip("decided:N", title="Decided"),
    ]
    x = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=_PERCENT)
    base = alt.Chart(rows).encode(y=y, yOffset=offset, color=colour, tooltip=tips)
    bars = base.mark_rule(strokeWidth=2.5).encode(
        x=alt.X("low:Q", axis=_PERCENT), x2="high:Q", opacity=pale
    )
    dots = base.mark_point(filled=True, size=70).encode(x=x, opacity=pale)
    promised = (
        alt.Chart(pl.DataFrame({"at": [50, 90]}))
        .mark_rule(color=GREY, strokeDash=[4, 3])
        .encode(x="at:Q", tooltip=alt.value(None))
    )
    return layered([promised, bars, dots], 30 * rows["name"].n_unique() + 10)


def pit(tenths: pl.DataFrame) -> alt.LayerChart:
    """Share of waits (`value`, percent, with `low` and `high`) in each tenth (`place`) of
    what was forecast: flat at 10 % where the odds hold."""
    x = alt.X(
        "place:N",
        title=None,
        sort=tenths["place"].to_list(),
        axis=alt.Axis(labelAngle=0, ticks=False, labelOverlap="greedy"),
    )
    tips = [
        alt.Tooltip("place:N", title="Between quantiles, %"),
        alt.Tooltip("value:Q", title="Share of waits, %", format=".1f"),
        alt.Tooltip("low:Q", title="from, %", format=".1f"),
        alt.Tooltip("high:Q", title="to, %", format=".1f"),
    ]
    base = alt.Chart(tenths).encode(x=x, tooltip=tips)
    bars = base.mark_bar(color=BLUE, opacity=0.75).encode(
        y=alt.Y(
            "value:Q",
            title=None,
            axis=alt.Axis(labelExpr="datum.label + ' %'", tickCount=4, domain=False),
        )
    )
    spread = base.mark_rule(color=GREY, strokeWidth=1.5).encode(y="low:Q", y2="high:Q")
    even = (
        alt.Chart(pl.DataFrame({"at": [10]}))
        .mark_rule(color=AMBER, strokeDash=[6, 3], strokeWidth=1.5)
        .encode(y="at:Q", tooltip=alt.value(None))
    )
    return layered([bars, spread, even], 190)


def models(rows: pl.DataFrame) -> alt.LayerChart:
    """Mean error in days (twCRPS: `value`, with `low` and `high`) a model (`name`), least first."""
    base = alt.Chart(rows).encode(
        y=alt.Y(
            "name:N",
            title=None,
            sort=rows["name"].to_list(),
            axis=alt.Axis(ticks=False, domain=False, labelLimit=_NAME_WIDTH),
        ),
        color=alt.Color(
            "ours:N", legend=None, scale=alt.Scale(domain=[True, False], range=[BLUE, GREY])
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Answer"),
            alt.Tooltip("value:Q", title="Mean error, days", format=".1f"),
            alt.Tooltip("low:Q", title="from", format=".1f"),
            alt.Tooltip("high:Q", title="to", format=".1f"),
        ],
    )
    longest = max(rows["value"].to_list() + rows["high"].drop_nulls().to_list())
    axis = alt.Axis(labelExpr="datum.label + ' d'", tickCount=6, grid=False)
    bars = base.mark_bar(height=14, opacity=0.75).encode(
        x=alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, longest]), axis=axis)
    )
    spread = base.mark_rule(strokeWidth=2, color=GREY).encode(x="low:Q", x2="high:Q")
    return layered([bars, spread], 28 * rows.height + 10)
