"""The forecast that each historic request would have had, held against how long it waited.

At an origin only what came before it is read. The truth is min(wait, horizon), and a request
that pends counts: an origin is scored once the horizon has passed since, when its truth is
certain whether it was paid or not. Younger ones are left out, paid or not, for of those only the
quick ones are paid yet; but "paid within d days" is scored as soon as d days have passed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from forecast.baselines import AMOUNT_BUCKETS, BASELINES, Known, amount_bucket
from forecast.history import (
    TRAILING_DAYS,
    FloatArray,
    ForecastError,
    days_from,
    read_money,
    require_aware,
    trailing_rate,
)
from forecast.known_ends import read_lock_ups
from forecast.logged import COLUMNS, NO_RANGE, WITHIN_DAYS, logged_values
from forecast.present import goes_on, still_needed, with_unspent
from forecast.scores import brier, pinball, pit, quantile, tw_crps
from forecast.window import HORIZON_DAYS, PATHS, futures

MODEL = "this tracker"
BRIER_DAYS = WITHIN_DAYS
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
TUNED_SHARE = 0.7
# Payouts nearer to each other than this are one run of the operator: one observation.
_BATCH_HOURS = 6.0
_NOW = np.zeros(1)
_MOST_KNOWN = 20_000  # requests that a baseline looks back on
METRICS = (
    "tw_crps",
    *(f"pinball_{round(100 * p)}" for p in QUANTILES),
    "covered_50",
    "covered_90",
    "width_50",
    "width_90",
    "late",
    "pit",
    *(f"brier_{days}" for days in BRIER_DAYS),
)
_SCHEMA: dict[str, pl.DataType] = {
    "model": pl.String(),
    "wr_id": pl.Int64(),
    "requested_at": pl.Datetime("us", "UTC"),
    "amount": pl.String(),
    "half_year": pl.String(),
    "batch": pl.Int64(),
    "kind": pl.String(),
    **dict.fromkeys(METRICS, pl.Float64()),
    **COLUMNS,
}
# What only a range can have: none is said of what is covered, or while money has stopped.
_OF_RANGES = ("covered_50", "covered_90", "width_50", "width_90", "late")
_NOTHING_SAID = (None,) * len(COLUMNS)
# Of each forecast, whatever became of it.
_FORECASTS = ("wr_id", "requested_at", "released_at", "payout_ftm", "kind", *COLUMNS)
_SOURCES = {"source": pl.String, "tw_crps": pl.Float64, "n": pl.Int64}


def origin_scores(
    requests: pl.DataFrame,
    funding: pl.DataFrame,
    *,
    as_of: datetime,
    lock_ups: pl.DataFrame | None = None,
    inflows: pl.DataFrame | None = None,
    since: datetime | None = None,
    part: tuple[int, int] = (0, 1),
    baselines: bool = True,
    paths: int = PATHS,
    seed: int = 0,
) -> pl.DataFrame:
    """One row a model and origin with its scores; null where its truth is not certain yet. The
    model's rows have what was said too, `said.COLUMNS`, also of requests too young for any score,
    and nothing of a range where none would have been shown.

    `requests` has `wr_id`, `requested_at`, `released_at` (null while pending), `payout_ftm`
    and, at its request, `need_ftm`, the sum that stood before it and its own. What of that was in
    the pool is taken off as at a store's last block (see forecast.present): `spendable_ftm` where
    it is known, else `in_pool_ftm` at most. `lock_ups` has `locked_at`, `ends_at`, `moved_at`,
    `amount_ftm`; `inflows` are given where `funding` is the payouts. What is after `as_of` is not
    read. Origins begin at `since`; `part` (k, n) is every n-th of them
    from the k-th on, for a caller that shares the work: stack the parts. No origin is what
    missed an unknown sum, or came before there was a history. Without `baselines` the model is
    scored alone.
    """
    require_aware(as_of, "as_of")
    requests = known_requests(requests, as_of)
    begins, ends = days_from(requests["requested_at"], as_of), _ends(requests, as_of)
    first = 0 if since is None else int(np.searchsorted(begins, days_from(_one(since), as_of)[0]))
    money = read_money(funding.filter(pl.col("funded_at") < as_of))
    came = None if inflows is None else read_money(inflows.filter(pl.col("funded_at") < as_of))
    calendar = None if lock_ups is None else read_lock_ups(lock_ups)
    rows: list[tuple[object, ...]] = []
    batches = payout_batches(ends)
    for index in range(first + part[0], requests.height, part[1]):
        row = requests.row(index, named=True)
        if row["need_ftm"] is None:
            continue
        at = row["requested_at"]
        history, flows = money.before(at), None if came is None else came.before(at)
        spendable = row.get("spendable_ftm")
        if flows is not None:
            history, _ = with_unspent(history, flows, spendable)
        own_seed = seed * 1_000_003 + row["wr_id"]
        curve = futures(history, calendar, paths=paths, horizon_days=HORIZON_DAYS, seed=own_seed)
        curve = goes_on(curve, flows)
        unseen = row.get("in_pool_ftm") or 0.0
        need_ftm, in_pool_ftm = still_needed(row["need_ftm"], spendable, unseen)
        window = curve.window(need_ftm, in_pool_ftm)
        if not window.days.size:
            continue
        wait, age = float(ends[index] - begins[index]), -float(begins[index])
        samples = {MODEL: window.days}
        if baselines and age >= min(BRIER_DAYS):
            rate_ftm = float(trailing_rate(history, _NOW, TRAILING_DAYS)[0])
            known = _known(index, requests, begins, ends, rate_ftm, need_ftm)
            samples |= {name: tell(known) for name, tell in BASELINES.items()}
        amount = AMOUNT_BUCKETS[int(amount_bucket(np.array([row["payout_ftm"]]))[0])]
        about = (row["wr_id"], at, amount, _half_year(at))
        for name, sample in samples.items():
            ours = name == MODEL
            kind = window.kind if ours else None
            logged = logged_values(window, need_ftm, in_pool_ftm, wait) if ours else _NOTHING_SAID
            scored = dict(zip(METRICS, _scored(sample, wait, age), strict=True))
            if kind in NO_RANGE:
                scored |= dict.fromkeys(_OF_RANGES)
            rows.append((name, *about, int(batches[index]), kind, *scored.values(), *logged))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def scored_only(origins: pl.DataFrame) -> pl.DataFrame:
    """The rows of `origin_scores` that have a score at all."""
    return origins.filter(pl.col(f"brier_{min(BRIER_DAYS)}").is_not_null()).drop(COLUMNS)


def forecasts_in(origins: pl.DataFrame, requests: pl.DataFrame) -> pl.DataFrame:
    """What was said of each request in `origin_scores`, the oldest first, beside its payout and
    when it was paid or refused (null while it waits), as `requests` have them."""
    came = requests.select("wr_id", "released_at", "payout_ftm")
    forecasts = origins.filter(model=MODEL).join(
        came, on="wr_id", how="left", maintain_order="left"
    )
    return forecasts.select(_FORECASTS).sort("requested_at", "wr_id")


def choose_source(
    requests: pl.DataFrame,
    candidates: Mapping[str, pl.DataFrame],
    *,
    as_of: datetime,
    lock_ups: pl.DataFrame | None = None,
    most_origins: int = 500,
    paths: int = PATHS,
    seed: int = 0,
) -> pl.DataFrame:
    """Each candidate's mean tw_crps (`source`, `tw_crps`, `n`) on the earlier span, best first.

    The span ends where the test span begins and is judged as it was known then. All candidates
    that ever had a history are judged on the origins at which each of them had one, evenly
    thinned to `most_origins`; null for the others.
    """
    if not candidates:
        return best_first({})
    split, every = earlier_span(requests, as_of, most_origins)
    return best_first(
        {
            name: origin_scores(
                requests,
                funding,
                as_of=split,
                lock_ups=lock_ups,
                inflows=inflows_for(name, candidates),
                part=(0, every),
                baselines=False,
                paths=paths,
                seed=seed,
            )
            for name, funding in candidates.items()
        }
    )


def inflows_for(source: str, candidates: Mapping[str, pl.DataFrame]) -> pl.DataFrame | None:
    """The `inflows` of `origin_scores` for a source: they tell whether payouts only pause."""
    return candidates.get("inflows") if source == "payouts" else None


def earlier_span(
    requests: pl.DataFrame, as_of: datetime, most_origins: int
) -> tuple[datetime, int]:
    """Where the span ends on which a source is chosen, and which n-th requests of it are enough."""
    split = held_out_from(requests, as_of)
    return split, max(1, known_requests(requests, split).height // most_origins)


def best_first(scores: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """What `choose_source` returns, from each candidate's `origin_scores` on the earlier span."""
    judged = {
        name: each.filter(pl.col("tw_crps").is_not_null()).sort("requested_at", "wr_id")
        for name, each in scores.items()
    }
    histories = [set(each["wr_id"]) for each in judged.values() if each.height]
    shared = set.intersection(*histories) if histories else set()
    both = {name: each.filter(pl.col("wr_id").is_in(shared)) for name, each in judged.items()}
    return pl.DataFrame(
        [(name, each["tw_crps"].mean(), each.height) for name, each in both.items()],
        schema=_SOURCES,
        orient="row",
    ).sort("tw_crps", nulls_last=True)


