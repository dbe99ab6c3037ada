"""One line of the forecast log: what one person was told of one request, and nothing of them.

A line that is not whole, or could not be scored, is no line: `read_line` says None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Self

import polars as pl
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from data import StoreError
from data.store.reader import StoreInfo
from forecast import ReleaseWindow
from forecast.window import Kind

LEVELS = tuple(percent / 100 for percent in range(5, 100, 5))
# A tenth of a second: block times are whole seconds.
_DECIMALS = 6

Key = tuple[int, int, int, str]


def _in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0):
        raise ValueError("not UTC")
    return moment


_Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Amount = Annotated[float, Field(ge=0)]
_Probability = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, eq=False)
class Entry:
    """A window that was shown for a pending request.

    `source` is the funding it was read from, `inputs_hash` a hash of all that it was made of.
    """

    wr_id: int
    need_ftm: float
    in_pool_ftm: float
    window: ReleaseWindow
    source: str
    model_version: str
    inputs_hash: str


class ForecastLine(BaseModel):
    """The fields of a line, in their order. Times are UTC, `forecast_at` is the block's.

    `quantiles` are days at `LEVELS`: null past the horizon, none of `insufficient_history`,
    which has no probabilities either.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, allow_inf_nan=False, protected_namespaces=()
    )

    forecast_at: _Moment
    block: _Count
    network: str
    chain_id: _Count
    wr_id: _Count
    need_ftm: _Amount
    in_pool_ftm: _Amount
    kind: Kind
    horizon_days: Annotated[float, Field(gt=0)]
    quantiles: list[_Amount | None]
    within_7_days: _Probability | None
    within_14_days: _Probability | None
    within_35_days: _Probability | None
    within_90_days: _Probability | None
    source: str
    model_version: str
    inputs_hash: str
    logged_at: _Moment

    @model_validator(mode="after")
    def _can_be_scored(self) -> Self:
        days = [math.inf if day is None else day for day in self.quantiles]
        odds = [self.within_7_days, self.within_14_days, self.within_35_days, self.within_90_days]
        nothing = self.kind == "insufficient_history"
        if len(days) != (0 if nothing else len(LEVELS)) or days != sorted(days):
            raise ValueError("not the quantiles of a forecast")
        if any((chance is None) != nothing for chance in odds):
            raise ValueError("not the probabilities of a forecast")
        return self

    @property
    def key(self) -> Key:
        """What is the same of a forecast that is told twice."""
        return self.chain_id, self.wr_id, self.block, self.model_version


_TIME = pl.Datetime("us", "UTC")
SCHEMA: dict[str, pl.DataType] = {
    "forecast_at": _TIME,
    "block": pl.Int64(),
    "network": pl.String(),
    "chain_id": pl.Int64(),
    "wr_id": pl.Int64(),
    "need_ftm": pl.Float64(),
    "in_pool_ftm": pl.Float64(),
    "kind": pl.String(),
    "horizon_days": pl.Float64(),
    "quantiles": pl.List(pl.Float64()),
    "within_7_days": pl.Float64(),
    "within_14_days": pl.Float64(),
    "within_35_days": pl.Float64(),
    "within_90_days": pl.Float64(),
    "source": pl.String(),
    "model_version": pl.String(),
    "inputs_hash": pl.String(),
    "logged_at": _TIME,
}


def line_of(info: StoreInfo, entry: Entry, logged_at: datetime) -> ForecastLine:
    """The line of a window shown from the store `info` speaks of.

    Raises StoreError where that was not synced up to any block.
    """
    if info.synced_at is None or info.synced_block is None:
        raise StoreError("the store was not synced up to any block yet: sync it first")
    window = entry.window
    known = bool(window.days.size)
    within = {
        f"within_{days}_days": window.probability_within(days) if known else None
        for days in (7, 14, 35, 90)
    }
    return ForecastLine(
        forecast_at=info.synced_at,
        block=info.synced_block,
        network=info.network,
        chain_id=info.chain_id,
        wr_id=entry.wr_id,
        need_ftm=entry.need_ftm,
        in_pool_ftm=entry.in_pool_ftm,
        kind=window.kind,
        horizon_days=window.horizon_days,
        quantiles=[_days(window.quantile(level)) for level in LEVELS] if known else [],
        source=entry.source,
        model_version=entry.model_version,
        inputs_hash=entry.inputs_hash,
        logged_at=logged_at,
        **within,
    )


def read_line(text: bytes) -> ForecastLine | None:
    """The line that `text` holds; None where it holds no whole one."""
    try:
        return ForecastLine.model_validate_json(text)
    except ValidationError:
        return None


def _days(days: float) -> float | None:
    return None if math.isinf(days) else round(days, _DECIMALS)
