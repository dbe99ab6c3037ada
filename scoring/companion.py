"""The file beside a store that keeps how its forecasts would have scored.

`<store>.scores`, a DuckDB file like the store and replaced whole like it, so that nobody
who reads it waits for who writes it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from data import StoreError
from data.store.reader import literal


@dataclass(frozen=True)
class About:
    """What was scored: the store up to `block` (its time is `as_of`), by which model.

    `source` is the funding that predicted best on the earlier span, `released` how many
    requests had been released, `origins` how many forecasts were scored, in `seconds`. A
    `provisional` verdict is of a few origins, while all of them are being scored.
    """

    block: int
    as_of: datetime
    model_version: str
    source: str
    released: int
    origins: int
    seconds: float
    made_at: datetime
    provisional: bool


@dataclass(frozen=True, eq=False)
class Scores:
    """`table` is forecast.summary's, `sources` and `forecasts` (what would have been said of each
    request when it was made) are forecast.backtest's."""

    about: About
    table: pl.DataFrame
    sources: pl.DataFrame
    forecasts: pl.DataFrame


def companion_of(store: Path) -> Path:
    """Where the scores of a store lie."""
    return store.with_name(f"{store.name}.scores")


def write_scores(store: Path, scores: Scores) -> Path:
    """Replace the scores of a store. Raises StoreError where they cannot be written."""
    path = companion_of(store)
    # Two programs may score one store at once.
    following = path.with_name(f"{path.name}.{os.getpid()}.next")
    about = pl.DataFrame([asdict(scores.about)])
    tables = {
        "about": about,
        "scores": scores.table,
        "sources": scores.sources,
        "forecasts": scores.forecasts,
    }
    try:
        following.unlink(missing_ok=True)
        with duckdb.connect(following) as con:
            for name, frame in tables.items():
                con.register("frame", frame)
                con.execute(f"CREATE TABLE {name} AS FROM frame")
                con.unregister("frame")
        following.replace(path)
    except (duckdb.Error, OSError) as error:
        with suppress(OSError):  # also where it was none, in a folder that cannot be written
            following.unlink()
        raise StoreError(f"cannot write {path}: {error}") from error
    return path


def read_scores(store: Path) -> Scores | None:
    """The scores of a store; None where there are none, or ones that cannot be read."""
    path = companion_of(store)
    if not path.exists():
        return None
    try:
        with duckdb.connect(":memory:") as con:
            con.execute("SET TimeZone = 'UTC'")
            con.execute(f"ATTACH {literal(path)} AS kept (READ_ONLY, TYPE duckdb)")
            names = ("about", "scores", "sources", "forecasts")
            about, *tables = (con.sql(f"FROM kept.{name}").pl() for name in names)
        return Scores(About(**about.row(0, named=True)), *tables)
    except (duckdb.Error, TypeError):  # of another version, or being replaced
        return None