def held_out_from(requests: pl.DataFrame, as_of: datetime) -> datetime:
    """Where the last 30 % of the payout batches begin, on which nothing is tuned."""
    requests = known_requests(requests, as_of)
    ends = _ends(requests, as_of)
    paid = np.isfinite(ends)
    if not paid.any():
        raise ForecastError("nothing was paid before as_of")
    batches = payout_batches(ends)[paid]
    split = ends[paid][batches >= math.floor(TUNED_SHARE * (batches.max() + 1))].min()
    return as_of + timedelta(days=float(split))


def known_requests(requests: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The requests of known payout before `as_of`, oldest first: what is paid later pends."""
    released = pl.col("released_at")
    return (
        requests.filter(pl.col("requested_at") < as_of, pl.col("payout_ftm").is_not_null())
        .sort("requested_at", "wr_id")
        .with_columns(pl.when(released < as_of).then(released).alias("released_at"))
    )


def payout_batches(ends_days: FloatArray) -> npt.NDArray[np.intp]:
    """Which payout batch each belongs to, from 0; what pends is one batch, the last."""
    order = np.argsort(ends_days, kind="stable")
    with np.errstate(invalid="ignore"):
        apart = np.diff(ends_days[order]) > _BATCH_HOURS / 24
    batches = np.empty(ends_days.size, dtype=np.intp)
    batches[order] = np.concatenate([[0], np.cumsum(apart)])[: ends_days.size]
    return batches


def _ends(requests: pl.DataFrame, as_of: datetime) -> FloatArray:
    """Days from `as_of` to each release; infinite for what pends."""
    released = requests["released_at"]
    days = days_from(released.fill_null(as_of), as_of)
    return np.where(released.is_null().to_numpy(), np.inf, days)


def _known(
    index: int,
    requests: pl.DataFrame,
    begins: FloatArray,
    ends: FloatArray,
    rate_ftm: float,
    need_ftm: float,
) -> Known:
    """What the newest requests before one tell at its moment."""
    amounts, now = requests["payout_ftm"].to_numpy(), begins[index]
    before = slice(max(0, index - _MOST_KNOWN), index)
    paid = ends[before] < now
    waits = np.minimum(ends[before], now) - begins[before]
    last = int(np.argmax(np.where(paid, ends[before], -np.inf))) if paid.any() else -1
    return Known(
        need_ftm=need_ftm,
        amount_ftm=float(amounts[index]),
        rate_ftm=rate_ftm,
        amounts_ftm=amounts[before],
        waits_days=waits,
        paid=paid,
        last_paid_wait_days=float(waits[last]) if last >= 0 else math.inf,
    )


def _scored(sample: FloatArray, wait: float, age: float) -> list[float | None]:
    """The metrics of one forecast, in the order of `METRICS`."""
    briers = [brier(sample, wait <= days, days) if age >= days else None for days in BRIER_DAYS]
    if age < HORIZON_DAYS:
        return [None] * (len(METRICS) - len(briers)) + briers
    truth, clipped = min(wait, HORIZON_DAYS), np.minimum(sample, HORIZON_DAYS)
    low, q25, _, q75, high = marks = [quantile(clipped, p) for p in QUANTILES]
    return [
        tw_crps(clipped, truth, HORIZON_DAYS),
        *(pinball(mark, truth, p) for mark, p in zip(marks, QUANTILES, strict=True)),
        float(q25 <= truth <= q75),
        float(low <= truth <= high),
        q75 - q25,
        high - low,
        float(truth > quantile(clipped, 0.9)),
        pit(clipped, truth),
        *briers,
    ]


def _half_year(at: datetime) -> str:
    return f"{at.year} H{1 if at.month <= 6 else 2}"


def _one(moment: datetime) -> pl.Series:
    return pl.Series("since", [moment], dtype=pl.Datetime("us", "UTC"))
