"""How good the odds have been: whether ranges held, and other answers beside them.

A figure from too few payout batches is drawn pale.
"""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from answers import words
from answers.scored import FAN_DAYS, Odds
from forecast.backtest import BRIER_DAYS, MODEL
from forecast.baselines import AMOUNT_BUCKETS
from pages.outlook.score_names import NAMES
from scoring.companion import Scores
from ui.odds.window_card import backtest_command
from ui.parts import drawing, links, tables
from ui.parts.charts import NO_TOOLTIP, layered
from ui.parts.colours import AMBER, BLUE, GREY

ALL = "all"
_RANKS = {ALL: 0} | {f"amount: {bucket}": rank for rank, bucket in enumerate(AMOUNT_BUCKETS, 1)}
_NAMES_AXIS = alt.Y(
    "name:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=150)
)
_PERCENT_AXIS = alt.Axis(
    labelExpr="datum.label + ' %'", values=[0, 25, 50, 75, 100], grid=False, labelFlush=True
)
_RANGE, _HALF = "90 % range", "middle half"
_METRICS_IN_DAYS = ("tw_crps", "width_50", "width_90")
_FORMS = {
    "tw_crps": "%.1f d",
    "covered_90": "%.0f %%",
    "covered_50": "%.0f %%",
    "late": "%.0f %%",
    "width_90": "%.0f d",
    **{f"brier_{days}": "%.3f" for days in BRIER_DAYS},
}


def summary(odds: Odds) -> str:
    """What was scored, and the verdict in a sentence or two."""
    rows = {
        row["metric"]: row
        for row in odds.scores.table.filter(model=MODEL, slice=ALL).iter_rows(named=True)
    }
    if "covered_90" not in rows:
        return (
            "**Undecided.** No past request is old enough to judge a forecast by: it takes "
            f"requests made {FAN_DAYS} days before the newest block, and a history before them."
        )
    saved = rows.get("saved_on_always 35 days")
    beside = ""
    if saved is not None and saved["value"] is not None:
        better = "closer" if saved["value"] >= 0 else "further off"
        beside = (
            f" On average they were {abs(100 * saved['value']):.0f} % {better} than simply saying "
            "“35 days”."
        )
    held = rows["covered_90"]
    undecided = ""
    if not held["decided"]:
        undecided = (
            f" **Undecided**: only {held['batches']} payout batches were scored, and it takes 60."
        )
    return (
        f"We forecast {odds.scores.about.origins:,} past requests from what was known when they "
        f"were made. For {words.share(held['value'])} of the {held['n']:,} old enough to judge, "
        f"the 90 % range held.{beside}{undecided}"
    )


def calibration(odds: Odds) -> None:
    """Whether ranges held as often as they promise, by amount and half-year, and where in them
    the waits fell."""
    rows = _coverage(odds)
    if rows.is_empty():
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown("**How often ranges held**")
        drawing.draw(
            coverage_chart,
            rows,
            alt="; ".join(
                f"{row['name']}, {row['promised']}: {row['value']:.0f} %"
                for row in rows.iter_rows(named=True)
            ),
        )
        st.caption(
            "Dots near the dashed lines are good: the 90 % range is to hold for 90 %, the middle "
            "half for 50 %. Lines: 90 % confidence; a payout batch is one observation. Pale: "
            "undecided, fewer than 60 batches."
        )
    with right:
        st.markdown("**Where payments fell within their odds**")
        tenths = _tenths(odds)
        drawing.draw(
            pit_chart,
            tenths,
            alt=", ".join(
                f"{row['place']}: {row['value']:.0f} %" for row in tenths.iter_rows(named=True)
            ),
        )
        st.caption(
            "If the odds are right, each bar is at 10 %. A hill in the middle: ranges too wide. "
            "High edges: too narrow. High on the left: paid earlier than forecast; on the right: "
            "later."
        )


def slice_input(odds: Odds, notices: DeltaGenerator) -> str:
    """Which forecasts are compared, under `of` in the URL."""
    return links.pick("Forecasts", _slices(odds.scores), "of", ALL, notices)


@lru_cache(maxsize=8)
def _slices(scores: Scores) -> list[str]:
    return [ALL, *(name for name in scores.table["slice"].unique().sort() if name != ALL)]


