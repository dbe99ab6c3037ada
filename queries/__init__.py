"""The questions the store answers: one SELECT a file, and what runs them.

A file's parameters are DuckDB variables, its header says what goes in and what comes out,
and it runs unchanged in the duckdb CLI. The rules are in README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

_FOLDER = Path(__file__).parent
# Two spaces end a word of the header, so that a type may hold one.
_FIELD = re.compile(r"--   (\w+) {2,}(\S.*?) {2,}(\S+) {2,}(\S.*)")
_CHOICE = re.compile(r"'([^']*)'")


class QueryError(Exception):
    """A query that does not exist, was asked wrongly or cannot run on this store."""


@dataclass(frozen=True)
class Field:
    """A parameter or column as the header describes it; `type` is DuckDB's name for it."""

    name: str
    type: str
    unit: str
    note: str

    @property
    def choices(self) -> tuple[str, ...]:
        """The values an ENUM allows; empty for any other type."""
        return tuple(_CHOICE.findall(self.type)) if self.type.startswith("ENUM") else ()


@dataclass(frozen=True)
class Query:
    """One file: its header, and the SQL as it stands there, header included."""

    name: str
    title: str
    prose: str
    params: tuple[Field, ...]
    columns: tuple[Field, ...]
    sql: str

    def unit(self, column: str) -> str:
        """The unit of a column, as an axis would carry it."""
        return next(field.unit for field in self.columns if field.name == column)


def names() -> list[str]:
    """Every query there is, in alphabetical order."""
    return sorted(path.stem for path in _FOLDER.glob("*.sql"))


@cache
def param_names() -> tuple[str, ...]:
    """The parameters of all queries, each once."""
    return tuple(sorted({field.name for name in names() for field in load(name).params}))


@cache  # once a process: its files do not change
def load(name: str) -> Query:
    """The query called `name`. Raises QueryError where there is none."""
    if name not in names():
        raise QueryError(f"no query {name!r}: there are {', '.join(names())}")
    return parse(name, (_FOLDER / f"{name}.sql").read_text())


def parse(name: str, sql: str) -> Query:
    """A query from its text. Raises QueryError where the header breaks the rules."""
    title, *lines = sql.split("\n\n", 1)[0].splitlines()
    prose: list[str] = []
    fields: dict[str, list[Field]] = {"-- params:": [], "-- columns:": []}
    section: list[Field] | None = None
    for line in lines:
        if line in fields:
            section = fields[line]
        elif section is None:
            prose.append(line.removeprefix("--").strip())
        elif match := _FIELD.fullmatch(line):
            section.append(Field(*match.groups()))
        else:
            raise QueryError(f"{name}.sql: write `--   name  TYPE  unit  note`, not {line!r}")
    params, columns = map(tuple, fields.values())
    if not title.startswith("-- ") or not columns:
        raise QueryError(f"{name}.sql: begin with `-- Title`, and list every column")
    return Query(name, title.removeprefix("-- "), " ".join(prose).strip(), params, columns, sql)


def run(con: duckdb.DuckDBPyConnection, name: str, /, **params: Any) -> pl.DataFrame:
    """The answer of a query on the store that `con` uses; times are UTC.

    A parameter left out or None has the default of the query's header. Dates may be ISO
    text. `con` itself is left as it was: variables belong to a cursor. Raises QueryError
    for an unknown query or parameter, a value of another type, and what DuckDB refuses.
    """
    with _prepared(con, name, params) as cursor:
        frame: pl.DataFrame = cursor.sql(load(name).sql).pl()
    return frame


def run_first(
    con: duckdb.DuckDBPyConnection, name: str, most: int, /, **params: Any
) -> tuple[pl.DataFrame, int]:
    """The first rows of what `run` answers, at most `most`, and how many there are in all."""
    whole = f"({load(name).sql.rstrip().removesuffix(';')}\n)"
    with _prepared(con, name, params) as cursor:
        frame: pl.DataFrame = cursor.sql(f"FROM {whole} LIMIT {most}").pl()
        if frame.height < most:
            return frame, frame.height
        count = cursor.sql(f"SELECT count(*) FROM {whole}").fetchone()
    assert count is not None
    return frame, count[0]


def check(name: str, params: Mapping[str, Any]) -> None:
    """Whether the query called `name` takes these parameters, for `run`. Raises QueryError."""
    known = {field.name: field for field in load(name).params}
    for key in params.keys() - known.keys():
        takes = ", ".join(known) or "no parameters"
        raise QueryError(f"{name} does not know {key!r}: it takes {takes}")
    for key, value in params.items():
        if value is not None and not _fits(known[key], value):
            raise QueryError(f"{name}: {key} is {value!r}, but must be {_wanted(known[key])}")


@contextmanager
def _prepared(
    con: duckdb.DuckDBPyConnection, name: str, params: Mapping[str, Any]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor on which the query called `name` has its parameters; raises for `run`."""
    check(name, params)
    try:
        place = con.execute("SELECT current_setting('search_path')").fetchone()
        with con.cursor() as cursor:
            cursor.execute("SET search_path = ?", place)  # a cursor does not inherit USE
            cursor.execute("SET TimeZone = 'UTC'")
            for key, value in params.items():
                cursor.execute(f"SET VARIABLE {key} = ?", [value])
            yield cursor
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise QueryError(
            f"{name} asks for what this store does not have, so another version wrote it: sync "
            f"again. {_first_line(error)}"
        ) from error
    except duckdb.Error as error:
        raise QueryError(f"{name}: {_first_line(error)}") from error


def read_table(
    con: duckdb.DuckDBPyConnection, name: str, rows: int | None = None, *, in_ftm: bool = False
) -> pl.DataFrame:
    """The first `rows` rows of a table of the store that `con` uses, or all; times are UTC.

    With `in_ftm` each amount of wei stands in FTM too, as a float in a column beside it, for
    programs whose numbers hold no 20 digits. Raises QueryError where there is no such table.
    """
    known = run(con, "dictionary")["table_name"].unique(maintain_order=True).to_list()
    if name not in known:
        raise QueryError(f"no table {name!r}: there are {', '.join(known)}")
    with _prepared(con, "dictionary", {}) as cursor:
        limit = "ALL" if rows is None else rows
        table = cursor.sql(f"FROM {name} LIMIT {limit}")
        columns = [part for each in table.columns for part in (_beside(each) if in_ftm else [each])]
        frame: pl.DataFrame = table.project(", ".join(columns)).pl()
    return frame


def _beside(column: str) -> list[str]:
    """A table's column, and its amount in FTM if it is one of wei: ratios and shares are none."""
    if "_wei" not in column or "ratio" in column or "shares" in column:
        return [column]
    return [column, f"{column} / 1e18 AS {column.replace('_wei', '_ftm')}"]


def _first_line(error: duckdb.Error) -> str:
    return str(error).split("\n")[0]


def _fits(field: Field, value: object) -> bool:
    if field.choices:
        return value in field.choices
    if field.type == "DATE":
        return _is_date(value)
    if field.type == "VARCHAR":
        return isinstance(value, str)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return isinstance(value, date) and not isinstance(value, datetime)
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _wanted(field: Field) -> str:
    if field.choices:
        return " or ".join(field.choices)
    wanted = {"DATE": "a date such as 2024-12-18", "VARCHAR": "text"}
    return wanted.get(field.type, "a whole number")
