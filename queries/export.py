"""Answers as files that stay true when they leave the app: exact, and with where they are from.

Amounts of wei are decimal text in CSV and DECIMAL in Parquet, never a float.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping

import polars as pl

# What a cell that is run begins with, also after what cannot be seen, and in full width.
_ACTS = r"=+\-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}\u{2212}"
_FORMULA = rf"^[\s\p{{C}}\u{{2800}}]*[{_ACTS}]|^[\t\r\n]"
# The same where a spreadsheet cuts a line at another mark than the comma. The first line is cut at
# commas too: no quotes keep it together.
_AFTER_CUT = rf"([;\t]\s*)([{_ACTS}])"
_IN_FIRST_LINE = re.compile(r"([,;\t]\s*)([=+\-@\uff1d\uff0b\uff0d\uff20\u2212])")
_TIME = "%Y-%m-%dT%H:%M:%S%.f"


def as_csv(frame: pl.DataFrame, about: Mapping[str, str]) -> bytes:
    """The frame as CSV in UTF-8 after one line `# key=value; ...` that says what it is of.

    Whole numbers of any size are written out, times as ISO 8601, those with a zone in UTC and
    marked with Z, unknown values as nothing, lists as JSON. What a spreadsheet would take for a
    formula gets an apostrophe before it, in texts, names of columns and the first line. Read it
    with `skip = 1`.
    """
    head = "; ".join(f"{key}={' '.join(value.split())}" for key, value in about.items())
    # A quote in it would make the first line, for some readers, begin a cell of many lines.
    head = _IN_FIRST_LINE.sub(r"\1'\2", head).replace('"', "%22")
    file = io.BytesIO(f"# {head}\n".encode())
    file.seek(0, io.SEEK_END)
    _inert(_flat(frame)).write_csv(file, datetime_format=_TIME)
    return file.getvalue()


def as_parquet(frame: pl.DataFrame, about: Mapping[str, str]) -> bytes:
    """The frame as Parquet with the columns' own types, `about` in the file's own metadata."""
    file = io.BytesIO()
    frame.write_parquet(file, metadata=dict(about))
    return file.getvalue()


def _inert(frame: pl.DataFrame) -> pl.DataFrame:
    """The texts as spreadsheets show them and do not run them."""
    cut = {name: pl.col(name).str.replace_all(_AFTER_CUT, "${1}'${2}") for name in frame.columns}
    text = [
        pl.when(pl.col(name).str.contains(_FORMULA))
        .then("'" + cut[name])
        .otherwise(cut[name])
        .alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.String
    ]
    names = pl.Series(frame.columns, dtype=pl.String)
    run = names.str.contains(_FORMULA)
    names = names.str.replace_all(_AFTER_CUT, "${1}'${2}")
    frame = frame.with_columns(text)
    frame.columns = _each_once(
        [f"'{name}" if is_run else name for name, is_run in zip(names, run, strict=True)]
    )
    return frame


def _each_once(names: list[str]) -> list[str]:
    """The names, with a number where one was there before."""
    taken: set[str] = set()
    for place, name in enumerate(names):
        number = 1
        while names[place] in taken:
            number += 1
            names[place] = f"{name}_{number}"
        taken.add(names[place])
    return names


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """What CSV has no cell for, as text: lists and structs as JSON, bytes as 0x hex."""
    text = []
    for column in frame.iter_columns():
        if column.dtype.is_nested():
            cells = (
                cell if cell is None else json.dumps(cell, default=str) for cell in _cells(column)
            )
            text.append(pl.Series(column.name, cells, pl.String))
        elif isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
            text.append(column.dt.convert_time_zone("UTC").dt.strftime(f"{_TIME}Z"))
        elif isinstance(column.dtype, pl.Categorical | pl.Enum):
            text.append(column.cast(pl.String))
        elif column.dtype == pl.Binary:
            text.append(("0x" + column.bin.encode("hex")).alias(column.name))
    return frame.with_columns(text)


def _cells(column: pl.Series) -> list[object]:
    """The cells of a nested column."""
    try:
        return column.to_list()
    except TypeError:  # a map
        return list(column.to_arrow().to_pylist())
