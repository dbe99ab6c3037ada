"""A published store, and the answers from it.

Answers are cached by the store's version, not by time: what a sync publishes is a new
version, and a page that shows an old one is drawn anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import polars as pl

import queries
from answers.ending import Ending, end_of_chain
from answers.kept import ANSWERS, size_of
from answers.sources import Source, Version
from data import NewerStoreError, StoreError
from data.config import Network, load_network, network_names
from data.store.reader import StoreInfo, open_reader, read_info
from data.store.reader import version as version_of

Row = Mapping[str, Any]  # one row of an answer, by column
# A query's name, its parameters in order, and how many rows were asked for; None for all of them.
Question = tuple[str, tuple[tuple[str, Any], ...], int | None]
_MOST_QUESTIONS = 200
_QUESTIONS: dict[Path, OrderedDict[Question, None]] = {}  # by store, those asked last at the end
_asking = Lock()
_OPENED: dict[Path, Version] = {}  # by store, the version that was opened last
STALE_AFTER = timedelta(hours=1)


class SupersededError(StoreError):
    """A newer version was published before this one was opened: look again."""


@dataclass(frozen=True)
class At:
    """Of which moment of the past a view is: `moment` as a link has it, its `day` where that is
    one, and whether the time of its block is known (`is_exact`) or that of the newest before it.
    `present` is the view of the published store that it was built of."""

    moment: str
    day: date | None
    is_exact: bool
    present: StoreView


@dataclass(frozen=True)
class StoreView:
    """One published store during one run of a page or one answer, at the wall clock's `now`.

    One of the past has `at`, its own file as its `source`, and its block's time as `now`: what is
    shown of it is of that day. See answers/past.py. What a view of the present `is_page` for asks
    is remembered: see `questions`.
    """

    source: Source
    version: Version
    info: StoreInfo
    now: datetime
    at: At | None = None
    is_page: bool = False
    questions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    # Not cached_property, which Python 3.11 gives one lock for all sessions.
    _worked_out: dict[str, Any] = field(default_factory=dict)

    @property
    def link(self) -> dict[str, str]:
        """What every link to the same store holds: its network, and the moment of the past."""
        return {"network": self.source.name} | ({"at": self.at.moment} if self.at else {})

    def at_moment(self, now: datetime) -> StoreView:
        """The same store at another moment, of which nothing was asked yet."""
        kept = {name: value for name, value in self._worked_out.items() if name != "ending"}
        return replace(self, now=now, questions=[], _worked_out=kept)

    def ask(self, name: str, /, **params: Any) -> pl.DataFrame:
        """The answer of a query; it goes into the page's footer."""
        self._note(name, params, None)
        return answer_of(self.version, name, params)

    def ask_first(self, name: str, most: int, /, **params: Any) -> tuple[pl.DataFrame, int]:
        """The first rows of a query's answer, and how many there are in all."""
        self._note(name, params, most)
        return first_rows_of(self.version, name, most, params)

    def note(self, name: str, /, **params: Any) -> None:
        """Put a query into the page's footer whose answer the page has already."""
        self._note(name, params, None)

    def _note(self, name: str, params: dict[str, Any], most: int | None) -> None:
        if self.is_page and self.at is None:
            _remember(self.source.path, (name, tuple(sorted(params.items())), most))
        if (name, params) not in self.questions:
            self.questions.append((name, params))

    def fetch_first(self, name: str, most: int, /, **params: Any) -> tuple[pl.DataFrame, int]:
        """As `ask_first`, anew: it is not kept, nor put into the footer."""
        return fetched_first(self.version, name, most, **params)

    def ask_row(self, name: str, /, **params: Any) -> dict[str, Any] | None:
        """The answer of a query that has one row, or none."""
        rows = self.ask(name, **params)
        return rows.row(0, named=True) if rows.height else None

    def table(self, name: str, rows: int) -> pl.DataFrame:
        """The first rows of one of the store's tables; not kept."""
        with cursor(self.version) as con:
            return queries.read_table(con, name, rows)

    def table_file(self, name: str) -> pl.DataFrame:
        """The whole of a table as files have it, with wei in FTM beside it; not kept."""
        with cursor(self.version) as con:
            return queries.read_table(con, name, in_ftm=True)

    def table_rows(self, name: str) -> int:
        """How many rows one of the store's tables has."""
        contents = answer_of(self.version, "store_contents", {})
        return int(contents.filter(table_name=name)["rows"][0])

    def hosts(self) -> list[str]:
        """Who gave the store what it holds, so far as it knows; an archive is no host."""
        sources = [self.info.source, *self.ask("coverage")["source"]]
        if not self.info.simulated:
            sources += [*self.ask_first("contradictions", 50)[0]["source"]]
        names = {name for names in sources if names for name in names.split(", ")}
        names |= {bare for name in names if "." in (bare := name.partition(":")[0])}  # no port
        return sorted(name for name in names if name and " " not in name)

    @property
    def failed_checks(self) -> int:
        """How many of the last sync's checks failed."""
        return _failed_checks(self.version)

    @property
    def first_request_at(self) -> datetime | None:
        """None where the store holds no request."""
        return _first_request_at(self.version)

    @property
    def ending(self) -> Ending:
        """What is known of the end of the chain at this run. Raises ConfigError."""
        if "ending" not in self._worked_out:
            self._worked_out["ending"] = self.ending_at(self.now)
        ending: Ending = self._worked_out["ending"]
        return ending

    def ending_at(self, now: datetime) -> Ending:
        """The same at another moment. What is reported now was not known on a day of the past."""
        if self.at is not None:
            return end_of_chain(None, self.info, self.now)
        return end_of_chain(self._network, self.info, now)

    @property
    def _network(self) -> Network | None:
        """The network that was synced; None where none of that name has the store's chain."""
        if "network" not in self._worked_out:
            name = self.info.network
            known = load_network(name) if name in network_names() else None
            is_same = known is not None and known.chain_id == self.info.chain_id
            self._worked_out["network"] = known if is_same else None
        network: Network | None = self._worked_out["network"]
        return network

    def days(self) -> tuple[date, date]:
        """The first request's day and the last synced one, of a store that has requests."""
        first_at, last_at = self.first_request_at, self.info.synced_at
        assert first_at is not None, "the router shows no_requests"
        assert last_at is not None
        return first_at.date(), last_at.date()


