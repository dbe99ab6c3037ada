"""How the window changes with the amount: a small picture."""

from __future__ import annotations

import altair as alt
import polars as pl

from ui.parts.charts import NO_TOOLTIP, layered
from ui.parts.colours import BLUE, GREY
from ui.parts.ranges import ranges


def amounts(spans: pl.DataFrame, *, horizon_days: int) -> alt.LayerChart:
    """One row an amount (`name` in the token, in order; `paid` in FTM): days `low` to `high` thin,
    `q25` to `q75` thick, a tick at `q50`; null past the horizon. `mine` marks the user's own."""
    # A label is short, but an amount of a few wei has all its digits: none is ever cut.
    axis = alt.Axis(ticks=False, domain=False, labelLimit=0)
    names = spans["name"].unique(maintain_order=True).to_list()
    x = alt.X(
        "at:Q",
        title=None,
        scale=alt.Scale(domain=[0, horizon_days]),
        axis=alt.Axis(labelExpr="datum.label + ' d'", grid=False, tickCount=7, labelFlush=True),
    )
    channels = {
        "y": alt.Y("name:N", title=None, scale=alt.Scale(domain=names), axis=axis),
        "color": alt.Color(
            "mine:N", legend=None, scale=alt.Scale(domain=[True, False], range=[BLUE, GREY])
        ),
        "tooltip": [
            alt.Tooltip("name:N", title="Unstaked"),
            alt.Tooltip("paid:N", title="You receive"),
            alt.Tooltip("half:N", title="50 % chance"),
        ],
    }
    today = alt.Chart(pl.DataFrame({"at": [0]})).mark_rule(color=GREY, aria=False)
    begin = today.encode(x=x, tooltip=NO_TOOLTIP)
    layers = ranges(
        spans.with_columns(edge=horizon_days), "Q", heights=(4, 12, 18), channels=channels
    )
    return layered([begin, *layers], 26 * spans.height + 30)
