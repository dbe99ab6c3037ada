"""How the window changes with the amount: a small picture."""

from __future__ import annotations

import altair as alt
import polars as pl

from ui.parts.charts import layered
from ui.parts.colours import AMBER, BLUE, GREY


def amounts(spans: pl.DataFrame, *, horizon_days: int) -> alt.LayerChart:
    """One row an amount (`name`, in order; `paid` in full): days `low` to `high` thin, `q25` to
    `q75` thick, a tick at `q50` if it is `reached`. `mine` marks the user's own."""
    # A label is short, but a payout of a few wei has all its digits: none is ever cut.
    axis = alt.Axis(ticks=False, domain=False, labelLimit=0)
    y = alt.Y("name:N", title=None, sort=None, axis=axis)
    x = alt.X(
        "low:Q",
        title=None,
        scale=alt.Scale(domain=[0, horizon_days]),
        axis=alt.Axis(labelExpr="datum.label + ' d'", grid=False, tickCount=7, labelFlush=True),
    )
    colour = alt.Color(
        "mine:N", legend=None, scale=alt.Scale(domain=[True, False], range=[BLUE, GREY])
    )
    tips = [
        alt.Tooltip("paid:N", title="Payout"),
        alt.Tooltip("half:N", title="Even odds"),
    ]
    rows = alt.Chart(spans)
    thin = rows.mark_bar(height=4, opacity=0.45).encode(
        x=x, x2="high:Q", y=y, color=colour, tooltip=tips
    )
    thick = rows.mark_bar(height=12, opacity=0.8).encode(
        x="q25:Q", x2="q75:Q", y=y, color=colour, tooltip=tips
    )
    middle = (
        alt.Chart(spans.filter(pl.col("reached")))
        .mark_tick(thickness=3, height=18, color=AMBER)
        .encode(x="q50:Q", y=y, tooltip=tips)
    )
    return layered([thin, thick, middle], 26 * spans.height + 30)
