"""The picture of release windows: a row each, on a line of dates in UTC."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

import altair as alt
import polars as pl

from answers import window_words
from forecast import ReleaseWindow
from ui.parts.charts import NO_TOOLTIP, dates_axis, layered
from ui.parts.colours import BLUE, GREY
from ui.parts.ranges import ranges

_QUANTILES = {"low": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "high": 0.95}


def rows(windows: Mapping[str, ReleaseWindow]) -> pl.DataFrame:
    """A row a window: its `name`, each quantile as a moment, null beyond the horizon, and the same
    in words under `<quantile>_by`; `said` is all of it in one sentence."""
    made: list[dict[str, object]] = []
    for name, window in windows.items():
        days = {key: window.quantile(p) for key, p in _QUANTILES.items()}
        by = {key: window_words.by_or_after(window, p) for key, p in _QUANTILES.items()}
        told = ", ".join(f"{_percent(key)} chance: {text}" for key, text in by.items())
        made.append(
            {
                "name": name,
                **{
                    key: window_words.moment(window, day) if math.isfinite(day) else None
                    for key, day in days.items()
                },
                **{f"{key}_by": text for key, text in by.items()},
                "said": f"{name}: {told}" if name else told,
            }
        )
    moments = dict.fromkeys(_QUANTILES, pl.Datetime("us", "UTC"))
    return pl.DataFrame(made, schema_overrides=moments)


def window_chart(
    spans: pl.DataFrame,
    *,
    at: datetime,
    promised_at: datetime | None,
    horizon_days: float,
    heights: tuple[int, int, int] = (6, 16, 24),
) -> alt.LayerChart:
    """One row a request: thin from `low` to `high` (90 %), thick from `q25` to `q75`, a tick at
    `q50`; `name` says whose it is. A grey rule is `at`, a dashed one the official answer's end.
    What goes on beyond the horizon ends in an arrow at the right edge. The `heights` are those of
    the thin bar, the thick bar and the tick, in pixels."""
    names = spans["name"].unique(maintain_order=True).to_list()
    named = names != [""]
    axis = alt.Axis(labelLimit=110) if named else None
    channels = {
        "y": alt.Y("name:N", title=None, scale=alt.Scale(domain=names), axis=axis),
        "tooltip": [
            alt.Tooltip(f"{key}_by:N", title=f"{_percent(key)} chance") for key in _QUANTILES
        ],
        "color": alt.value(BLUE),
    }
    ends = [moment for key in _QUANTILES for moment in spans[key] if moment is not None]
    end = max([*ends, promised_at or at])
    if spans["high"].null_count():
        end = at + timedelta(days=horizon_days)
    # As wide as the dates reach, whatever is drawn of them.
    ground = alt.Chart(pl.DataFrame({"at": [at, end]})).mark_rule(opacity=0, aria=False)
    rules = [
        alt.Chart(pl.DataFrame({"at": [moment]}))
        .mark_rule(color=GREY, strokeDash=dash, aria=False)
        .encode(x="at:T", tooltip=NO_TOOLTIP)
        for moment, dash in ((at, [1, 0]), (promised_at, [4, 3]))
        if moment is not None
    ]
    bars = ranges(spans.with_columns(edge=pl.lit(end)), "T", heights=heights, channels=channels)
    layers = [ground.encode(x=dates_axis("at"), tooltip=NO_TOOLTIP), *bars, *rules]
    return layered(layers, 34 * spans.height + 44)


def _percent(key: str) -> str:
    return f"{100 * _QUANTILES[key]:.0f} %"
