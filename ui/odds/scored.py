"""The odds that a page shows, and the scores they are shown with: without these there are none.

Scores lie in a file beside the store, which a backtest replaces whenever enough is new.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
import streamlit as st

from data import StoreError
from forecast import ForecastError, ReleaseWindow
from forecast.backtest import MODEL as MODEL
from forecast.present import Present, read_present
from scoring.companion import Scores, read_scores
from scoring.run import model_version
from ui.odds import window_words
from ui.parts.words import days_between
from ui.shown.sources import Source, Version, scores_version
from ui.shown.store_view import StoreView

FAN_DAYS = 120
MOST_WINDOWS = 500


@dataclass(frozen=True, eq=False)
class Odds:
    """What is forecast at a store's last block, and how its like has been scored."""

    view: StoreView
    present: Present
    scores: Scores

    @property
    def has_futures(self) -> bool:
        """Whether there is a future of the money that may be shown."""
        return self.present.curve.enough_history and not self.present.curve.stalled

    @property
    def behind_days(self) -> float:
        """How long ago the last block of a real chain is; a simulation's time stands still."""
        view = self.view
        return 0.0 if view.info.simulated else max(0.0, days_between(self.at, view.now))

    @property
    def at(self) -> datetime:
        """The moment that all days are counted from."""
        return self.present.curve.at

    def moment(self, days: float) -> datetime:
        """The moment `days` from then."""
        return self.at + timedelta(days=days)

    def day(self, days: float) -> date:
        """Its day in UTC."""
        return self.moment(days).date()


def odds_of(view: StoreView) -> Odds | None:
    """The odds on this store; None while they are not scored. Raises StoreError."""
    scores, at = _kept(view.source), view.info.synced_at
    if scores is None or at is None:
        return None
    source = scores.about.source
    told = {
        "ahead": view.ask("money_ahead"),
        "funding": view.ask("funding", source=source),
        "inflows": view.ask("funding", source="inflows"),
        "lock_ups": view.ask("lock_up_ends"),
    }
    return Odds(view, _present(view.version, source, told, at), scores)


def _kept(source: Source) -> Scores | None:
    """The scores beside a store, if they are of this program's model."""
    found = scores_version(source)
    scores = _read(source, found) if found else None
    return scores if scores and scores.about.model_version == model_version() else None


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(source: Source, version: tuple[int, int]) -> Scores | None:
    return read_scores(source.path)


@st.cache_resource(max_entries=8, show_spinner=False)
def _present(
    version: Version, source: str, _told: dict[str, pl.DataFrame], _at: datetime
) -> Present:
    ahead = _told["ahead"].row(0, named=True)
    try:
        return read_present(
            ahead, _told["funding"], _told["inflows"], _told["lock_ups"], source, _at
        )
    except ForecastError as error:
        raise StoreError(f"the money that came cannot be forecast from: {error}") from error


def fan(odds: Odds) -> pl.DataFrame:
    """`at` and the FTM that will have come by then: columns low, q25, q50, q75, high."""
    return _fan(odds.view.version, odds.present.source, odds.present)


@st.cache_data(max_entries=8, show_spinner=False)
def _fan(version: Version, source: str, _present: Present) -> pl.DataFrame:
    curve = _present.curve
    asked = ReleaseWindow("batches", curve.arrival_days[:, 0], curve.horizon_days, curve)
    days = [0.0, 0.5, *(float(day) for day in range(1, FAN_DAYS + 1))]
    rows = [(curve.at + timedelta(days=day), *asked.payable_by(day).values()) for day in days]
    names = ["at", "low", "q25", "q50", "q75", "high"]
    return pl.DataFrame(rows, schema=names, orient="row")


def windows_of(odds: Odds, pending: pl.DataFrame) -> pl.DataFrame:
    """`wr_id`, `half_by`, `most_by` and `kind` (null: unknown): the days of even odds and of nine
    in ten for the first `MOST_WINDOWS` of `pending`, null where there is none to give."""
    return _windows(odds.view.version, odds.present.source, odds, pending.head(MOST_WINDOWS))


@st.cache_data(max_entries=8, show_spinner=False)
def _windows(version: Version, source: str, _odds: Odds, pending: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for wr_id, ahead, payout in pending.select("wr_id", "ahead_ftm", "payout_ftm").rows():
        window = _odds.present.window(ahead, payout)
        given = window is not None and window_words.has_odds(window)
        days = [window.quantile(p) for p in (0.5, 0.9)] if window and given else [math.inf] * 2
        kind = None if window is None else window.kind
        rows.append((wr_id, *(_odds.day(d) if math.isfinite(d) else None for d in days), kind))
    schema = {"wr_id": pl.Int64, "half_by": pl.Date, "most_by": pl.Date, "kind": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
