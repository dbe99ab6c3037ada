"""How good the odds have been, on the Outlook page: their calibration, and others beside them."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.outlook import score_charts
from ui.odds import scored
from ui.odds.scored import Odds
from ui.parts import downloads, drawing, links, words

ALL = "all"
_NAMES = {
    scored.MODEL: "this tracker",
    "constant 35": "35 days, always",
    "uniform 1-35": "1 to 35 days, evenly",
    "last wait": "the last wait seen",
    "fluid": "need / recent rate",
    "kaplan-meier": "past waits by amount",
}
_RANKS = {bucket: place for place, bucket in enumerate(scored.BUCKETS)}
_DAYS = ("tw_crps", "width_50", "width_90")
_COLUMNS = {
    "tw_crps": ("Mean error", "%.1f d"),
    "covered_90": ("90 % held", "%.0f %%"),
    "covered_50": ("50 % held", "%.0f %%"),
    "late": ("Late", "%.0f %%"),
    "width_90": ("Width of 90 %", "%.0f d"),
    "brier_7": ("Brier, 7 d", "%.3f"),
    "brier_14": ("Brier, 14 d", "%.3f"),
    "brier_35": ("Brier, 35 d", "%.3f"),
    "brier_90": ("Brier, 90 d", "%.3f"),
}


def summary(now: Odds) -> str:
    """What was scored, and the verdict in a sentence or two."""
    about, rows = now.scores.about, _of(now, ALL)
    if "covered_90" not in rows:
        return (
            "**Undecided.** No past request is old enough to judge a forecast by: it takes "
            f"requests made {scored.FAN_DAYS} days before the last block, and a "
            "history before them."
        )
    saved = rows.get("saved_on_constant 35")
    beside = ""
    if saved is not None and saved["value"] is not None:
        better = "smaller" if saved["value"] >= 0 else "larger"
        beside = (
            f" The forecasts' mean error is {abs(100 * saved['value']):.0f} % {better} than that "
            "of the official 35 days."
        )
    held = rows["covered_90"]
    decided = (
        ""
        if held["decided"]
        else (
            f" **Undecided**: only {held['batches']} payout batches were scored, and it takes 60."
        )
    )
    return (
        f"{about.origins:,} past requests were forecast from what was known when they were made. "
        f"Of the {held['n']:,} old enough to judge, {words.share(held['value'])} held their "
        "nine-in-ten window."
        f"{beside}{decided}"
    )


def calibration(now: Odds) -> None:
    """Whether windows held as often as they promise, by amount and half-year; and the PIT."""
    rows = _coverage(now)
    if rows.is_empty():
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown("**How often windows held**")
        drawing.draw(
            score_charts.coverage,
            rows,
            alt="; ".join(
                f"{row['name']}: {row['value']:.0f} % for {row['promised']} promised"
                for row in rows.iter_rows(named=True)
            ),
        )
        st.caption(
            "Dots near the dashed lines are good: 50 and 90 % are promised. Lines: 90 % "
            "confidence; a payout batch is one observation. Pale: undecided, fewer than 60."
        )
    with right:
        st.markdown("**Where waits fell within their odds**")
        tenths = _tenths(now)
        drawing.draw(
            score_charts.pit,
            tenths,
            alt=", ".join(
                f"{row['place']}: {row['value']:.0f} %" for row in tenths.iter_rows(named=True)
            ),
        )
        st.caption(
            "Each bar is a tenth of what was forecast, the earliest first (PIT). Flat at 10 % is "
            "right; a hill means too wide windows, a bowl too narrow ones, a slope a lean."
        )


def slice_input(now: Odds, notices: DeltaGenerator) -> str:
    """Which forecasts are compared, under `of` in the URL."""
    known = [ALL, *(each for each in now.scores.table["slice"].unique().sort() if each != ALL)]
    return links.pick("Forecasts", known, "of", ALL, notices)


def compared(now: Odds, of: str) -> None:
    """This tracker's odds beside the other answers."""
    table = now.scores.table.filter(slice=of)
    errors = _percent(table.filter(metric="tw_crps")).sort("value")
    if errors.is_empty():
        st.markdown("None of these forecasts is old enough to be judged.")
        return
    ours = errors.filter(ours=True)
    drawing.draw(
        score_charts.models,
        errors,
        alt="; ".join(
            f"{row['name']} {row['value']:.1f} days" for row in errors.iter_rows(named=True)
        ),
    )
    undecided = ours.height and not ours["decided"][0]
    st.caption(
        "Mean error of the whole forecast in days (twCRPS over 0 to 120 days, less is better) with "
        "90 % confidence. Requests that still wait count as waiting. Held: how often the window "
        "that promises 90 or 50 % did. Late: later than nine in ten odds said."
        + (f" **Undecided**: only {ours['batches'][0]} payout batches." if undecided else "")
    )
    _scores_table(table)
    downloads.offer(
        now.view,
        now.scores.table,
        "forecast_scores",
        f"backtest of model {now.scores.about.model_version}",
        {"source": now.scores.about.source, "scored_to_block": str(now.scores.about.block)},
    )


