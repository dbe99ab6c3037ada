"""How the forecasts that were logged came out, and an alarm where they stop holding.

The truth is min(wait, horizon), counted from the forecast. Of young forecasts only the quick ones
are paid yet, so nothing is scored because it was paid: a forecast counts from a moment that was
fixed when it was made. Intervals and pinball count once the horizon has passed, "paid within d
days" once d days have.

The horizon is long, an alarm must not be. A forecast is due at its 95 % mark (or the horizon, if
that comes first): paid by then, its wait is known; not paid, it is certainly outside. So at
that moment every forecast is known to be inside its 90 % interval or outside, whatever came
of it. For the same reason the alarm looks at the forecasts that were the last to fall due, and not
at the batches that were the last to be paid: of the newest payouts, the late are due already
and the timely are not.

A request is forecast many times before it is paid, and counts once, as it does in the backtest: a
figure is the mean over requests of the mean of each one's forecasts. Requests paid in one batch
waited for the same thing, so the intervals are of a bootstrap over payout batches, by the same
functions as the backtest's. What still waits is one batch as long as nobody is paid, and else as
many as there were payouts between the moments from which it counts: were it one, an alarm would not
hear of a queue that slows down.

It is apart from forecast/, so that a change here makes no other model version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from forecast.backtest import BRIER_DAYS, payout_batches
from forecast.history import FloatArray, days_from, require_aware
from forecast.logged import NO_RANGE
from forecast.summary import FEWEST_BATCHES, FIGURE, drawn_batches, interval, mean_of
from scoring.forecast_log import LEVELS

ALARM_BATCHES, ALARM_BELOW = 30, 0.75
MOST_DELAY = timedelta(hours=2)  # from the block of a forecast until it is logged
ALL = "all"
METRICS = ("covered_50", "covered_90", "late", "pinball", *(f"brier_{d}" for d in BRIER_DAYS))
_NO_ODDS = ("stalled", "insufficient_history")
_EDGE = 1e-9
_LAST = LEVELS.index(0.95)
_SCHEMA = dict.fromkeys(("model_version", "metric"), pl.String()) | FIGURE
Batches = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Shown:
    """Forecasts with the days that their requests waited (infinite while they wait), the forecasts'
    ages and their horizons.

    `batch` is the payout batch of what was paid; `payouts` are the times of the batches before now.
    """

    frame: pl.DataFrame
    wait: FloatArray
    age: FloatArray
    horizon: FloatArray
    batch: Batches
    payouts: FloatArray

    def only(self, kept: pl.Series | npt.NDArray[np.bool_]) -> Shown:
        """The forecasts that a mask keeps."""
        mask = kept.to_numpy() if isinstance(kept, pl.Series) else kept
        parts = (self.wait[mask], self.age[mask], self.horizon[mask], self.batch[mask])
        frame = self.frame.filter(pl.Series(mask, dtype=pl.Boolean))
        return Shown(frame, *parts, self.payouts)

    def batches(self, counts_after: FloatArray | float) -> Batches:
        """The batch of each forecast, where a forecast counts from `counts_after` days after it was
        made.

        Requests that still wait form one batch for each time between two payouts.
        """
        passed = np.searchsorted(self.payouts, counts_after - self.age, side="right")
        waiting = self.payouts.size + passed
        return np.where(np.isinf(self.wait), waiting, self.batch)

    def marks(self) -> FloatArray:
        """The quantiles at `LEVELS`, a row each, at most the horizon."""
        days = self.frame["quantiles"].list.to_array(len(LEVELS)).to_numpy()
        return np.asarray(np.fmin(days, self.horizon[:, np.newaxis]))  # null is past the horizon

    @property
    def truth(self) -> FloatArray:
        """Days waited, at most the horizon."""
        return np.minimum(self.wait, self.horizon)


@dataclass(frozen=True)
class Alarm:
    """Whether too few truths lie in the 90 % intervals that fell due last.

    `on` and `coverage` are None while there are fewer than `ALARM_BATCHES` batches: no verdict.
    """

    on: bool | None
    coverage: float | None
    forecasts: int
    batches: int


@dataclass(frozen=True)
class LiveScores:
    """The log's score as of a moment.

    `resolved` forecasts are paid or older than their horizon, in `batches`. Three kinds count
    nowhere else: `no_interval`, by kind of window; `unmatched`, whose request does not stand in
    `requests` as waiting at that time; `backdated`, logged long after their block, when more could
    be known. Nor do `unmade`, of new unstakes that nobody made: nothing tells when they would have
    been paid. `overdue_requests` still wait past the 95 % mark of a forecast.

    `table` has a row for all and for each model version, newest last, and each of `METRICS`, with a
    90 % interval; its value is null where nothing is due.
    """

    as_of: datetime
    forecasts: int
    resolved: int
    batches: int
    no_interval: dict[str, int]
    unmatched: int
    backdated: int
    unmade: int
    overdue_requests: int
    alarm: Alarm
    table: pl.DataFrame


def live_scores(
    log_frame: pl.DataFrame, requests: pl.DataFrame, as_of: datetime, *, seed: int = 0
) -> LiveScores:
    """Score the forecasts of one chain by what became of its requests until `as_of`.

    `log_frame` is `Log.frame`; `requests` has `wr_id`, `requested_at` and `released_at`, null while
    it waits. Neither reads a clock: the same input gives the same figures.
    """
    require_aware(as_of, "as_of")
    made = log_frame.filter(pl.col("wr_id").is_not_null())
    in_time = made.filter(pl.col("logged_at") - pl.col("forecast_at") <= MOST_DELAY)
    shown = _beside_truth(in_time, requests, as_of)
    resolved = shown.only(np.isfinite(shown.wait) | (shown.age >= shown.horizon))
    kinds = shown.frame.filter(pl.col("kind").is_in(NO_RANGE))["kind"]
    versions = shown.frame["model_version"].unique(maintain_order=True).to_list()
    parts = {ALL: shown} | {
        version: shown.only(shown.frame["model_version"] == version) for version in versions
    }
    rows = [
        (name, metric, *_figure(scored, values, batches, seed))
        for name, part in parts.items()
        for metric, scored, values, batches in _values(part)
    ]
    alarm, overdue = _alarm(shown)
    return LiveScores(
        as_of=as_of,
        forecasts=shown.frame.height,
        resolved=resolved.frame.height,
        batches=int(np.unique(resolved.batches(resolved.horizon)).size),
        no_interval={kind: int((kinds == kind).sum()) for kind in NO_RANGE},
        unmatched=in_time.height - shown.frame.height,
        backdated=made.height - in_time.height,
        unmade=log_frame.height - made.height,
        overdue_requests=overdue,
        alarm=alarm,
        table=pl.DataFrame(rows, schema=_SCHEMA, orient="row"),
    )


def _beside_truth(log_frame: pl.DataFrame, requests: pl.DataFrame, as_of: datetime) -> Shown:
    """The forecasts of requests that waited then, with what is known at `as_of`."""
    released = pl.col("released_at")
    known = requests.unique("wr_id", keep="first", maintain_order=True).select(
        "wr_id", "requested_at", pl.when(released <= as_of).then(released).alias("released_at")
    )
    paid = known["released_at"].is_not_null().to_numpy()
    ends = days_from(known["released_at"].fill_null(as_of), as_of)
    batch = payout_batches(np.where(paid, ends, np.inf))
    payouts = np.sort(ends[paid])[np.unique(np.sort(batch[paid]), return_index=True)[1]]
    known = known.with_columns(batch=batch)
    at = pl.col("forecast_at")
    frame = log_frame.join(known, on="wr_id", how="inner", maintain_order="left").filter(
        at <= as_of, pl.col("requested_at") <= at, (released >= at).fill_null(True)
    )
    begins = days_from(frame["forecast_at"], as_of)
    ends = days_from(frame["released_at"].fill_null(as_of), as_of)
    waits = np.where(frame["released_at"].is_null().to_numpy(), np.inf, ends - begins)
    horizon = frame["horizon_days"].to_numpy()
    of_frame = frame["batch"].to_numpy().astype(np.intp)
    return Shown(frame, waits, -begins, horizon, of_frame, payouts)


def _values(part: Shown) -> Iterator[tuple[str, Shown, FloatArray, Batches]]:
    """For each metric the forecasts that it can score, their values, and their batches."""
    due = part.only(~part.frame["kind"].is_in(NO_RANGE))
    due = due.only(due.age >= due.horizon)
    marks, truth = due.marks(), due.truth
    levels = np.array(LEVELS)
    missed = truth[:, np.newaxis] - marks
    metrics = {
        "covered_50": _inside(due, 0.25, 0.75),
        "covered_90": _inside(due, 0.05, 0.95),
        "late": truth > marks[:, LEVELS.index(0.9)],
        "pinball": np.maximum(levels * missed, (levels - 1) * missed).mean(axis=1),
    }
    for metric, values in metrics.items():
        yield metric, due, values.astype(np.float64), due.batches(due.horizon)
    with_odds = part.only(~part.frame["kind"].is_in(_NO_ODDS))
    for days in BRIER_DAYS:
        over = with_odds.only((with_odds.age >= days) & (with_odds.horizon >= days))
        odds = over.frame[f"within_{days}_days"].to_numpy()
        values = (odds - (over.wait <= days)) ** 2
        yield f"brier_{days}", over, values, over.batches(days)


def _inside(part: Shown, low: float, high: float) -> npt.NDArray[np.bool_]:
    """Whether each truth lies between two of its quantiles."""
    marks, truth = part.marks(), part.truth
    return (marks[:, LEVELS.index(low)] <= truth) & (truth <= marks[:, LEVELS.index(high)])


def _figure(
    part: Shown, values: FloatArray, batches: Batches, seed: int
) -> tuple[float | None, float | None, float | None, int, int, bool]:
    """The mean over requests, its interval, and how many forecasts and batches it is of."""
    found, each = np.unique(batches, return_inverse=True)
    if not found.size:
        return None, None, None, 0, 0, False
    drawn = drawn_batches(found.size, np.random.default_rng(seed))
    value, again = mean_of(values, each, drawn, _weights(part))
    return value, *interval(again), values.size, found.size, found.size >= FEWEST_BATCHES


def _weights(part: Shown) -> FloatArray:
    """Of each forecast, so that each request counts once."""
    _, each, counts = np.unique(
        part.frame["wr_id"].to_numpy(), return_inverse=True, return_counts=True
    )
    return np.asarray(1 / counts[each], dtype=np.float64)


def _alarm(shown: Shown) -> tuple[Alarm, int]:
    """The alarm, over as many forecasts as it takes, last due first, and the overdue requests."""
    with_interval = shown.only(~shown.frame["kind"].is_in(NO_RANGE))
    due = with_interval.only(with_interval.age >= with_interval.marks()[:, _LAST])
    marks = due.marks()[:, _LAST]
    due_ago, batch = due.age - marks, due.batches(marks)
    overdue = due.only(np.isinf(due.wait) & (due.truth > marks)).frame["wr_id"].n_unique()
    order = np.argsort(due_ago, kind="stable")
    _, newest = np.unique(batch[order], return_index=True)
    if newest.size < ALARM_BATCHES:
        return Alarm(None, None, due.frame.height, int(newest.size)), overdue
    since = due_ago[order][np.sort(newest)[ALARM_BATCHES - 1]]
    looked_at = due_ago <= since
    recent = due.only(looked_at)
    inside = _inside(recent, 0.05, 0.95).astype(np.float64)
    coverage = float(np.average(inside, weights=_weights(recent)))
    on = coverage < ALARM_BELOW - _EDGE
    return Alarm(on, coverage, inside.size, np.unique(batch[looked_at]).size), overdue
