"""Forecasts made by hand: windows whose quantiles are known, and frames of them."""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from data.store.reader import StoreInfo
from forecast import ReleaseWindow, prepare
from scoring.forecast_log import LEVELS, SCHEMA, log_of, read_log
from scoring.log_append import Entry, append_windows
from tests.made_funding import AT, BEGAN, funding, regular

ADDRESS = "0x84db6ee82b7cf3b47e8f19270abde5718b936670"
INFO = StoreInfo(
    network="fantom",
    chain_id=250,
    simulated=False,
    schema_version=1,
    store_id=uuid.UUID(int=1),
    first_block=1,
    synced_block=700,
    synced_hash="0xabc",
    synced_at=AT,
    head_block=700,
    source="a file",
    published_at=AT,
    pool=ADDRESS,
    bond=ADDRESS,
    cert=ADDRESS,
    sfc=ADDRESS,
    native_symbol="FTM",
    explorer="",
)
LOGGED_AT = AT + timedelta(minutes=1)
# What the log says of `entry()` shown at `INFO`.
LINE = {
    "forecast_at": "2024-03-11T00:00:00Z",  # 800 days after 1 January 2022
    "block": 700,
    "network": "fantom",
    "chain_id": 250,
    "wr_id": 7,
    "need_ftm": 30.5,
    "in_pool_ftm": 4.0,
    "kind": "batches",
    "horizon_days": 120.0,
    "quantiles": [float(day) for day in range(1, 20)],
    "within_7_days": 0.35,  # 7 of 20
    "within_14_days": 0.7,
    "within_35_days": 1.0,
    "within_90_days": 1.0,
    "source": "claims",
    "model_version": "m1",
    "inputs_hash": "0f0f",
    "logged_at": "2024-03-11T00:01:00Z",
    "new_ftm": None,
}
_CURVE = prepare(regular(), AT, paths=20)
WINDOW = ReleaseWindow("batches", np.arange(1.0, 21.0), 120.0, _CURVE)  # 5 % each of 1 to 20 days
UNKNOWN = prepare(funding([], []), AT).window(5.0)
HALF_PAST_HORIZON = ReleaseWindow(
    "beyond_horizon", np.array([*range(1, 11), *[math.inf] * 10], dtype=float), 120.0, _CURVE
)


def entry(wr_id: int = 7, window: ReleaseWindow = WINDOW, model_version: str = "m1") -> Entry:
    return Entry(wr_id, 30.5, 4.0, window, "claims", model_version, "0f0f")


def append(store: Path, *ids: int, block: int = 700, model_version: str = "m1") -> int:
    """Log the same window for these requests."""
    info = replace(INFO, synced_block=block)
    entries = [entry(wr_id, model_version=model_version) for wr_id in ids]
    return append_windows(store, info, entries, logged_at=LOGGED_AT)


def ids(store: Path) -> list[int]:
    return read_log(store).frame["wr_id"].to_list()


def scribble(store: Path, text: bytes) -> None:
    """Write into the log what `append_windows` would not."""
    with log_of(store).open("ab") as file:
        file.write(text)


def told(
    wr_id: int,
    day: float,
    *,
    sure: float | None = None,
    kind: str = "batches",
    model_version: str = "m1",
    quantiles: list[float | None] | None = None,
    within: tuple[float, float, float, float] = (0.2, 0.6, 1.0, 1.0),
) -> dict[str, object]:
    """One forecast of that day: 5 % each of 1 to 20 days, or all on the day it is `sure` of."""
    marks = [float(k) for k in range(1, 20)] if sure is None else [sure] * len(LEVELS)
    nothing = kind == "insufficient_history"
    odds = dict(zip((7, 14, 35, 90), within, strict=True))
    return LINE | {
        **dict.fromkeys(("forecast_at", "logged_at"), day_of(day)),
        "block": round(day * 1000),
        "wr_id": wr_id,
        "kind": kind,
        "quantiles": [] if nothing else quantiles or marks,
        **{f"within_{d}_days": None if nothing else chance for d, chance in odds.items()},
        "model_version": model_version,
    }


def log_frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def requests(*rows: tuple[int, float, float | None]) -> pl.DataFrame:
    """Of (id, day asked, day released)."""
    time = pl.Datetime("us", "UTC")
    return pl.DataFrame(
        [(i, day_of(asked), None if paid is None else day_of(paid)) for i, asked, paid in rows],
        schema={"wr_id": pl.Int64, "requested_at": time, "released_at": time},
        orient="row",
    )


def day_of(day: float) -> datetime:
    return BEGAN + timedelta(days=day)
