"""Curves of the share of an amount's requests that was paid after so many days.

A curve's steps may come thinned (see the query), and it ends at the longest wait there is:
beyond that nothing is known, unless all were released. Where fewer than FEWEST waited that
long, and some still wait, it is not trusted: a curve of three may say 100 % while two of them wait.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import altair as alt
import polars as pl

from answers import words
from forecast.baselines import AMOUNT_BUCKETS
from ui.parts import colours
from ui.parts.charts import LABELS_INSIDE, MOST_FORMS, NO_TOOLTIP, Picture, of_rows

NOT_KNOWN_YET = "not known yet"
FEWEST = 10  # of fewer that waited as long, each would move the curve by more than a tenth
# Colours and, for those who cannot tell them apart, dashes.
_LOOKS = (
    (colours.BLUE, [1, 0]),
    (colours.AMBER, [9, 2]),
    (colours.PINK, [5, 2]),
    (colours.BROWN, [2, 2]),
    (colours.SILVER, [1, 2]),
)
STYLES = dict(zip((*AMOUNT_BUCKETS, "unknown amount"), _LOOKS, strict=True))
_MOST_READINGS = 120  # places for the cursor
_READING_DAYS = (1 / 24, 1 / 4, 1, 5, 35)  # each divides 35, so that the cursor can stand on it
_ROWS, _FINEST = 1_800, 400  # steps of all curves, so that the whole chart stays below 2,000 rows
_ROW_HEIGHT, _HEIGHT = 18, 300
_READOUT_AT = 345  # right of the names, and still inside on the narrowest phone


def by_bucket(curve: pl.DataFrame, days: int) -> pl.DataFrame:
    """A row a bucket: requests, pending, days_50 and days_90, and the share released in `days`.

    What is not known is NULL, see `why_unknown`. A thinned curve gives up to one of its steps more
    days.
    """
    known = _is_trusted()
    waiting, wait = pl.col("share_waiting").filter(known), pl.col("wait_days").filter(known)
    in_time = 1 - waiting.filter(wait <= days).last()
    return curve.group_by("bucket", maintain_order=True).agg(
        requests=pl.col("at_risk").first(),
        pending=pl.col("at_risk").first() - pl.col("released").last(),
        days_50=wait.filter(waiting <= 0.5).first(),
        days_90=wait.filter(waiting <= 0.1).first(),
        share=pl.when((wait.last() >= days) | (waiting.last() == 0)).then(in_time),
    )


def why_unknown(requests: int) -> str:
    """What stands in place of a figure of so many requests: too few, or it is not known yet."""
    return f"too few ({requests:,})" if requests < FEWEST else NOT_KNOWN_YET


def _is_trusted() -> pl.Expr:
    """The part of each curve for which enough requests waited. Where none of enough requests waits
    any more, that is all of it: nothing of it is an estimate."""
    first, last = pl.col("at_risk").first(), pl.col("released").last()
    all_out = (first == last) & (first >= FEWEST)
    return (pl.col("at_risk") >= FEWEST) | all_out.over("bucket")


def takeaway(curve: pl.DataFrame, days: int) -> str:
    """The chart in one sentence, for those who do not see it."""
    rows = by_bucket(curve, days).select("bucket", "requests", "share").rows()
    shares = "; ".join(
        f"{bucket}, {why_unknown(requests) if share is None else percent(share)}"
        for bucket, requests, share in rows
    )
    return f"Share of the requests paid after {days} days, by amount: {shares}."


def percent(share: float | None, digits: int = 0) -> str:
    """Percent with so many `digits`, where only none is 0 % and only all is 100 %."""
    if share is None:
        return NOT_KNOWN_YET
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    least = 10.0**-digits
    if 100 * share < least / 2:
        return f"under {least:g} %"
    if 100 * share >= 100 - least / 2:
        return f"over {100 - least:g} %"
    return f"{100 * share:.{digits}f} %"


def release_curves(curve: pl.DataFrame, *, promised_days: int, days: int | None) -> Picture:
    """Share released as steps against days since the request, one curve a bucket.

    `curve` has bucket, wait_days, at_risk, released and share_waiting, in that order, and is not
    empty. `days` is where the axis ends, by default the whole day past the longest wait. Above the
    curves stands their key, which also shows what the cursor reads.
    """
    longest = max(float(wait) for wait in curve["wait_days"])
    until = days or math.ceil(max(longest, promised_days * 1.1))
    sizes = {name: of_bucket["at_risk"][0] for name, of_bucket in _buckets(curve).items()}
    rows = {
        "read": readings(curve, until),
        "promise": pl.DataFrame({"days": [promised_days], "name": [f"{promised_days} days"]}),
        "key": pl.DataFrame(
            {
                "bucket": list(sizes),
                "y": _places(len(sizes))[1:],
                "label": [
                    f"{name}, {words.plural(size, 'request')}" for name, size in sizes.items()
                ],
            }
        ),
        "title": pl.DataFrame({"title": ["Share paid"]}),
    }
    if (known := trusted(curve)).height:
        rows["steps"] = _steps(known)
    return Picture(_form(tuple(sizes), until, promised_days, known.height > 0), rows)


def _places(names: int) -> list[float]:
    """How far down the key's title stands, and then each name."""
    return [_ROW_HEIGHT * (place + 0.5) for place in range(names + 1)]


