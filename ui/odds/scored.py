"""The odds that a page shows, and the scores they are shown with: without these there are none.

Scores lie in a file beside the store, which a backtest replaces whenever enough is new.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import streamlit as st

from data import StoreError
from forecast import ForecastError, ReleaseWindow
from forecast.backtest import BUCKETS as BUCKETS
from forecast.backtest import MODEL as MODEL
from forecast.present import Present, read_present
from scoring.companion import Scores, read_scores
from scoring.run import model_version
from ui.odds import window_words
from ui.parts.words import days_between
from ui.shown.sources import Version, scores_version
from ui.shown.store_view import StoreView

FAN_DAYS = 120
MOST_WINDOWS = 500


@dataclass(frozen=True, eq=False)
class Odds:
    """What is forecast at a store's last block, and how its like has been scored."""

    view: StoreView
    present: Present
    scores: Scores
    key: tuple[Version, tuple[int, int]]  # the versions that it is made of

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
    found, at = scores_version(view.source), view.info.synced_at
    if found is None or at is None:
        return None
    scores = _read(view.source.path, found)
    if scores is None or scores.about.model_version != model_version():
        return None
    source = scores.about.source
    for name, params in _asked(source):
        view.note(name, **params)
    return Odds(view, _present(view.version, source, view, at), scores, (view.version, found))


def _asked(source: str) -> tuple[tuple[str, dict[str, str]], ...]:
    """The queries that the odds are made from."""
    return (
        ("money_ahead", {}),
        ("funding", {"source": source}),
        ("funding", {"source": "inflows"}),
        ("lock_up_ends", {}),
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(store: Path, version: tuple[int, int]) -> Scores | None:
    return read_scores(store)


@st.cache_resource(max_entries=8, show_spinner=False)
def _present(version: Version, source: str, _view: StoreView, _at: datetime) -> Present:
    ahead, funding, inflows, lock_ups = (_view.ask(name, **each) for name, each in _asked(source))
    try:
        return read_present(ahead.row(0, named=True), funding, inflows, lock_ups, source, _at)
    except ForecastError as error:
        raise StoreError(f"the money that came cannot be forecast from: {error}") from error


def fan(odds: Odds) -> pl.DataFrame:
    """`at` and the FTM that will have come by then: columns low, q25, q50, q75, high."""
    curve = odds.present.curve
    asked = ReleaseWindow("batches", curve.arrival_days[:, 0], curve.horizon_days, curve)
    days = [0.0, 0.5, *(float(day) for day in range(1, FAN_DAYS + 1))]
    rows = [(curve.at + timedelta(days=day), *asked.payable_by(day).values()) for day in days]
    names = ["at", "low", "q25", "q50", "q75", "high"]
    return pl.DataFrame(rows, schema=names, orient="row")


def windows_of(odds: Odds, pending: pl.DataFrame) -> pl.DataFrame:
    """`wr_id`, `half_by`, `most_by` and `kind` (null: unknown): the days of even odds and of nine
    in ten for the first `MOST_WINDOWS` of `pending`, null where there is none to give."""
    rows = []
    for wr_id, ahead, payout in (
        pending.head(MOST_WINDOWS).select("wr_id", "ahead_ftm", "payout_ftm").rows()
    ):
        window = odds.present.window(ahead, payout)
        given = window is not None and window_words.has_odds(window)
        days = [window.quantile(p) for p in (0.5, 0.9)] if window and given else [math.inf] * 2
        kind = None if window is None else window.kind
        rows.append((wr_id, *(odds.day(d) if math.isfinite(d) else None for d in days), kind))
    schema = {"wr_id": pl.Int64, "half_by": pl.Date, "most_by": pl.Date, "kind": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
