"""The picture of release windows: a row each, on a line of dates in UTC."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import altair as alt

from answers import window_words
from forecast import ReleaseWindow
from ui.parts import ranges
from ui.parts.charts import MOST_FORMS, NO_TOOLTIP, Picture, Rows, dates_axis, layered, of_rows
from ui.parts.colours import BLUE, GREY

_QUANTILES = {"low": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "high": 0.95}


def rows(windows: Mapping[str, ReleaseWindow]) -> Rows:
    """A row a window: its `name`, each quantile as a moment, None beyond the horizon, and the same
    in words under `<quantile>_by`; `said` is all of it in one sentence."""
    made: list[dict[str, object]] = []
    for name, window in windows.items():
        days = {key: window.quantile(p) for key, p in _QUANTILES.items()}
        by = {key: window_words.by_or_after(window, p) for key, p in _QUANTILES.items()}
        chances = ", ".join(f"{_percent(key)} chance: {text}" for key, text in by.items())
        made.append(
            {
                "name": name,
                **{
                    key: window_words.moment(window, day) if math.isfinite(day) else None
                    for key, day in days.items()
                },
                **{f"{key}_by": text for key, text in by.items()},
                "said": f"{name}: {chances}" if name else chances,
            }
        )
    return made


def window_chart(
    spans: Rows,
    *,
    at: datetime,
    promised_at: datetime | None,
    horizon_days: float,
    heights: tuple[int, int, int] = (6, 16, 24),
) -> Picture:
    """One row a request: thin from `low` to `high` (90 %), thick from `q25` to `q75`, a tick at
    `q50`; `name` says whose it is. A grey rule is `at`, a dashed one the official answer's end.
    What goes on beyond the horizon ends in an arrow at the right edge. The `heights` are those of
    the thin bar, the thick bar and the tick, in pixels."""
    moments = [span[key] for key in _QUANTILES for span in spans]
    end = max([promised_at or at, *(moment for moment in moments if moment is not None)])
    if any(span["high"] is None for span in spans):
        end = at + timedelta(days=horizon_days)
    # As wide as the dates reach, whatever is drawn of them.
    rows: dict[str, Rows] = {"ground": [{"at": at}, {"at": end}], "now": [{"at": at}]}
    if promised_at is not None:
        rows["promised"] = [{"at": promised_at}]
    bars = ranges.parts([{**span, "edge": end} for span in spans])
    names = list(dict.fromkeys(span["name"] for span in spans))
    form = _form(names != [""], len(spans), tuple(bars), promised_at is not None, heights)
    return Picture(ranges.with_names(form, names), rows | bars)


@lru_cache(MOST_FORMS)
def _form(
    has_names: bool,
    rows: int,
    bars: tuple[str, ...],
    has_promise: bool,
    heights: tuple[int, int, int],
) -> dict[str, Any]:
    axis = alt.Axis(labelLimit=110) if has_names else None
    channels = {
        "y": alt.Y("name:N", title=None, axis=axis),
        "tooltip": [
            alt.Tooltip(f"{key}_by:N", title=f"{_percent(key)} chance") for key in _QUANTILES
        ],
        "color": alt.value(BLUE),
    }
    ground = of_rows("ground").mark_rule(opacity=0, aria=False)
    rules = [
        of_rows(name)
        .mark_rule(color=GREY, strokeDash=dash, aria=False)
        .encode(x="at:T", tooltip=NO_TOOLTIP)
        for name, dash in (("now", [1, 0]), ("promised", [4, 3]))
        if has_promise or name == "now"
    ]
    drawn = ranges.layers(bars, "T", heights=heights, channels=channels)
    layers = [ground.encode(x=dates_axis("at"), tooltip=NO_TOOLTIP), *drawn, *rules]
    return layered(layers, 34 * rows + 44).to_dict()


def _percent(key: str) -> str:
    return f"{100 * _QUANTILES[key]:.0f} %"