def compared(odds: Odds, slice_name: str) -> bool:
    """This tracker's odds beside the other answers; returns whether there is any score."""
    table = odds.scores.table.filter(slice=slice_name)
    errors = _percent(table.filter(metric="tw_crps")).sort("value")
    if errors.is_empty():
        st.markdown("None of these forecasts is old enough to be judged.")
        return False
    ours = errors.filter(ours=True).to_dicts()
    undecided = ""
    if ours and not ours[0]["decided"]:
        undecided = f" **Undecided**: only {ours[0]['batches']} payout batches."
    drawing.draw(
        models_chart,
        errors,
        alt="; ".join(
            f"{row['name']} {row['value']:.1f} days" for row in errors.iter_rows(named=True)
        ),
    )
    st.caption(
        "Mean error of the whole forecast in days (twCRPS over 0 to 120 days, less is better) with "
        "90 % confidence. Requests that still wait count as waiting. Held: how often the 90 % "
        "range, or the middle half, was right; one that was not paid within 120 days counts where "
        "the range said so. Late: past the 90 % date."
        f"{undecided}"
    )
    _scores_table(table)
    return True


def _scores_table(table: pl.DataFrame) -> None:
    """A row for each answer, a column for each score."""
    wide = (
        _percent(table.filter(pl.col("metric").is_in(list(_FORMS))))
        .pivot("metric", index="name", values="value", maintain_order=True)
        .sort("tw_crps")
        # An answer of one number has no window.
        .with_columns(
            pl.when(pl.col("width_90") > 0).then(pl.col(name)).alias(name)
            for name in ("covered_90", "covered_50", "width_90")
        )
    )
    forms = {name: form for name, form in _FORMS.items() if name in wide.columns}
    tables.show(
        wide.select("name", *forms),
        height="content",
        placeholder="no range",
        alt="Scores of this tracker's odds and of other answers",
        column_config={
            "name": st.column_config.TextColumn("Answer", pinned=True, width=150),
            **{
                name: st.column_config.NumberColumn(NAMES[name], format=form, width=105)
                for name, form in forms.items()
            },
        },
    )


def _percent(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with readers' names of the answers, and shares in percent."""
    metric = pl.col("metric")
    is_share = ~metric.is_in(_METRICS_IN_DAYS) & ~metric.str.starts_with("brier")
    return rows.with_columns(
        pl.col("value", "low", "high") * pl.when(is_share).then(100.0).otherwise(1.0),
        name="model",
        ours=pl.col("model") == MODEL,
    )


def _coverage(odds: Odds) -> pl.DataFrame:
    """How often this tracker's ranges held, a row a slice and promise, in the readers' order."""
    promised = {"covered_90": _RANGE, "covered_50": _HALF}
    rows = odds.scores.table.filter(pl.col("metric").is_in(list(promised)), model=MODEL)
    name = pl.col("slice").replace({ALL: "all forecasts"})
    return (
        _percent(rows)
        .select(
            *("value", "low", "high", "batches", "decided"),
            name=name.str.replace("^(amount|half-year): ", ""),
            rank=pl.col("slice").replace_strict(_RANKS, default=len(_RANKS)),
            promised=pl.col("metric").replace_strict(promised),
        )
        .sort("rank", "name")
    )


def _tenths(odds: Odds) -> pl.DataFrame:
    """The share of waits in each tenth of what was forecast, named by its middle in percent."""
    rows = odds.scores.table.filter(
        pl.col("metric").str.starts_with("pit_"), slice=ALL, model=MODEL
    )
    tenth = pl.col("metric").str.slice(4).cast(pl.Int64)
    tenths = _percent(rows).select("value", "low", "high", middle=10 * tenth + 5).sort("middle")
    return tenths.with_columns(place=pl.col("middle").cast(pl.String))


def provenance(odds: Odds) -> str:
    """When and from what the scores were made."""
    about = odds.scores.about
    again = "Scored anew after a sync that brings enough new payouts" + words.to_operator(
        f", or with `{backtest_command(odds.store.source)}`"
    )
    if odds.store.at is not None:
        again = "They are not scored anew: nothing later was known on that day"
    return (
        f"Scored on {words.moment(about.made_at)} in {about.seconds:.0f} s, up to block "
        f"{about.block:,} of {words.moment(about.as_of)}: {about.origins:,} forecasts, model "
        f"{about.model_version}. {again}."
    )


def coverage_chart(rows: pl.DataFrame) -> alt.LayerChart:
    """Observed coverage (`value`, with `low` and `high`, all in percent) of the intervals that
    promise 50 and 90 % (`promised`), one row a slice (`name`, in their order)."""
    offset = alt.YOffset("promised:N", sort=[_RANGE, _HALF])
    colour = alt.Color(
        "promised:N",
        title=None,
        scale=alt.Scale(domain=[_RANGE, _HALF], range=[BLUE, AMBER]),
        legend=alt.Legend(orient="top"),
    )
    pale = alt.condition("datum.decided", alt.value(1.0), alt.value(0.35))
    tooltip = [
        *_tooltip("Held, in %", name="Requests", promised="Range"),
        alt.Tooltip("batches:Q", title="Payout batches"),
        alt.Tooltip("verdict:N", title="Verdict"),
    ]
    x = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=_PERCENT_AXIS)
    worded = rows.with_columns(
        verdict=pl.when("decided").then(pl.lit("decided")).otherwise(pl.lit("undecided: few"))
    )
    base = alt.Chart(worded).encode(y=_NAMES_AXIS, yOffset=offset, color=colour, tooltip=tooltip)
    bars = base.mark_rule(strokeWidth=2.5).encode(
        x=alt.X("low:Q", axis=_PERCENT_AXIS), x2="high:Q", opacity=pale
    )
    dots = base.mark_point(filled=True, size=70).encode(x=x, opacity=pale)
    promised = (
        alt.Chart(pl.DataFrame({"at": [50, 90]}))
        .mark_rule(color=GREY, strokeDash=[4, 3])
        .encode(x="at:Q", tooltip=NO_TOOLTIP)
    )
    return layered([promised, bars, dots], 30 * rows["name"].n_unique() + 10)


