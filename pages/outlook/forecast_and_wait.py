"""What would have been said of past requests when they were made, against what came."""

from __future__ import annotations

from datetime import timedelta

import altair as alt
import polars as pl
import streamlit as st

from answers import words
from answers.scored import Odds
from forecast.logged import NO_RANGE
from forecast.window import HORIZON_DAYS
from scoring.companion import Scores
from ui.parts import drawing
from ui.parts.charts import NO_TOOLTIP, layered
from ui.parts.colours import AMBER, BLUE, GREY

MOST_DOTS = 1_000
_HELD = ("in the 90 % range", "outside")


def scatter(odds: Odds) -> None:
    """A dot a request that is old enough to be judged: its 50 % chance, and its wait."""
    rows = judged(odds.scores)
    if rows.is_empty():
        return
    held = rows.filter(held=_HELD[0]).height / rows.height
    longer = rows.filter(pl.col("came") > pl.col("said")).height / rows.height
    shown = rows.gather_every(-(-rows.height // MOST_DOTS))
    st.markdown("**What was said, and what came**")
    drawing.draw(
        scatter_chart,
        shown,
        alt=(
            f"Of {rows.height:,} past requests, {words.share(longer)} waited longer than the days "
            f"of their 50 % chance; {words.share(held)} lie in their 90 % range."
        ),
    )
    thinned = f" Shown: {shown.height:,} of {rows.height:,}." if shown.height < rows.height else ""
    st.caption(
        "Each dot is a request made 120 days or longer before the newest block. Across: within how "
        "many days it was to be paid with 50 % chance. Up: how many it waited. On the line both "
        "are the same; at the edges it is 120 days or longer. Longer than those days waited "
        f"{words.share(longer)}: if the odds are right, about half do.{thinned}"
    )


def judged(scores: Scores) -> pl.DataFrame:
    """`wr_id`, `said` and `came` in days, at most the horizon, `held`, and the same in words: a row
    for each request that is as old as the horizon and had odds."""
    old = pl.col("requested_at") <= scores.about.as_of - timedelta(days=HORIZON_DAYS)
    waited = (pl.col("released_at") - pl.col("requested_at")).dt.total_seconds() / 86_400
    came = waited.fill_null(HORIZON_DAYS).clip(0, HORIZON_DAYS)
    low, high = (pl.col(f"days_{p}").fill_null(HORIZON_DAYS) for p in (5, 95))
    held = came.is_between(low, high)
    return scores.forecasts.filter(old, ~pl.col("kind").is_in(NO_RANGE)).select(
        "wr_id",
        said=pl.col("days_50").fill_null(HORIZON_DAYS),
        came=came,
        held=pl.when(held).then(pl.lit(_HELD[0])).otherwise(pl.lit(_HELD[1])),
        request=pl.format("{}", "wr_id"),
    )


def scatter_chart(rows: pl.DataFrame) -> alt.LayerChart:
    """Days `came` over days `said`, a dot a row, coloured by `held`; the line is where both are the
    same."""
    scale = alt.Scale(domain=[0, HORIZON_DAYS], nice=False)
    ticks = alt.Axis(values=[0, 30, 60, 90, 120], grid=False, labelExpr="datum.label + ' d'")
    dots = (
        alt.Chart(rows)
        .mark_point(filled=True, size=18, opacity=0.45, aria=False)
        .encode(
            x=alt.X("said:Q", title="50 % chance within", scale=scale, axis=ticks),
            y=alt.Y("came:Q", title="waited", scale=scale, axis=ticks),
            color=alt.Color(
                "held:N",
                title=None,
                scale=alt.Scale(domain=list(_HELD), range=[BLUE, AMBER]),
                legend=alt.Legend(orient="top"),
            ),
            shape=alt.Shape(
                "held:N",
                title=None,
                scale=alt.Scale(domain=list(_HELD), range=["circle", "triangle-up"]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("request:N", title="Request"),
                alt.Tooltip("said:Q", title="50 % chance within, days", format=".1f"),
                alt.Tooltip("came:Q", title="Waited, days", format=".1f"),
                alt.Tooltip("held:N", title="It is"),
            ],
        )
    )
    ends = pl.DataFrame({"said": [0.0, HORIZON_DAYS], "came": [0.0, HORIZON_DAYS]})
    same = (
        alt.Chart(ends)
        .mark_line(color=GREY, strokeDash=[4, 3], aria=False)
        .encode(x="said:Q", y="came:Q", tooltip=NO_TOOLTIP)
    )
    return layered([same, dots], 320)
