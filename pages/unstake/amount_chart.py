"""How the window changes with the amount: a small picture."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import altair as alt

from ui.parts import ranges
from ui.parts.charts import MOST_FORMS, NO_TOOLTIP, Picture, Rows, layered, of_rows
from ui.parts.colours import BLUE, GREY


def amounts(spans: Rows, *, horizon_days: int) -> Picture:
    """One row an amount (`name` in the token, in order; `paid` in FTM): days `low` to `high` thin,
    `q25` to `q75` thick, a tick at `q50`; None past the horizon. `mine` marks the user's own."""
    today: dict[str, Rows] = {"today": [{"at": 0}]}
    bars = ranges.parts([{**span, "edge": horizon_days} for span in spans])
    names = list(dict.fromkeys(span["name"] for span in spans))
    form = _form(len(spans), tuple(bars), horizon_days)
    return Picture(ranges.with_names(form, names), today | bars)


@lru_cache(MOST_FORMS)
def _form(rows: int, bars: tuple[str, ...], horizon_days: int) -> dict[str, Any]:
    # A label is short, but an amount of a few wei has all its digits: none is ever cut.
    axis = alt.Axis(ticks=False, domain=False, labelLimit=0)
    x = alt.X(
        "at:Q",
        title=None,
        scale=alt.Scale(domain=[0, horizon_days]),
        axis=alt.Axis(labelExpr="datum.label + ' d'", grid=False, tickCount=7, labelFlush=True),
    )
    channels = {
        "y": alt.Y("name:N", title=None, axis=axis),
        "color": alt.Color(
            "mine:N", legend=None, scale=alt.Scale(domain=[True, False], range=[BLUE, GREY])
        ),
        "tooltip": [
            alt.Tooltip("name:N", title="Unstaked"),
            alt.Tooltip("paid:N", title="You receive"),
            alt.Tooltip("half:N", title="50 % chance"),
        ],
    }
    begin = of_rows("today").mark_rule(color=GREY, aria=False).encode(x=x, tooltip=NO_TOOLTIP)
    drawn = ranges.layers(bars, "Q", heights=(4, 12, 18), channels=channels)
    return layered([begin, *drawn], 26 * rows + 30).to_dict()
