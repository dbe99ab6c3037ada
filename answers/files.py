"""The files that pages offer: the address of each, and what is in it.

An address says all that the file depends on beside the store, so that every process which has the
same store answers with the same bytes. It is of the newest store: the file names its block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import polars as pl

import queries
from answers import past, score_metrics, scored
from answers.provenance import file_name, provenance
from answers.store_view import StoreView, fetched
from queries.export import as_csv, as_parquet

FOLDER = "/api/files"
MOST_ROWS = 300_000  # of a query's answer, or of a table
KINDS: Mapping[str, tuple[str, Callable[[pl.DataFrame, Mapping[str, str]], bytes]]] = {
    "csv": ("text/csv", as_csv),
    "parquet": ("application/vnd.apache.parquet", as_parquet),
}
SCORES, WHEN_MADE = "forecast_scores", "forecasts_when_made"


class NoFileError(Exception):
    """There is no such file; in a sentence."""


class TooLargeError(NoFileError):
    """It would be too large; in a sentence."""


@dataclass(frozen=True)
class Content:
    """What is written into a file: rows, and where they are from. `sql` is what they answer."""

    name: str
    rows: pl.DataFrame
    sql: str
    params: Mapping[str, str]

    def written(self, store: StoreView, kind: str) -> bytes:
        """The file's bytes, with what it says of itself."""
        about = provenance(store.info, self.name, self.sql, self.params)
        return KINDS[kind][1](self.rows, about)

    def file_name(self, store: StoreView, kind: str) -> str:
        """What the file is called."""
        return f"{file_name(self.name, self.params, store.info)}.{kind}"


def has_address(store: StoreView) -> bool:
    """Whether programs may ask for this store: not for the past of one with very many logs."""
    return store.at is None or store.at.present.table_rows("raw_logs") <= past.MOST_LOGS


def address(store: StoreView, group: str, name: str, kind: str, params: Mapping[str, Any]) -> str:
    """Where the file lies, beside the pages: of `queries`, `tables` or `scores`."""
    given = [(key, value) for key, value in params.items() if value is not None]
    given += [("at", store.at.moment)] if store.at else []
    network = quote(store.source.name, safe="")
    query = f"?{urlencode(given)}" if given else ""
    return f"{FOLDER}/{network}/{group}/{name}.{kind}{query}"


def of_query(
    store: StoreView, name: str, params: Mapping[str, Any], *, however_large: bool = False
) -> Content:
    """The whole answer of a query. Raises NoFileError, QueryError."""
    texts = {key: str(value) for key, value in params.items() if value is not None}
    if however_large:
        rows = fetched(store.version, name, **params)
    else:
        rows, count = store.fetch_first(name, MOST_ROWS, **params)
        if count > rows.height:
            raise TooLargeError(_too_many(count))
    return Content(name, rows, queries.load(name).sql, texts)


def of_table(store: StoreView, name: str) -> Content:
    """A whole table, with its amounts in FTM beside those in wei. Raises NoFileError."""
    if name not in store.ask("dictionary")["table_name"]:
        raise NoFileError("There is no such table: the query `dictionary` names all of them.")
    if (count := store.table_rows(name)) > MOST_ROWS:
        raise TooLargeError(_too_many(count))
    return Content(name, store.table_file(name), f"FROM {name}", {})


def of_scores(store: StoreView, name: str) -> Content:
    """How odds have scored, or a row for each request that they were scored by. Raises
    NoFileError."""
    scores = scored.scores_of(store)
    if scores is None or name not in (SCORES, WHEN_MADE):
        raise NoFileError("There is no such file of scores, or the odds are not scored yet.")
    about = scores.about
    model = f"backtest of model {about.model_version}"
    params = {"source": about.source, "scored_to_block": str(about.block)}
    if name == SCORES:
        return Content(name, scores.table, model, params | score_metrics.about())
    title = f"{model}, what was known when each request was made"
    return Content(name, scores.forecasts, title, params)


def _too_many(count: int) -> str:
    return (
        f"It has {count:,} rows, too many for a file here: {MOST_ROWS:,} fit. Ask a query for less "
        "by its parameters, such as days, or read the store itself: the README says how."
    )
