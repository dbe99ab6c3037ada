"""How the forecasts that were logged came out, on the Outlook page."""

from __future__ import annotations

import polars as pl
import streamlit as st

from answers import logged, words
from answers.store_view import StoreView, SupersededError
from data import StoreError
from data.config import settings
from pages.outlook.score_names import NAMES
from scoring.live_scores import ALL, LiveScores
from ui.odds import alarm
from ui.parts import tables


def show(store: StoreView) -> None:
    """The scores of what was logged, with their alarm, or why there are none."""
    if store.at is not None:
        st.markdown("What was logged, and how it came out, is on the page of today.")
        return
    if settings().forecast_log == "off":
        st.markdown(f"Nothing is logged here{words.to_operator(': `FTM_FORECAST_LOG` is off')}.")
        return
    if store.info.simulated:
        st.markdown(
            "Forecasts of a simulation are not logged. On a real chain those of the requests that "
            "wait are logged once a day, and scored here on a fixed day."
        )
        return
    try:
        scores = logged.scores_of(store)
    except SupersededError:
        raise
    except StoreError as error:
        st.warning(words.fault(str(error)))
        return
    if scores is None:
        st.markdown(
            "Nothing was forecast here yet. Once a day the forecasts of the requests that wait, "
            "and of new unstakes, are logged without an address, and scored here on a fixed day."
        )
        return
    st.markdown(
        f"{words.plural(scores.forecasts, 'forecast')} logged, "
        f"{scores.resolved:,} of them resolved in "
        f"{words.plural(scores.batches, 'payout batch', 'payout batches')}."
    )
    alarm.show(scores)
    _table(scores)
    others = [
        f"{count:,} {kind.replace('_', ' ')}" for kind, count in scores.no_interval.items() if count
    ]
    if scores.unmade:
        others.append(f"{scores.unmade:,} of new unstakes, which nobody made")
    without_window = f" Apart from them: {', '.join(others)}." if others else ""
    st.caption(
        "A forecast is scored on a day that is fixed when it is made. If it was scored once its "
        f"request is paid, the quick ones would count first.{without_window}"
    )


def _table(scores: LiveScores) -> None:
    percent = pl.col("metric").is_in(["covered_50", "covered_90", "late"])
    rows = scores.table.filter(model_version=ALL).with_columns(
        pl.col("value", "low", "high") * pl.when(percent).then(100.0).otherwise(1.0),
        metric=pl.col("metric").replace_strict(NAMES),
        verdict=pl.when("decided").then(pl.lit("")).otherwise(pl.lit("undecided")),
    )
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    tables.show(
        rows.select("metric", "value", "low", "high", "n", "batches", "verdict"),
        height="content",
        placeholder="not yet",
        alt="Scores of the forecasts that were logged",
        column_config={
            "metric": text("Score", width=150),
            "value": number("Found", format="%.3g"),
            "low": number("from", format="%.3g"),
            "high": number("to", format="%.3g"),
            "n": number("Forecasts", format="%,d"),
            "batches": number("Payout batches", format="%,d"),
            "verdict": text(""),
        },
    )
