"""Answers as tables: wei to the last digit, and other numbers as they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
import polars.selectors as cs
import streamlit as st

from answers import words
from queries import Field

_EXACT = 2**53  # up to here a browser's numbers hold each whole one
_FROM_MARKS = 1_000
_UNITS = {"ftm": "FTM", "days": "days", "share": "share", "wei": "wei"}
# Whole numbers that count nothing: 2,024 is no year, and a block is searched for as it is.
_NO_COUNT = re.compile(
    r"(^|_)(id|block|index|position|version|year|quarter|month|week|day|hour)s?$"
)


def exact(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as a browser shows them: wei as text, as a browser's numbers do not hold all digits."""
    return rows.with_columns(cs.decimal().cast(pl.String), cs.by_dtype(pl.Int128).cast(pl.String))


def column(field: Field) -> Any:
    """How the column of a named query is shown, with what it holds."""
    about = f"{field.note} ({field.unit})"
    if field.type == "TIMESTAMPTZ":
        form = "YYYY-MM-DD HH:mm:ss"
        return st.column_config.DatetimeColumn(field.name, help=about, format=form, timezone="UTC")
    if field.type == "DOUBLE":
        form = "%,.6f" if field.unit == "FTM" else "%,.4f"
        return st.column_config.NumberColumn(field.name, help=about, format=form)
    if field.type in ("BIGINT", "INTEGER"):
        form = "%,d" if field.unit == "count" else "%d"
        return st.column_config.NumberColumn(field.name, help=about, format=form)
    return st.column_config.Column(field.name, help=about)


def readable(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of any SELECT as a browser shows them: sums and decimals that it holds as numbers, and
    what is wei or has more digits as text."""
    return exact(rows.with_columns(_held(column) for column in rows.iter_columns()))


def fields_of(rows: pl.DataFrame) -> tuple[Field, ...]:
    """What can be said of the columns of any SELECT, by their types and names; `number` is the
    unit of what no name tells the unit of. A number that comes first names its row."""
    return tuple(_fields(rows))


def columns_of(rows: pl.DataFrame) -> dict[str, Any]:
    """How the columns of any SELECT are shown: thousands have marks, where they count something."""
    return {column.name: _shown(column) for column in rows.iter_columns()}


def is_rounded(column: pl.Series, unit: str) -> bool:
    """Whether a chart would round these numbers: wei, and what has more digits than it holds."""
    whole = column.dtype.is_integer() or column.dtype.is_decimal()
    return unit == "wei" or (whole and _largest(column) >= _EXACT)


def why_not_drawn(columns: Sequence[str]) -> str:
    """Of columns whose numbers would be rounded, as Markdown."""
    named = ", ".join(words.escaped(name) for name in columns[:5])
    more = f" and {len(columns) - 5:,} more" if len(columns) > 5 else ""
    return (
        f"Not drawn: {named}{more}. A chart would round so many digits: divide wei by 1e18 and "
        "draw the FTM."
    )


def _shown(column: pl.Series) -> Any:
    if isinstance(column.dtype, pl.Datetime):
        form = "YYYY-MM-DD HH:mm:ss"
        return st.column_config.DatetimeColumn(column.name, format=form, timezone="UTC")
    if column.dtype.is_numeric():
        return st.column_config.NumberColumn(column.name, format=_form(column))
    return st.column_config.Column(column.name)


def _held(column: pl.Series) -> pl.Series:
    """The column as numbers that a browser holds exactly, if it is none of wei and they are few
    digits."""
    kind = column.dtype
    is_number = isinstance(kind, pl.Decimal) or kind == pl.Int128
    if not is_number or unit(column.name) == "wei" or _largest(column) >= _EXACT:
        return column
    return column.cast(pl.Float64 if isinstance(kind, pl.Decimal) and kind.scale else pl.Int64)


def _form(column: pl.Series) -> str | None:
    """The format of numbers; None for small ones, which need no marks, and for names."""
    if _NO_COUNT.search(column.name.lower()):
        return "%d" if column.dtype.is_integer() else None
    if _largest(column) < _FROM_MARKS:
        return None
    return "%,d" if column.dtype.is_integer() else "%,.4f"


def _largest(column: pl.Series) -> float:
    """Of a column of numbers; 0 where none is known."""
    largest = column.to_frame().select(pl.first().cast(pl.Float64).abs().max()).item()
    return float(largest or 0)


def _fields(rows: pl.DataFrame) -> Iterator[Field]:
    for place, (name, kind) in enumerate(rows.schema.items()):
        if kind in (pl.Date, pl.Datetime):
            yield Field(name, "TIMESTAMPTZ", "UTC", "")
        elif kind.is_numeric():
            yield Field(name, "DOUBLE", unit(name) if place else "id", "")
        else:
            yield Field(name, "VARCHAR" if kind == pl.String else str(kind), "text", "")


def unit(name: str) -> str:
    """The unit of a column, by how the store and the queries name theirs: payout_ftm; waited, days.
    `number` where the name tells none."""
    words = re.findall("[a-z]+", name.lower())
    return _UNITS.get(words[-1], "number") if words else "number"