def _scores_table(table: pl.DataFrame) -> None:
    """A row an answer, a column a score."""
    wide = (
        _percent(table.filter(pl.col("metric").is_in(list(_COLUMNS))))
        .pivot("metric", index="name", values="value", maintain_order=True)
        .sort("tw_crps")
        # One number is no window, and holds none.
        .with_columns(
            pl.when(pl.col("width_90") > 0).then(pl.col(name)).alias(name)
            for name in ("covered_90", "covered_50", "width_90")
        )
    )
    present = {name: shown for name, shown in _COLUMNS.items() if name in wide.columns}
    st.dataframe(
        wide.select("name", *present),
        hide_index=True,
        height="content",
        placeholder="no window",
        alt="Scores of this tracker's odds and of other answers",
        column_config={
            "name": st.column_config.TextColumn("Answer", pinned=True, width=150),
            **{
                name: st.column_config.NumberColumn(title, format=form, width=105)
                for name, (title, form) in present.items()
            },
        },
    )


def _percent(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the answers' names as readers know them, and shares in percent."""
    factor = (
        pl.when(pl.col("metric").is_in(_DAYS) | pl.col("metric").str.starts_with("brier"))
        .then(1.0)
        .otherwise(100.0)
    )
    return rows.with_columns(
        pl.col("value", "low", "high") * factor,
        name=pl.col("model").replace_strict(_NAMES, default=pl.col("model")),
        ours=pl.col("model") == scored.MODEL,
    )


def _coverage(now: Odds) -> pl.DataFrame:
    promised = {"covered_90": "90 %", "covered_50": "50 %"}
    rows = now.scores.table.filter(
        pl.col("metric").is_in(list(promised)), pl.col("model") == scored.MODEL
    )
    return (
        _percent(rows)
        .select(
            "value",
            "low",
            "high",
            "batches",
            "decided",
            name=pl.when(pl.col("slice") == ALL)
            .then(pl.lit("all forecasts"))
            .otherwise(
                pl.col("slice")
                .str.replace("amount: ", "", literal=True)
                .str.replace("half-year: ", "")
            )
            .str.replace(r"^(below|\d[\d,]* to|10,000 and)(.*)$", "${1}${2} FTM"),
            rank=pl.when(pl.col("slice") == ALL)
            .then(0)
            .when(pl.col("slice").str.starts_with("amount"))
            .then(1 + pl.col("slice").str.slice(8).replace_strict(_RANKS, default=0))
            .otherwise(9),
            promised=pl.col("metric").replace_strict(promised),
        )
        .sort("rank", "name")
    )


def _tenths(now: Odds) -> pl.DataFrame:
    rows = now.scores.table.filter(
        pl.col("metric").str.starts_with("pit_"),
        pl.col("slice") == ALL,
        pl.col("model") == scored.MODEL,
    )
    tenth = pl.col("metric").str.slice(4).cast(pl.Int64)
    return (
        _percent(rows)
        .select("value", "low", "high", tenth=tenth)
        .sort("tenth")
        .with_columns(place=pl.format("{}", pl.col("tenth") * 10 + 5))
    )


def _of(now: Odds, of: str) -> dict[str, dict[str, Any]]:
    rows = now.scores.table.filter(model=scored.MODEL, slice=of)
    return {row["metric"]: row for row in rows.iter_rows(named=True)}
