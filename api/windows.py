"""A release window for programs: its figures, the sentence of the pages, and its scores."""

from __future__ import annotations

import math
from datetime import datetime

import forecast
from answers import logged, past_odds, scored, window_words
from answers.kept import Kept
from answers.scored import Odds
from answers.store_view import StoreView, SupersededError
from api.forms import Chance, EndChance, Held, Kind, Quantile, Window
from api.values import iso
from data import StoreError
from data.config import settings
from forecast.backtest import MODEL

_RECORDS = Kept(2**16)  # of how past windows have held
_PERCENT = (5, 25, 50, 75, 90, 95)
WITHIN_DAYS = (7, 14, 35, 60, 90, 120)
_NOT_SCORED = "The odds are not shown until they were tested on past requests: ask again later."
_NOT_SCORED_THEN = (
    "The odds of that day are being tested on what was known by then: ask again in some seconds."
)


def odds_of(store: StoreView) -> Odds | None:
    """The odds on a store; None while they are not scored. Those of the past are then asked for."""
    odds = scored.odds_of(store)
    if odds is None and store.at is not None and settings().scoring == "on":
        past_odds.score(store)
    return odds


def _why_not_scored(store: StoreView) -> str:
    if store.at is None:
        return _NOT_SCORED
    if settings().scoring == "off" or past_odds.fault(store):
        return "The odds of that day cannot be tested here."
    return _NOT_SCORED_THEN


def window_of(
    store: StoreView,
    odds: Odds | None,
    window: forecast.ReleaseWindow | None,
    requested_at: datetime,
    money_known: bool = True,
) -> Window:
    """The form of a `window` that `odds` gave for a request made at `requested_at`; without odds it
    says so. `money_known` is False where what is to be paid is not known."""
    if odds is None:
        return _without("not_scored", _why_not_scored(store))
    if window is None:
        why = window_words.no_odds(None) if money_known else "The payout is unknown."
        return _without("unknown", why, odds)
    sentence = _plain(window_words.sentence(window, requested_at))
    if not window_words.has_odds(window):
        return _without(window.kind, sentence, odds)
    before = _plain(window_words.before(window, store.ending.ahead))
    return Window(
        kind=window.kind,
        why=None,
        sentence=f"{sentence} {before}".rstrip(),
        quantiles=[_quantile(window, percent) for percent in _PERCENT],
        chances=[_chance(window, days) for days in WITHIN_DAYS],
        before_the_end=_before_the_end(store, window),
        horizon_days=round(window.horizon_days),
        money=odds.present.source,
        model_version=odds.scores.about.model_version,
        scores=held(odds),
    )


def _without(kind: Kind, why: str, odds: Odds | None = None) -> Window:
    return Window(
        kind=kind,
        why=why,
        sentence=why,
        quantiles=[],
        chances=[],
        before_the_end=None,
        horizon_days=None,
        money=odds.present.source if odds else None,
        model_version=odds.scores.about.model_version if odds else None,
        scores=held(odds) if odds else None,
    )


def _quantile(window: forecast.ReleaseWindow, percent: int) -> Quantile:
    days = window.quantile(percent / 100)
    if math.isfinite(days):
        by = iso(window_words.moment(window, days))
        return Quantile(percent=percent, days=round(days, 3), by=by, after=None)
    end = iso(window_words.moment(window, window.horizon_days))
    return Quantile(percent=percent, days=None, by=None, after=end)


def _chance(window: forecast.ReleaseWindow, days: int) -> Chance:
    by = iso(window_words.moment(window, days))
    is_forecast = days <= window.horizon_days
    share = window.probability_within(days) if is_forecast else None
    return Chance(days=days, by=by, chance=share)


def _before_the_end(store: StoreView, window: forecast.ReleaseWindow) -> EndChance | None:
    ends_on = store.ending.ahead
    if ends_on is None or window_words.begin(ends_on) <= window.curve.at:
        return None
    share = window.probability_before(window_words.begin(ends_on))
    return EndChance(ends_on=ends_on, chance=None if math.isnan(share) else share)


def held(odds: Odds) -> Held:
    """How past windows have held: those of the backtest, and whether those given still do."""
    log_size = logged.log_size(odds.store.source.path)
    return _RECORDS.get(repr((odds.key, log_size)), lambda: _held(odds), lambda _: 500)


def _held(odds: Odds) -> Held:
    rows = odds.scores.table.filter(model=MODEL, slice="all", metric="covered_90")
    row = rows.row(0, named=True) if rows.height else {}
    return Held(
        covered_90=row.get("value"),
        low=row.get("low"),
        high=row.get("high"),
        requests=row.get("n", 0),
        decided=bool(row.get("decided", False)),
        provisional=odds.scores.about.provisional,
        alarm=_alarm(odds),
    )


def _alarm(odds: Odds) -> bool | None:
    """Whether the alarm of the logged forecasts is on; None where there is no verdict."""
    if odds.store.info.simulated:
        return None
    try:
        scores = logged.scores_of(odds.store)
    except SupersededError:
        raise
    except StoreError:
        return None
    return None if scores is None else scores.alarm.on


def _plain(text: str) -> str:
    """A sentence of the pages without its marks."""
    return text.replace("*", "").replace("\\", "")
