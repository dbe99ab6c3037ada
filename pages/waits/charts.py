"""Release curves: how much of the requests of an amount was released after how many days."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from forecast.baselines import AMOUNT_BUCKETS
from pages.waits import releases
from ui.parts import colours, words

# Hues for colour-blind readers and both themes, and dashes for those who see none of them.
_LOOKS = (
    (colours.BLUE, [1, 0]),
    (colours.AMBER, [9, 2]),
    (colours.PINK, [5, 2]),
    (colours.BROWN, [2, 2]),
    (colours.SILVER, [1, 2]),
)
STYLES = dict(zip((*AMOUNT_BUCKETS, "unknown amount"), _LOOKS, strict=True))
_ROWS, _FINEST = 1_800, 400  # steps of all curves, so that the whole chart stays below 2,000 rows
_ROW, _HEIGHT = 18, 300
_READOUT_AT = 345  # beside the names, and inside the narrowest phone


def release_curves(
    curve: pl.DataFrame, *, promised_days: int, days: int | None
) -> alt.VConcatChart:
    """Share released as steps against days since the request, one curve a bucket.

    `curve` has bucket, wait_days, at_risk, released and share_waiting, in that order, and is not
    empty. `days` is where the axis ends, by default past the longest wait. Above the curves
    stands their key, which is also the cursor's readout.
    """
    longest = max(float(ends) for ends in curve["wait_days"])
    until = float(days) if days else max(longest, promised_days * 1.1)
    hovered = alt.selection_point(name="cursor")
    readings = releases.readings(curve, until)
    rule = _cursor(readings, hovered)
    known = releases.trusted(curve)
    steps = [_steps(known, until)] if known.height else []
    curves = alt.layer(*_promise(promised_days, until), *steps, rule)
    chart = alt.vconcat(
        _key(curve, readings, hovered), curves.properties(height=_HEIGHT), spacing=14
    ).resolve_scale(color="independent", strokeDash="independent")
    chart.vconcat[1].layer[-1].name = "cursor_1"  # Altair ends names in the panel's place
    chart.params = [
        alt.TopLevelSelectionParameter(
            name="cursor",
            select=alt.PointSelectionConfig(
                type="point", fields=["days"], nearest=True, on="mousemove", clear="mouseout"
            ),
            views=["cursor_1"],
        )
    ]
    styled: alt.VConcatChart = chart.configure_view(stroke=None)
    return styled


def _steps(curve: pl.DataFrame, until: float) -> alt.Chart:
    steps_each = min(_FINEST, _ROWS // curve["bucket"].n_unique())
    step = (pl.col("share_waiting") * steps_each).floor()
    moved = step.ne_missing(step.shift()).over("bucket")
    ends = pl.col("wait_days") == pl.col("wait_days").max().over("bucket")
    steps: alt.Chart = (
        alt.Chart(
            curve.filter(moved | ends).select(
                "bucket", days="wait_days", released=100 - 100 * pl.col("share_waiting")
            )
        )
        .mark_line(interpolate="step-after", strokeWidth=2, clip=True)
        .encode(
            tooltip=alt.value(None),
            x=alt.X(
                "days:Q",
                title=None,
                scale=alt.Scale(domain=[0, until], nice=False),
                axis=alt.Axis(
                    labelExpr="datum.label + ' d'",
                    format=",~r",
                    grid=False,
                    tickCount=8,
                    labelFlush=True,
                    labelOverlap="greedy",
                    labelPadding=4,
                ),
            ),
            y=alt.Y(
                "released:Q",
                title=None,
                scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(
                    labelExpr="datum.value ? datum.label + ' %' : ''",  # the curves begin there
                    values=[0, 25, 50, 75, 100],
                    domain=False,
                    labelAlign="left",
                    labelBaseline="bottom",
                    labelPadding=-2,
                    labelOffset=-2,
                    minExtent=0,
                    maxExtent=0,
                ),
            ),
            **_styled(curve),
        )
    )
    return steps


def _styled(curve: pl.DataFrame) -> dict[str, alt.Color | alt.StrokeDash]:
    names = [name for name, _ in releases.apart(curve)]
    hues, dashes = zip(*(STYLES[name] for name in names), strict=True)
    return {
        "color": alt.Color("bucket:N", legend=None, scale=alt.Scale(domain=names, range=hues)),
        "strokeDash": alt.StrokeDash(
            "bucket:N", legend=None, scale=alt.Scale(domain=names, range=dashes)
        ),
    }


def _promise(promised_days: int, until: float) -> list[alt.Chart]:
    """A rule where the official answer ends; its name stands where there is room for it."""
    at = alt.Chart(pl.DataFrame({"days": [promised_days], "name": [f"{promised_days} days"]}))
    left = promised_days > until * 0.3
    rule = at.mark_rule(color=colours.GREY, strokeWidth=1, strokeDash=[4, 3], clip=True)
    name = at.mark_text(
        align="right" if left else "left",
        baseline="top",
        dx=-5 if left else 5,
        fontSize=12,
        color=colours.GREY,
        aria=False,
    ).encode(text="name:N", y=alt.value(4 if left else _HEIGHT - 16))
    return [layer.encode(x="days:Q", tooltip=alt.value(None)) for layer in (rule, name)]


def _cursor(readings: pl.DataFrame, hovered: alt.Parameter) -> alt.Chart:
    """Found by the nearest day, wherever the pointer is in the panel."""
    rule: alt.Chart = (
        alt.Chart(readings)
        .mark_rule(color=colours.GREY, strokeWidth=1)
        .encode(
            x="days:Q",
            opacity=alt.condition(hovered, alt.value(1), alt.value(0), empty=False),
            tooltip=alt.value(None),
        )
    )
    return rule


def _key(curve: pl.DataFrame, readings: pl.DataFrame, hovered: alt.Parameter) -> alt.LayerChart:
    """Every curve's look, name and size, and beside it its share where the cursor stands.

    Every reading's text is there, but for the one unseen: so the panel keeps its place.
    """
    buckets = releases.apart(curve)
    rows = pl.DataFrame(
        {
            "bucket": [name for name, _ in buckets],
            "y": [_ROW * (place + 1.5) for place in range(len(buckets))],
            "label": [
                f"{name}, {words.plural(of_bucket['at_risk'][0], 'request')}"
                for name, of_bucket in buckets
            ],
        }
    )
    at = alt.Chart(rows).encode(y=alt.Y("y:Q", scale=None, axis=None))
    swatch = at.mark_rule(strokeWidth=2.5, aria=False).encode(
        x=alt.value(0), x2=alt.value(26), tooltip=alt.value(None), **_styled(curve)
    )
    text: dict[str, Any] = {"baseline": "middle", "fontSize": 12, "color": colours.GREY}
    label = at.mark_text(align="left", **text).encode(
        text="label:N", x=alt.value(34), tooltip=alt.value(None)
    )
    title = (
        alt.Chart(pl.DataFrame({"title": ["Share released"]}))
        .mark_text(align="left", fontWeight=600, **text)
        .encode(text="title:N", x=alt.value(0), y=alt.value(_ROW / 2), tooltip=alt.value(None))
    )
    heights = [_ROW / 2, *rows["y"].to_list()]
    read = [
        alt.Chart(readings)
        .mark_text(align="right", aria=False, **text)
        .encode(
            text=f"{name}:N",
            x=alt.value(_READOUT_AT),
            y=alt.value(height),
            opacity=alt.condition(hovered, alt.value(1), alt.value(0), empty=False),
            tooltip=alt.value(None),
        )
        for name, height in zip(["after", *rows["bucket"].to_list()], heights, strict=True)
    ]
    return alt.LayerChart(layer=[swatch, label, title, *read], height=_ROW * (len(buckets) + 1))