def pit_chart(tenths: pl.DataFrame) -> alt.LayerChart:
    """Share of waits (`value`, percent, with `low` and `high`) in each tenth (`place`) of
    what was forecast: flat at 10 % where the odds hold."""
    x = alt.X(
        "place:N",
        title="Where in its odds a request was paid, in %",
        sort=None,
        axis=alt.Axis(labelAngle=0, ticks=False, labelOverlap="greedy"),
    )
    tooltip = _tooltip("Share of requests, in %", place="Paid at about, in % of its odds")
    base = alt.Chart(tenths).encode(x=x, tooltip=tooltip)
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
        .encode(y="at:Q", tooltip=NO_TOOLTIP)
    )
    return layered([bars, spread, even], 210)


def models_chart(rows: pl.DataFrame) -> alt.LayerChart:
    """Mean error in days (twCRPS: `value`, with `low` and `high`) a model (`name`), least first."""
    base = alt.Chart(rows).encode(
        y=_NAMES_AXIS,
        color=alt.Color(
            "ours:N", legend=None, scale=alt.Scale(domain=[True, False], range=[BLUE, GREY])
        ),
        tooltip=_tooltip("Mean error, in days", name="Answer"),
    )
    longest = max(rows["value"].to_list() + rows["high"].drop_nulls().to_list())
    axis = alt.Axis(labelExpr="datum.label + ' d'", tickCount=6, grid=False)
    bars = base.mark_bar(height=14, opacity=0.75).encode(
        x=alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, longest]), axis=axis)
    )
    spread = base.mark_rule(strokeWidth=2, color=GREY).encode(x="low:Q", x2="high:Q")
    return layered([bars, spread], 28 * rows.height + 10)


def _tooltip(value: str, **names: str) -> list[alt.Tooltip]:
    """What a mark is of, by column, then its value and its interval."""
    titles = {"value": value, "low": "90 % confidence from", "high": "90 % confidence to"}
    return [
        *(alt.Tooltip(f"{column}:N", title=title) for column, title in names.items()),
        *(
            alt.Tooltip(f"{column}:Q", title=title, format=".1f")
            for column, title in titles.items()
        ),
    ]