@lru_cache(MOST_FORMS)
def _form(
    names: tuple[str, ...], until: int, promised_days: int, has_steps: bool
) -> dict[str, Any]:
    """What is the same of all charts with curves of these names up to that day."""
    hovered = alt.selection_point(name="cursor")
    steps = [_lines(names, until)] if has_steps else []
    curves = alt.layer(*_promise(promised_days, until), *steps, _cursor(hovered))
    chart = alt.vconcat(
        _key(names, hovered), curves.properties(height=_HEIGHT), spacing=14
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
    spec: dict[str, Any] = chart.configure_view(stroke=None).to_dict()
    return spec


def trusted(curve: pl.DataFrame) -> pl.DataFrame:
    """The part of each curve that is trusted."""
    return curve.filter(_is_trusted())


def _buckets(curve: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Each bucket's curve, that of the smallest amount first."""
    return {
        str(name): of_bucket
        for (name,), of_bucket in curve.partition_by("bucket", as_dict=True).items()
    }


def readings(curve: pl.DataFrame, until: float) -> pl.DataFrame:
    """Days on which the cursor may stand, each with every bucket's share in words."""
    step = next((d for d in _READING_DAYS if until / d <= _MOST_READINGS), until / _MOST_READINGS)
    days = [float(place * step) for place in range(int(until / step) + 1)]
    columns: dict[str, list[Any]] = {
        "days": days,
        "after": [f"After {words.duration(day + 1e-6) if day else '0 d'}" for day in days],
    }
    for name, of_bucket in _buckets(curve).items():
        known = trusted(of_bucket)
        if known.is_empty():
            columns[name] = [why_unknown(of_bucket["at_risk"][0])] * len(days)
            continue
        waits, waiting = known["wait_days"], known["share_waiting"]
        last_steps = waits.search_sorted(pl.Series(days), side="right") - 1
        columns[name] = [
            percent(None if day > waits[-1] and waiting[-1] > 0 else 1 - share)
            for day, share in zip(days, waiting.gather(last_steps), strict=True)
        ]
    return pl.DataFrame(columns)


def _steps(curve: pl.DataFrame) -> pl.DataFrame:
    """A row where a curve falls by a step that can be seen, and where it ends."""
    steps_each = min(_FINEST, _ROWS // curve["bucket"].n_unique())
    step = (pl.col("share_waiting") * steps_each).floor()
    moved = step.ne_missing(step.shift()).over("bucket")
    ends = pl.col("wait_days") == pl.col("wait_days").max().over("bucket")
    return curve.filter(moved | ends).select(
        "bucket", days="wait_days", released=100 - 100 * pl.col("share_waiting")
    )


def _lines(names: tuple[str, ...], until: int) -> alt.Chart:
    lines: alt.Chart = (
        of_rows("steps")
        .mark_line(interpolate="step-after", strokeWidth=2, clip=True)
        .encode(
            tooltip=NO_TOOLTIP,
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
                    **LABELS_INSIDE,
                ),
            ),
            **_styled(names),
        )
    )
    return lines


def _styled(names: tuple[str, ...]) -> dict[str, alt.Color | alt.StrokeDash]:
    hues, dashes = zip(*(STYLES[name] for name in names), strict=True)
    return {
        "color": alt.Color(
            "bucket:N", legend=None, scale=alt.Scale(domain=list(names), range=hues)
        ),
        "strokeDash": alt.StrokeDash(
            "bucket:N", legend=None, scale=alt.Scale(domain=list(names), range=dashes)
        ),
    }


def _promise(promised_days: int, until: int) -> list[alt.Chart]:
    """A rule where the official answer ends; its name stands where there is room for it."""
    at = of_rows("promise")
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
    return [layer.encode(x="days:Q", tooltip=NO_TOOLTIP) for layer in (rule, name)]


def _cursor(hovered: alt.Parameter) -> alt.Chart:
    """A rule on the day nearest to the pointer, wherever that is in the panel."""
    rule: alt.Chart = (
        of_rows("read")
        .mark_rule(color=colours.GREY, strokeWidth=1)
        .encode(x="days:Q", opacity=_if(hovered), tooltip=NO_TOOLTIP)
    )
    return rule


def _if(hovered: alt.Parameter) -> Any:
    return alt.condition(hovered, alt.value(1), alt.value(0), empty=False)


def _key(names: tuple[str, ...], hovered: alt.Parameter) -> alt.LayerChart:
    """Every curve's look, name and size, and beside it its share where the cursor stands.

    The texts of all readings are there, and all but one invisible: so the panel keeps its size.
    """
    heights = _places(len(names))
    at = of_rows("key").encode(y=alt.Y("y:Q", scale=None, axis=None), tooltip=NO_TOOLTIP)
    swatch = at.mark_rule(strokeWidth=2.5, aria=False).encode(
        x=alt.value(0), x2=alt.value(26), **_styled(names)
    )
    text: dict[str, Any] = {"baseline": "middle", "fontSize": 12, "color": colours.GREY}
    label = at.mark_text(align="left", **text).encode(text="label:N", x=alt.value(34))
    title = (
        of_rows("title")
        .mark_text(align="left", fontWeight=600, **text)
        .encode(text="title:N", x=alt.value(0), y=alt.value(heights[0]), tooltip=NO_TOOLTIP)
    )
    texts = [
        of_rows("read")
        .mark_text(align="right", aria=False, **text)
        .encode(
            text=f"{name}:N",
            x=alt.value(_READOUT_AT),
            y=alt.value(height),
            opacity=_if(hovered),
            tooltip=NO_TOOLTIP,
        )
        for name, height in zip(["after", *names], heights, strict=True)
    ]
    return alt.LayerChart(layer=[swatch, label, title, *texts], height=_ROW_HEIGHT * len(heights))
