"""The log of forecasts beside a store, kept before their outcome is known, and how it is read.

One JSON object a line, in a file that only grows: the forecast of one request, or of an unstake
that nobody made, and nothing of any visitor. What was read once is not read again, only what was
appended since. `scoring/log_append.py` writes it.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Self, get_type_hints

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
from forecast.window import WindowKind

LEVELS = tuple(percent / 100 for percent in range(5, 100, 5))
_MOST_READ = 4  # files that are kept read
_LAST_BYTES = 8 * 1024  # a line has some 600

Key = tuple[int, int | None, float | None, int, str]


def _in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0):
        raise ValueError("not UTC")
    return moment


_Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Amount = Annotated[float, Field(ge=0)]
_Probability = Annotated[float, Field(ge=0, le=1)]


class ForecastLine(BaseModel):
    """The fields of a line, in their order. Times are UTC, `forecast_at` is the block's.

    `wr_id` is null of an unstake that nobody made, and `new_ftm` what it would be paid; older lines
    lack the latter.
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
    wr_id: _Count | None
    need_ftm: _Amount
    in_pool_ftm: _Amount
    kind: WindowKind
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
    new_ftm: _Amount | None = None

    @model_validator(mode="after")
    def _can_be_scored(self) -> Self:
        days = [math.inf if day is None else day for day in self.quantiles]
        odds = [self.within_7_days, self.within_14_days, self.within_35_days, self.within_90_days]
        nothing = self.kind == "insufficient_history"
        if len(days) != (0 if nothing else len(LEVELS)) or days != sorted(days):
            raise ValueError("not the quantiles of a forecast")
        if any((chance is None) != nothing for chance in odds):
            raise ValueError("not the probabilities of a forecast")
        if (self.wr_id is None) == (self.new_ftm is None):
            raise ValueError("neither of a request nor of a new unstake")
        return self

    @property
    def key(self) -> Key:
        """What two lines of one forecast share."""
        return self.chain_id, self.wr_id, self.new_ftm, self.block, self.model_version


# What a field holds decides its column; the rest are numbers.
_COLUMNS: dict[object, pl.DataType] = {
    AwareDatetime: pl.Datetime("us", "UTC"),
    int: pl.Int64(),
    int | None: pl.Int64(),
    str: pl.String(),
    WindowKind: pl.String(),
    list[float | None]: pl.List(pl.Float64()),
}
_TYPES = get_type_hints(ForecastLine)
_KEY = ("chain_id", "wr_id", "new_ftm", "block", "model_version")
SCHEMA = {name: _COLUMNS.get(_TYPES[name], pl.Float64()) for name in ForecastLine.model_fields}


def read_line(text: bytes) -> ForecastLine | None:
    """The line that `text` holds; None where it holds no whole one."""
    try:
        return ForecastLine.model_validate_json(text)
    except ValidationError:
        return None


@dataclass(frozen=True)
class Log:
    """The forecasts in the order they were logged, each once, as `SCHEMA` says.

    `unreadable_lines` were torn or are of another form, and are left out.
    """

    frame: pl.DataFrame
    unreadable_lines: int


def log_of(store: Path) -> Path:
    """Where the forecasts from a store lie."""
    return store.with_name(f"{store.name}.forecasts")


@dataclass
class _Read:
    """What was read of one file: its whole lines up to `end_bytes`."""

    file: tuple[int, int]
    end_bytes: int = 0
    frame: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))
    unreadable: int = 0


_read: dict[Path, _Read] = {}
_read_by_one = threading.Lock()


def read_log(store: Path) -> Log:
    """All that was logged beside `store`; empty where nothing was. Raises StoreError."""
    path = log_of(store)
    with _read_by_one:
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                known = _known(path, (status.st_dev, status.st_ino), status.st_size)
                file.seek(known.end_bytes)
                appended = file.read()
        except FileNotFoundError:
            _read.pop(path, None)
            return Log(pl.DataFrame(schema=SCHEMA), 0)
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror}") from error
        whole, end, torn = appended.rpartition(b"\n")
        if end:
            frame, unreadable = _parsed(whole.split(b"\n"))
            known.frame = _once(known.frame, frame)
            known.unreadable += unreadable
            known.end_bytes += len(whole) + 1
        # A line that lacks its end may be whole all the same, or may still be written.
        frame, unreadable = _parsed([torn])
        return Log(_once(known.frame, frame), known.unreadable + unreadable)


def last_line(store: Path) -> ForecastLine | None:
    """The line that was logged last; None where there is none that can be read. Quick."""
    try:
        with log_of(store).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
            texts = file.read().split(b"\n")
    except OSError:
        return None
    return next((line for text in reversed(texts) if (line := read_line(text))), None)


def _known(path: Path, file: tuple[int, int], size: int) -> _Read:
    """What is known of a file: nothing of one that was put in its place."""
    known = _read.pop(path, None)
    if known is None or known.file != file or size < known.end_bytes:
        known = _Read(file)
    _read[path] = known  # the newest is the last
    while len(_read) > _MOST_READ:
        del _read[next(iter(_read))]
    return known


def _parsed(texts: Iterable[bytes]) -> tuple[pl.DataFrame, int]:
    """Lines as a frame, and how many could not be read."""
    lines = [read_line(text) for text in texts if text.strip()]
    good = [line for line in lines if line is not None]
    columns = {name: [getattr(line, name) for line in good] for name in SCHEMA}
    return pl.DataFrame(columns, schema=SCHEMA), len(lines) - len(good)


def _once(frame: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """Both, each forecast once: the first counts."""
    if more.is_empty():
        return frame
    return pl.concat([frame, more]).unique(_KEY, keep="first", maintain_order=True)
