"""Scores of many forecasts as one table, each figure with the interval it deserves.

Requests paid in one batch waited for the same thing: they are one observation. So intervals
come from a bootstrap over payout batches, and too few of them leave a figure undecided.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from forecast.backtest import METRICS, MODEL
from forecast.baselines import BASELINES
from forecast.history import FloatArray

FEWEST_BATCHES = 60
PIT_BINS = 10
_DRAWS, _LEVEL = 400, 0.9
_MEDIANS = ("width_50", "width_90")
# A figure: its value and interval, how many forecasts and batches it is of, and if those decide it.
FIGURE: dict[str, pl.DataType] = {
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "n": pl.Int64(),
    "batches": pl.Int64(),
    "decided": pl.Boolean(),
}
_SCHEMA = dict.fromkeys(("model", "slice", "metric"), pl.String()) | FIGURE


def summarise(scores: pl.DataFrame, *, seed: int = 0) -> pl.DataFrame:
    """One row a model, slice and metric of `origin_scores`' rows.

    Slices are `all`, `amount: …` and `half-year: …`. A value is the mean (of widths the
    median) with a 90 % interval; `saved_on_…` of the model is the share by which its twCRPS is
    lower than a baseline's; `pit_0` to `pit_9` are shares of the PIT's tenths.
    """
    rows = []
    for name, part in _slices(scores) if scores.height else ():
        rows += _summarised(name, part, np.random.default_rng(seed))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _slices(scores: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    yield "all", scores
    for column, label in (("amount", "amount"), ("half_year", "half-year")):
        for value in scores[column].unique().sort():
            yield f"{label}: {value}", scores.filter(pl.col(column) == value)


def _summarised(
    name: str, part: pl.DataFrame, rng: np.random.Generator
) -> list[tuple[object, ...]]:
    """The rows of one slice; models share their draws, so that differences are paired."""
    rows: list[tuple[object, ...]] = []
    batch_ids = part["batch"].unique().sort()
    drawn = drawn_batches(len(batch_ids), rng)
    crps: dict[str, tuple[float, FloatArray, int, int]] = {}
    for model in part["model"].unique(maintain_order=True):
        of_model = part.filter(pl.col("model") == model)
        for metric, values in _values(of_model):
            known = values.is_not_null().to_numpy()
            if not known.any():
                continue
            batches = batch_ids.search_sorted(of_model["batch"]).to_numpy()[known]
            figures = values.to_numpy()[known].astype(np.float64)
            middle = _median if metric in _MEDIANS else mean_of
            value, again = middle(figures, batches, drawn)
            many = int(np.unique(batches).size)
            rows.append(_row((model, name, metric), value, again, figures.size, many))
            if metric == "tw_crps":
                crps[model] = (value, again, figures.size, many)
    if MODEL in crps:
        value, again, size, many = crps[MODEL]
        for baseline in [each for each in BASELINES if each in crps]:
            other, other_again, _, _ = crps[baseline]
            with np.errstate(divide="ignore", invalid="ignore"):
                saved, saved_again = 1 - np.divide(value, other), 1 - again / other_again
            key = (MODEL, name, f"saved_on_{baseline}")
            rows.append(_row(key, float(saved), saved_again, size, many))
    return rows


def _values(of_model: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    """Each metric's values, with the PIT as one indicator a tenth."""
    for metric in METRICS:
        if metric != "pit":
            yield metric, of_model[metric]
    tenths = (of_model["pit"] * PIT_BINS).floor().clip(0, PIT_BINS - 1)
    for tenth in range(PIT_BINS):
        yield f"pit_{tenth}", (tenths == tenth).cast(pl.Float64)


def _row(
    key: tuple[str, str, str], value: float, again: FloatArray, size: int, batches: int
) -> tuple[object, ...]:
    low, high = interval(again)
    known = value if np.isfinite(value) else None  # nothing is saved on what never errs
    return (*key, known, low, high, size, batches, batches >= FEWEST_BATCHES)


def mean_of(
    figures: FloatArray,
    batches: npt.NDArray[np.intp],
    drawn: FloatArray,
    weights: FloatArray | None = None,
) -> tuple[float, FloatArray]:
    """The mean, and that of each draw of batches: a row of `drawn` says how often each is in it."""
    weights = np.ones(figures.size) if weights is None else weights
    sums = np.bincount(batches, figures * weights, drawn.shape[1])
    counts = np.bincount(batches, weights, drawn.shape[1])
    with np.errstate(invalid="ignore"):  # a draw may miss all batches that have this figure
        again = np.asarray((drawn @ sums) / (drawn @ counts))
    return float(np.average(figures, weights=weights)), again


def drawn_batches(many: int, rng: np.random.Generator) -> FloatArray:
    """Draws of so many batches from themselves, a row a draw."""
    return rng.multinomial(many, np.full(many, 1 / many), _DRAWS).astype(np.float64)


def interval(again: FloatArray) -> tuple[float | None, float | None]:
    """Where 90 % of the draws lie; None where none has the figure."""
    outside = (1 - _LEVEL) / 2
    draws = again[np.isfinite(again)]
    if not draws.size:
        return None, None
    low, high = np.quantile(draws, [outside, 1 - outside]).tolist()
    return low, high


def _median(
    figures: FloatArray, batches: npt.NDArray[np.intp], drawn: FloatArray
) -> tuple[float, FloatArray]:
    """The median, and that of each draw of batches."""
    order = np.argsort(figures)
    again = np.full(len(drawn), np.nan)
    for number, weights in enumerate(drawn):
        reached = np.cumsum(weights[batches[order]])
        if reached[-1]:
            again[number] = figures[order][np.searchsorted(reached, reached[-1] / 2)]
    return float(np.median(figures)), again