def open_view(source: Source, found: Version | None, now: datetime) -> StoreView | None:
    """The published store of `source` in the version `found`; None where there is none. Where a
    later version of the program has written that, the one before it, as long as it is open here.

    Raises StoreError where it cannot be opened, SupersededError where there is a newer one.
    """
    if found is None:
        return None
    try:
        view = StoreView(source, found, read(found), now)
    except NewerStoreError:
        before = _OPENED.get(source.path)
        if before is None:
            raise
        return StoreView(source, before, read(before), now)
    _OPENED[source.path] = found
    return view


# What is cached here is never changed: frames and frozen values, handed out as they are.
@lru_cache(maxsize=16)
def read(version: Version) -> StoreInfo:
    """What the store of this version says of itself. Raises StoreError."""
    with cursor(version) as con:
        return read_info(con)


@lru_cache(maxsize=16)
def _failed_checks(version: Version) -> int:
    return answer_of(version, "checks_summary", {}).filter(status="failed").height


@lru_cache(maxsize=16)
def _first_request_at(version: Version) -> datetime | None:
    contents = answer_of(version, "store_contents", {})
    first_at: datetime | None = contents.filter(table_name="requests")["first_at"].item()
    return first_at


def answer_of(version: Version, name: str, params: dict[str, Any]) -> pl.DataFrame:
    """The answer of a query on the store of this version. Raises StoreError, QueryError."""
    rows: pl.DataFrame = answer(version, (name, tuple(sorted(params.items())), None))
    return rows


def first_rows_of(
    version: Version, name: str, most: int, params: dict[str, Any]
) -> tuple[pl.DataFrame, int]:
    """The first rows of the same, and how many there are in all."""
    first: tuple[pl.DataFrame, int] = answer(version, (name, tuple(sorted(params.items())), most))
    return first


def answer(version: Version, question: Question) -> Any:
    """The answer to a question, kept. Raises StoreError, QueryError."""
    name, params, most = question
    key = repr((version, question))
    if most is None:
        return ANSWERS.get(key, lambda: fetched(version, name, **dict(params)), size_of)
    return ANSWERS.get(
        key,
        lambda: fetched_first(version, name, most, **dict(params)),
        lambda first: size_of(first[0]),
    )


def _remember(store: Path, question: Question) -> None:
    with _asking:
        questions = _QUESTIONS.setdefault(store, OrderedDict())
        questions[question] = None
        questions.move_to_end(question)
        if len(questions) > _MOST_QUESTIONS:
            questions.popitem(last=False)


def has_questions(store: Path) -> bool:
    """Whether pages asked anything of a store since `questions` was last called."""
    return store in _QUESTIONS


def questions(store: Path) -> list[Question]:
    """What pages asked of a store since this was last called, in whichever version; the newest
    first."""
    with _asking:
        return [*_QUESTIONS.pop(store, {})][::-1]


def fetched(version: Version, name: str, /, **params: Any) -> pl.DataFrame:
    """The answer of a query, not kept."""
    with cursor(version) as con:
        return queries.run(con, name, **params)


def fetched_first(
    version: Version, name: str, most: int, /, **params: Any
) -> tuple[pl.DataFrame, int]:
    """The first rows of the same, and how many there are in all."""
    with cursor(version) as con:
        return queries.run_first(con, name, most, **params)


@lru_cache(maxsize=8)  # days of the past are stores of their own
def _reader(version: Version) -> duckdb.DuckDBPyConnection:
    reader = open_reader(Path(version[0]))
    try:
        refuse_other(version)  # what was opened may be either
    except StoreError:
        reader.close()
        raise
    return reader


def refuse_other(version: Version) -> None:
    """Raise SupersededError where another version than this was published."""
    path = Path(version[0])
    if version_of(path) != version:
        raise SupersededError(f"{path} was replaced while it was opened: try again")


def cursor(version: Version) -> duckdb.DuckDBPyConnection:
    """A connection of its own for one query: sessions run in threads. Raises StoreError."""
    con = _reader(version).cursor()
    con.execute("USE store")  # cursors do not inherit it, nor the time zone
    con.execute("SET TimeZone = 'UTC'")
    return con


def is_stale(info: StoreInfo, now: datetime) -> bool:
    """The sample's time is fixed: it is what it is."""
    return not info.simulated and (info.synced_at is None or now - info.synced_at > STALE_AFTER)
