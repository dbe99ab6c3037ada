"""The Queue page's chart: frames in, a chart out. No store, no clock, no session is read here."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import altair as alt
import polars as pl

from answers import words
from ui.parts import colours
from ui.parts.charts import LABELS_INSIDE, MOST_FORMS, Picture, of_rows
from ui.parts.spans import LENGTH, Span, Step

WAITING, CLAIMED, CAME, PAID = colours.AMBER, colours.BLUE, colours.PINK, colours.SILVER
CLAIMS, OTHER, PAYOUTS = "Reward claims", "Other money", "Payouts"
_DEPTH_HEIGHT, _FLOWS_HEIGHT = 220, 170
Ticks = tuple[str, Literal["day", "week", "month"], int]


def depth_against_claims(
    depth: pl.DataFrame, flows: pl.DataFrame, *, depth_step: Step, flow_step: Step, payouts: bool
) -> Picture:
    """Queue depth as steps above, what came in and was paid as bars below, on one time axis.

    `depth` has at and depth_ftm; `flows` has at, requests, depth_ftm, claimed_ftm, other_ftm and
    paid_ftm. What came in beside the claims stands on top of them. A first or last week that lies
    in part outside what `depth` covers is drawn as far as it lies inside, so that both panels begin
    and end together. One cursor runs through both, from bar to bar.
    """
    begin, end = depth["at"][0], depth["at"][-1] + LENGTH[depth_step]
    within = flows.with_columns(
        at=pl.max_horizontal("at", pl.lit(begin)),
        until=pl.min_horizontal(pl.col("at") + LENGTH[flow_step], pl.lit(end)),
    )
    last = depth.tail(1).with_columns(at=pl.lit(end))  # the last level holds to its end
    rows = {
        "steps": pl.concat([depth, last]).select("at", "depth_ftm"),
        "bars": _bars(within, payouts=payouts),
        "periods": _named(within, flow_step),
    }
    nothing = (_is_nothing(rows["steps"]["depth_ftm"]), _is_nothing(rows["bars"]["ftm"]))
    return Picture(_form(flow_step, payouts, _ticks((end - begin).days), nothing), rows)


def prepare() -> None:
    """Make the form of the range that the page begins with, before a visitor waits for it."""
    _form("week", True, _ticks(183), (False, False))


@lru_cache(MOST_FORMS)
def _form(
    flow_step: Step, payouts: bool, ticks: Ticks, nothing: tuple[bool, bool]
) -> dict[str, Any]:
    """What is the same of all such charts; of which panels `nothing` but 0 is drawn."""
    hovered = alt.selection_point(name="cursor")
    rule = _rule(hovered)
    steps = _steps(_amount("depth_ftm", nothing=nothing[0]))
    bars = _drawn_bars(_amount("ftm", nothing=nothing[1]), payouts=payouts)
    above = alt.layer(
        steps.encode(x=_time(ticks, labels=False)), rule, _readout("level", hovered)
    ).properties(title="FTM waiting", height=_DEPTH_HEIGHT)
    below = alt.layer(
        bars.encode(x=_time(ticks, labels=True)), rule, _readout("flow", hovered)
    ).properties(
        title=f"FTM that came in{' and was paid' if payouts else ''} each {flow_step}",
        height=_FLOWS_HEIGHT,
    )
    chart = alt.vconcat(above, below, spacing=12).resolve_scale(x="shared", color="independent")
    for place, panel in enumerate(chart.vconcat):
        panel.layer[1].name = f"cursor_{place}"
    chart.params = [
        alt.TopLevelSelectionParameter(
            name="cursor",
            select=alt.PointSelectionConfig(
                type="point",
                fields=["at"],
                nearest=True,
                on="mousemove",  # a tap counts as one, and its pointer leaves at once
                clear="mouseout",
            ),
            views=["cursor_0", "cursor_1"],
        )
    ]
    styled: alt.VConcatChart = chart.configure_view(stroke=None).configure_title(
        anchor="start", fontSize=13, fontWeight=600, offset=4
    )
    return styled.to_dict()


def takeaway(span: Span, depth: pl.DataFrame, flows: pl.DataFrame) -> str:
    """The chart in one sentence, for those who do not see it."""
    claimed, other, paid = (_total(flows[f"{of}_ftm"]) for of in ("claimed", "other", "paid"))
    return (
        f"From {words.day(span.since)} to {words.day(span.until)} the queue went from "
        f"{words.ftm(depth['depth_ftm'][0])} to {words.ftm(depth['depth_ftm'][-1])}, while "
        f"{words.ftm(claimed)} of rewards were claimed, {words.ftm(other)} of other money came in "
        f"and {words.ftm(paid, 'down')} were paid out."
    )


def _total(amounts: pl.Series) -> float | None:
    """The sum; None where a part of it is unknown."""
    return None if amounts.null_count() else float(amounts.sum())


def _named(flows: pl.DataFrame, step: Step) -> pl.DataFrame:
    """`flows` with each period, from at until until, in words, at its middle for the cursor.

    A tooltip or an aria-label would tell a time in the reader's own zone: words are in UTC.
    """
    form = {"hour": "%-d %b %Y, %H:%M UTC", "day": "%-d %b %Y", "week": "Week from %-d %b %Y"}[step]
    named = flows.with_columns(
        period=pl.col("at").dt.strftime(form),
        at=pl.col("at") + (pl.col("until") - pl.col("at")) / 2,
    )
    rows = named.select("period", "depth_ftm", "claimed_ftm", "other_ftm", "paid_ftm").rows()
    return named.with_columns(
        said=pl.Series(
            [
                f"{period}: {words.ftm(depth)} waiting, {words.ftm(claimed)} claimed, "
                f"{words.ftm(other)} of other money, {words.ftm(paid, 'down')} paid"
                for period, depth, claimed, other, paid in rows
            ]
        ),
        level=pl.Series([f"{period}: {words.ftm(depth)}" for period, depth, *_ in rows]),
        flow=pl.Series(
            [
                f"{words.ftm(claimed)} claimed, {words.ftm(other)} other, "
                f"{words.ftm(paid, 'down')} paid"
                for _, _, claimed, other, paid in rows
            ]
        ),
    )


def _steps(y: alt.Y) -> alt.Chart:
    steps: alt.Chart = (
        of_rows("steps")
        .mark_area(
            interpolate="step-after",
            color=WAITING,
            fillOpacity=0.18,
            line={"color": WAITING, "strokeWidth": 1.5},
            aria=False,
        )
        .encode(y=y)
    )
    return steps


def _shown(payouts: bool) -> list[str]:
    """The kinds of bars."""
    return [CLAIMS, OTHER, PAYOUTS] if payouts else [CLAIMS, OTHER]


def _bars(flows: pl.DataFrame, *, payouts: bool) -> pl.DataFrame:
    """A row a bar: what came in as one bar in two colours, and beside it what was paid. Of money
    whose amount is not known there is no bar."""
    length = pl.col("until") - pl.col("at")
    width = length * (0.84 / (2 if payouts else 1))
    claimed, other = pl.col("claimed_ftm"), pl.col("other_ftm")
    placed = {
        CLAIMS: (0, pl.lit(0.0), claimed),
        OTHER: (0, claimed, claimed + other),
        PAYOUTS: (1, pl.lit(0.0), pl.col("paid_ftm")),
    }
    return pl.concat(
        flows.select(
            at=pl.col("at") + length * 0.08 + width * place,
            until=pl.col("at") + length * 0.08 + width * (place + 1),
            kind=pl.lit(kind),
            above=low,
            ftm=high,
        )
        for kind, (place, low, high) in ((kind, placed[kind]) for kind in _shown(payouts))
    )


def _drawn_bars(y: alt.Y, *, payouts: bool) -> alt.Chart:
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=[CLAIMS, OTHER, PAYOUTS], range=[CLAIMED, CAME, PAID]),
        legend=alt.Legend(orient="top", title=None, offset=14, values=_shown(payouts), columns=3),
    )
    drawn: alt.Chart = (
        of_rows("bars").mark_bar(aria=False).encode(x2="until:T", y=y, y2="above:Q", color=colour)
    )
    return drawn


def _rule(hovered: alt.Parameter) -> alt.Chart:
    """The cursor: found by the nearest period, wherever the pointer is in a panel."""
    rule: alt.Chart = (
        of_rows("periods")
        .mark_rule(color=PAID, strokeWidth=1)
        .encode(
            x="at:T",
            description="said:N",
            opacity=alt.condition(hovered, alt.value(1), alt.value(0), empty=False),
            tooltip=[
                alt.Tooltip("period:N", title="Period"),
                alt.Tooltip("depth_ftm:Q", title="FTM waiting at its end", format=",.0f"),
                alt.Tooltip("requests:Q", title="Requests waiting", format=","),
                alt.Tooltip("claimed_ftm:Q", title="FTM of rewards claimed", format=",.2f"),
                alt.Tooltip("other_ftm:Q", title="FTM of other money", format=",.2f"),
                alt.Tooltip("paid_ftm:Q", title="FTM paid out", format=",.2f"),
            ],
        )
    )
    return rule


def _readout(words_of: str, hovered: alt.Parameter) -> alt.Chart:
    """What the cursor stands on, above the panel: a finger gets no tooltip.

    Every row's text is there, but for the one unseen: so the panel keeps its place.
    """
    readout: alt.Chart = (
        of_rows("periods")
        .mark_text(align="right", baseline="bottom", fontSize=12, color=colours.GREY, aria=False)
        .encode(
            text=f"{words_of}:N",
            x=alt.value("width"),
            y=alt.value(-8),
            opacity=alt.condition(hovered, alt.value(1), alt.value(0), empty=False),
        )
    )
    return readout


def _ticks(shown_days: int) -> Ticks:
    """About a dozen ticks: how they are labelled, and how far they are apart."""
    if shown_days > 100:
        return "%b %Y", "month", max(1, round(shown_days / 30 / 12))
    return "%-d %b", "day" if shown_days < 21 else "week", 1


def _time(ticks: Ticks, *, labels: bool) -> alt.X:
    """The shared axis in UTC; only the lower panel labels it."""
    form, interval, step = ticks
    return alt.X(
        "at:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            format=form,
            tickCount=alt.TimeIntervalStep(interval=interval, step=step),
            labels=labels,
            ticks=labels,
            grid=False,
            labelAlign="left",
            labelBound=True,
            labelFlush=False,
            labelOverlap="greedy",
            labelPadding=4,
        ),
    )


def _is_nothing(amounts: pl.Series) -> bool:
    """Whether all that is known is 0, which leaves an axis without an end."""
    return bool((amounts.fill_null(1) == 0).all())


def _amount(column: str, *, nothing: bool) -> alt.Y:
    """FTM, with its labels inside the panel: both panels then begin at the page's edge."""
    return alt.Y(
        f"{column}:Q",
        title=None,
        scale=alt.Scale(domain=[0, 1]) if nothing else alt.Scale(nice=True),
        axis=alt.Axis(format=",~r", tickCount=4, **LABELS_INSIDE),
    )
