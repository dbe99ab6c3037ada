"""Money in made-up batches, and the moment it is looked at from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

BEGAN = datetime(2022, 1, 1, tzinfo=UTC)
AT = BEGAN + timedelta(days=800)


def funding(days: list[float], amounts: list[float]) -> pl.DataFrame:
    """Batches so many days after `BEGAN`."""
    times = [BEGAN + timedelta(days=day) for day in days]
    return pl.DataFrame(
        {"funded_at": times, "amount_ftm": amounts},
        schema={"funded_at": pl.Datetime("us", "UTC"), "amount_ftm": pl.Float64},
    )


def irregular(seed: int = 0, until: float = 799.0) -> pl.DataFrame:
    """Batches of some 10,000 FTM, some four days apart."""
    rng = np.random.default_rng(seed)
    days = np.cumsum(rng.gamma(2.0, 2.0, 400))
    days = days[days < until]
    return funding(days.tolist(), rng.lognormal(9.0, 0.6, days.size).tolist())


def regular(every_days: int = 5, amount_ftm: float = 1_000.0, until: int = 799) -> pl.DataFrame:
    """The same amount at the same distance, so that every future is known."""
    days = [float(day) for day in range(0, until, every_days)]
    return funding(days, [amount_ftm] * len(days))
