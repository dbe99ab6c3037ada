"""What visitors were told: logged as it is shown, and on the Outlook page how it came out."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import streamlit as st

from data import StoreError
from data.config import forecast_log_wanted
from forecast import ReleaseWindow
from scoring.forecast_line import LEVELS, Entry
from scoring.forecast_log import append_windows, log_of, read_log
from scoring.live_scores import ALARM_BATCHES, ALARM_BELOW, ALL, LiveScores, live_scores
from ui.odds.scored import Odds
from ui.parts import words
from ui.shown.store_view import StoreView, SupersededError, is_stale

# A followed chain has a block a minute: an hour's forecasts of one request are one.
_APART = timedelta(hours=1)
_SHORT_BYTES = 2**20
_logged_at: dict[tuple[Path, int], datetime] = {}
_NINE_IN_TEN = LEVELS.index(0.9)
_NAMES = {
    "covered_90": "90 % window held",
    "covered_50": "50 % window held",
    "late": "Later than its q90",
    "pinball": "Pinball, days",
    "brier_7": "Brier, 7 d",
    "brier_14": "Brier, 14 d",
    "brier_35": "Brier, 35 d",
    "brier_90": "Brier, 90 d",
}


def log(
    now: Odds, wr_id: int, ahead_ftm: float | None, payout_ftm: float | None, window: ReleaseWindow
) -> None:
    """Append the window that is shown for a pending request; a fault is told, the page goes on.

    Of an old block it is not: what became of the request since may be known already.
    """
    info, path = now.view.info, now.view.source.path
    if is_stale(info, now.view.now):
        return
    last = _logged_at.get((path, wr_id))
    if ahead_ftm is None or payout_ftm is None or (last and now.at - last < _APART):
        return
    need_ftm, in_pool_ftm = now.present.need(ahead_ftm, payout_ftm)
    entry = Entry(
        wr_id=wr_id,
        need_ftm=need_ftm,
        in_pool_ftm=in_pool_ftm,
        window=window,
        source=now.present.source,
        model_version=now.scores.about.model_version,
        inputs_hash=now.present.inputs_hash,
    )
    try:
        append_windows(path, info, [entry])
        _logged_at[path, wr_id] = now.at
    except StoreError as error:
        st.caption(f"This forecast was not logged for the public score: {words.fault(str(error))}")


def came_out(now: Odds) -> None:
    """The public score of what was really said, with its alarm."""
    st.subheader("What was said here, and how it came out")
    if not forecast_log_wanted():
        st.markdown("Nothing is logged here: `FTM_FORECAST_LOG` is off.")
        return
    if now.view.info.simulated:
        st.markdown(
            "Forecasts of a simulation are not logged. On a real chain each window that Track "
            "shows, and that of the queue's head, is, and is scored here when its time has come."
        )
        return
    try:
        scores = _scores(now.view, _size(now.view.source.path))
    except SupersededError:
        raise
    except StoreError as error:
        st.warning(words.fault(str(error)))
        return
    if scores is None:
        st.markdown(
            "Nothing was forecast here yet. Each window that Track shows, and that of the queue's "
            "head, is logged at most once an hour, without an address, and is scored here when its "
            "time has come."
        )
        return
    st.markdown(
        f"{words.plural(scores.forecasts, 'forecast')} shown, "
        f"{scores.resolved:,} of them resolved in "
        f"{words.plural(scores.batches, 'payout batch', 'payout batches')}."
    )
    alarm(scores)
    _table(scores)
    apart = [
        f"{count:,} {kind.replace('_', ' ')}" for kind, count in scores.no_interval.items() if count
    ]
    told = f" Apart from them: {', '.join(apart)}." if apart else ""
    st.caption(
        "A forecast is scored at a moment fixed when it was made, never because it was paid: of "
        f"young forecasts only the quick ones are paid yet.{told}"
    )


def alarm(scores: LiveScores) -> None:
    """Whether the newest 90 % windows still hold; no verdict while there are too few."""
    verdict = scores.alarm
    if verdict.on is None:
        st.caption(
            f"No verdict on the 90 % windows yet: {verdict.batches} of {ALARM_BATCHES} payout "
            "batches have fallen due."
        )
    elif verdict.on:
        st.error(
            f"Of the windows that fell due last, over {verdict.batches} payout batches, only "
            f"{words.share(verdict.coverage)} held what they promised at 90 %. Below "
            f"{words.share(ALARM_BELOW)} they are not to be relied on.",
            title="These odds no longer hold",
        )
    else:
        st.markdown(
            f"Of the windows that fell due last {words.share(verdict.coverage)} held, over "
            f"{verdict.batches} payout batches: 90 % are promised, below "
            f"{words.share(ALARM_BELOW)} is an alarm."
        )


def alarmed(now: Odds) -> LiveScores | None:
    """The scores, where the alarm is on; the Outlook page tells where there can be none."""
    if now.view.info.simulated:
        return None
    try:
        scores = _scores(now.view, _size(now.view.source.path))
    except SupersededError:
        raise
    except StoreError:
        return None
    return scores if scores and scores.alarm.on else None


def first_said(view: StoreView, wr_id: int) -> tuple[datetime, datetime] | None:
    """When a request was first forecast here, and the moment by which it had nine in ten odds."""
    size = _size(view.source.path)
    if not size:
        return None
    told = _log(view.source.path, size).filter(wr_id=wr_id, chain_id=view.info.chain_id)
    marks = told.filter(pl.col("quantiles").list.len() > _NINE_IN_TEN).head(1)
    if not marks.height or (days := marks["quantiles"][0][_NINE_IN_TEN]) is None:
        return None
    at: datetime = marks["forecast_at"][0]
    return at, at + timedelta(days=days)


@st.cache_resource(max_entries=4, show_spinner=False)
def _log(store: Path, size: int) -> pl.DataFrame:
    return read_log(store).frame


def _table(scores: LiveScores) -> None:
    percent = pl.col("metric").is_in(["covered_50", "covered_90", "late"])
    rows = scores.table.filter(model_version=ALL).with_columns(
        pl.col("value", "low", "high") * pl.when(percent).then(100.0).otherwise(1.0),
        metric=pl.col("metric").replace_strict(_NAMES),
        verdict=pl.when("decided").then(pl.lit("")).otherwise(pl.lit("undecided")),
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        rows.select("metric", "value", "low", "high", "n", "batches", "verdict"),
        hide_index=True,
        height="content",
        placeholder="not yet",
        alt="Scores of the forecasts that were shown",
        column_config={
            "metric": st.column_config.TextColumn("Score", width=150),
            "value": number("Found", format="%.3g"),
            "low": number("from", format="%.3g"),
            "high": number("to", format="%.3g"),
            "n": number("Forecasts", format="%,d"),
            "batches": number("Payout batches", format="%,d"),
            "verdict": st.column_config.TextColumn(""),
        },
    )


def _size(store: Path) -> int:
    """Another one whenever the log has grown."""
    try:
        return log_of(store).stat().st_size
    except OSError:
        return 0


def _scores(view: StoreView, size: int) -> LiveScores | None:
    info = view.info
    if not size or info.synced_at is None:
        return None
    # A long log takes seconds to read: then its score is renewed every ten minutes.
    when = size if size < _SHORT_BYTES else int(view.now.timestamp() // 600)
    version = view.version if size < _SHORT_BYTES else (view.version[0], 0, 0)
    return _live(version, when, view, info.chain_id, info.synced_at)


@st.cache_resource(max_entries=4, show_spinner="Scoring what was said")
def _live(
    version: tuple[str, int, int], when: int, _view: StoreView, _chain_id: int, _at: datetime
) -> LiveScores | None:
    around = _log(_view.source.path, _size(_view.source.path)).filter(chain_id=_chain_id)
    if around.is_empty():
        return None
    needs = _view.fetch("request_needs").unique("wr_id", keep="first", maintain_order=True)
    return live_scores(around, needs.select("wr_id", "requested_at", "released_at"), _at)
