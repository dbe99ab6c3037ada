"""The named queries for programs: what there is to ask, and the answers in four formats."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import duckdb
import polars as pl

import queries
from answers.provenance import file_name, provenance
from answers.store_view import StoreView
from api import looked_up
from api.forms import FieldForm, Queries, QueryForm, Rows
from api.problems import Problem
from api.served import Body
from api.values import iso
from queries import Field, Query, QueryError
from queries.export import as_csv, as_parquet

Format = Literal["json", "csv", "parquet", "arrow"]
FIRST_ROWS = 1_000  # of an answer in JSON that names no number
_OF_PARAMETERS = (duckdb.InvalidInputException, duckdb.ConversionException)
_MOST_EXACT = 2**53
_MOST_DIGITS, _MOST_LETTERS = 18, 100
MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


def all_queries() -> Queries:
    """Every query with its parameters and columns."""
    return Queries(queries=[_form(queries.load(name)) for name in queries.names()])


def _form(query: Query) -> QueryForm:
    return QueryForm(
        name=query.name,
        title=query.title,
        holds=query.prose,
        params=[_field(field) for field in query.params],
        columns=[_field(field) for field in query.columns],
    )


def _field(field: Field) -> FieldForm:
    return FieldForm(name=field.name, type=field.type, unit=field.unit, holds=field.note)


def read_params(query: Query, texts: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a query from a link's texts. Raises Problem."""
    values: dict[str, Any] = {}
    for field in query.params:
        text = texts.get(field.name)
        if text is None:
            continue
        values[field.name] = _read(field, text)
    try:
        queries.check(query.name, values)
    except QueryError as error:
        raise _refused(error) from error
    return values


def _read(field: Field, text: str) -> str | int:
    """A parameter's text as the query takes it. Raises Problem."""
    if field.type == "BIGINT":
        if not text.removeprefix("-").isdecimal() or len(text) > _MOST_DIGITS:
            raise Problem(400, "bad-parameter", f"{field.name} is to be a whole number.")
        return int(text)
    if field.unit == "token" and text == "ankrFTM":
        return "aFTMc"
    if field.unit == "address":
        return looked_up.address(text)
    if field.unit == "hash":
        return looked_up.transaction(text)
    if len(text) > _MOST_LETTERS:
        raise Problem(400, "bad-parameter", f"{field.name} has more than {_MOST_LETTERS} letters.")
    return text


def refused(error: QueryError) -> Problem:
    """What a query says of a parameter. Raises the error itself where it is of another thing: the
    store is of another version, or cannot be read."""
    if not isinstance(error.__cause__, _OF_PARAMETERS):
        raise error
    return _refused(error)


def _refused(error: QueryError) -> Problem:
    """Why a query has no answer, as a sentence."""
    why = str(error).replace("Invalid Input Error: ", "").rstrip(".")
    return Problem(400, "bad-parameter", f"{why}.")


def body(store: StoreView, name: str, params: Mapping[str, Any], form: Format, most: int) -> Body:
    """The answer of a query, of at most `most` rows. Raises Problem for what it refuses."""
    try:
        frame, count = store.ask_first(name, most, **params)
    except QueryError as error:
        raise refused(error) from error
    texts = {key: str(value) for key, value in params.items()}
    if form == "json":
        return Body(_rows(name, texts, frame, count).model_dump_json().encode())
    about = provenance(store.info, name, queries.load(name).sql, texts)
    if frame.height < count:
        about["cut"] = f"the first {frame.height} rows of {count}"
    content = _arrow(frame) if form == "arrow" else _FILES[form](frame, about)
    filename = f"{file_name(name, texts, store.info)}.{form}"
    return Body(content, MEDIA[form], is_data=False, filename=filename)


_FILES = {"csv": as_csv, "parquet": as_parquet}


def _arrow(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_ipc_stream(file, compat_level=pl.CompatLevel.oldest())
    return file.getvalue()


def _rows(name: str, texts: dict[str, str], frame: pl.DataFrame, count: int) -> Rows:
    return Rows(
        query=name,
        params=texts,
        columns=frame.columns,
        types=[field.type for field in queries.load(name).columns],
        rows=[[_cell(value) for value in row] for row in frame.iter_rows()],
        count=count,
        cut=frame.height < count,
    )


def _cell(value: Any) -> Any:
    """A cell as JSON has it: nothing in it is rounded."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= _MOST_EXACT else str(value)
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return f"{value:f}"
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case list():
            return [_cell(each) for each in value]
        case _:
            return str(value)
