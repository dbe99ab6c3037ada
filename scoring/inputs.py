"""What a store tells the forecaster: requests with their needs, money that came, lock-ups.

And what it tells who scores forecasts that were shown: when each request was passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

import queries
from data import StoreError
from data.store.reader import read_info

SOURCES = ("claims", "inflows", "payouts")


@dataclass(frozen=True)
class Inputs:
    """All of it as it was known at `as_of`, the time of `block`.

    `requests` has `wr_id`, `requested_at`, `released_at`, `payout_ftm`, `need_ftm`, `in_pool_ftm`,
    the most of its need that may have been in the pool, and `spendable_ftm`, what was, null where
    that is not known; `funding` the batches of each source. `released` is how many requests were
    paid or refused, known or not.
    """

    as_of: datetime
    block: int
    requests: pl.DataFrame
    funding: Mapping[str, pl.DataFrame]
    lock_ups: pl.DataFrame
    released: int


def read_inputs(con: duckdb.DuckDBPyConnection) -> Inputs:
    """The inputs from the store that `con` uses. Raises StoreError for one without a block."""
    info = read_info(con)
    if info.synced_at is None or info.synced_block is None:
        raise StoreError("the store was not synced up to any block yet: sync it first")
    # An unknown amount is no need of 0: such a request is left out, as the scores say.
    needs = queries.run(con, "request_needs").drop_nulls(["payout_ftm", "ahead_ftm"])
    pool = queries.run(con, "spendable_at_requests").select("wr_id", "spendable_ftm")
    pool = pool.unique("wr_id", keep="first", maintain_order=True)
    needs = needs.unique("wr_id", keep="first", maintain_order=True)
    requests = needs.join(pool, on="wr_id", how="left", maintain_order="left").select(
        "wr_id",
        "requested_at",
        "released_at",
        "payout_ftm",
        need_ftm=pl.col("ahead_ftm") + pl.col("payout_ftm"),
        # Less than the head wanted, or it would have been paid.
        in_pool_ftm=pl.col("head_ftm").fill_null(0.0),
        spendable_ftm="spendable_ftm",
    )
    funding = {
        source: queries.run(con, "funding", source=source).drop_nulls() for source in SOURCES
    }
    lock_ups = queries.run(con, "lock_up_ends").drop_nulls(["ends_at", "amount_ftm"])
    return Inputs(info.synced_at, info.synced_block, requests, funding, lock_ups, released_in(con))


def read_releases(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """`wr_id`, `requested_at` and `released_at` of every request, whatever else is unknown."""
    needs = queries.run(con, "request_needs").unique("wr_id", keep="first", maintain_order=True)
    return needs.select("wr_id", "requested_at", "released_at")


def released_in(con: duckdb.DuckDBPyConnection) -> int:
    """How many requests of the store that `con` uses were paid or refused."""
    row = con.execute(
        "SELECT count(DISTINCT wr_id) FROM requests WHERE coalesce(manual_at, paid_at) IS NOT NULL"
    ).fetchone()
    return 0 if row is None else int(row[0])
