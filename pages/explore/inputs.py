"""The inputs of the Explore page. They may be left empty, as queries' parameters are."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import queries
from data.pool.identifiers import Unreadable, read_address, read_hash
from pages.explore import chart_choice
from queries import Field, Query
from ui.parts import links

FIRST_QUERY = "queue_depth"  # of a link that names none
_MOST_WHOLE = 10**15 - 1  # a browser's numbers hold it exactly
_WORD_LETTERS, _LINK_LETTERS, SQL_LETTERS = 100, 2_000, 8_000
_READ_AS = {"address": read_address, "hash": read_hash}
_DAYS = date(2020, 1, 1), date(2099, 12, 31)
_EMPTY = "the default"


def parameters() -> tuple[str, ...]:
    """The parameters that a link may hold: each way of asking has its own, and each query.

    Once the page has inputs, the URL may still hold those of the query before.
    """
    if "query" in st.session_state:
        of_query = queries.param_names()
    else:
        name = st.query_params.get("query", FIRST_QUERY)
        query = queries.load(name if name in queries.names() else FIRST_QUERY)
        of_query = tuple(field.name for field in query.params)
    return ("ask", "query", "table", "sql", *chart_choice.KEYS, *of_query)


def params(query: Query, notices: DeltaGenerator) -> dict[str, Any]:
    """An input for each of the query's parameters; those left empty are left out."""
    if not query.params:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values = {field.name: _param(field, notices) for field in query.params}
    return {name: value for name, value in values.items() if value is not None}


def _param(field: Field, notices: DeltaGenerator) -> str | int | date | None:
    """A parameter of the type its header names; None where the header's default holds."""
    name = field.name
    value: str | int | date | None
    bound: dict[str, Any] = {"key": name, "bind": "query-params", "help": field.note}
    if field.choices:
        wanted = " or ".join(field.choices)
        links.check(name, field.choices.__contains__, wanted, _EMPTY, notices)
        links.take_only(name, (None, *field.choices), None)
        value = st.selectbox(name, field.choices, None, placeholder="default", **bound)
    elif field.type == "DATE":
        wanted = "a day such as 2024-12-18"
        links.check(name, lambda text: links.is_day(text, *_DAYS), wanted, _EMPTY, notices)
        bound["help"] += ". What you type counts when you leave the field."
        value = st.date_input(name, None, *_DAYS, format="YYYY-MM-DD", **bound)
    elif field.type == "VARCHAR":
        # What is read out of an explorer's link has to come whole: a cut one names another.
        most = _LINK_LETTERS if field.unit in _READ_AS else _WORD_LETTERS
        options = _text(name, most, notices)
        value = st.text_input(name, help=field.note, **options) or None
        if value is not None and len(value) > most:
            notices.warning(
                f"{name} has {len(value):,} letters, more than {most:,}: it is left out."
            )
            value = None
        if value is not None and field.unit in _READ_AS:
            value = _pasted(field, value, notices)
    else:
        links.check(name, _is_whole, "a whole number", _EMPTY, notices)
        limits = (-_MOST_WHOLE, _MOST_WHOLE)
        value = st.number_input(name, *limits, None, 1, placeholder="default", **bound)
    return value


def _pasted(field: Field, text: str, notices: DeltaGenerator) -> str | None:
    """The address or hash in what was pasted; what is none is named in a notice."""
    found = _READ_AS[field.unit](text)
    if isinstance(found, Unreadable):
        notices.warning(f"{field.name}: {found.why}")
        return None
    return found


def read_param(field: Field, text: str) -> str | int | date | None:
    """What a link's text means for a parameter; None of one that is none."""
    if field.choices:
        return text if text in field.choices else None
    if field.type == "DATE":
        return date.fromisoformat(text) if links.is_day(text, *_DAYS) else None
    if field.type == "VARCHAR":
        found = _READ_AS.get(field.unit, str)(text)
        most = _LINK_LETTERS if field.unit in _READ_AS else _WORD_LETTERS
        return found if isinstance(found, str) and found and len(text) <= most else None
    return int(text) if _is_whole(text) else None


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,15}", text) is not None


def statement(default: str, notices: DeltaGenerator) -> str:
    """SQL of any length that a link can carry, under `sql` in the URL."""
    text: str = st.text_area(
        "SQL",
        default,
        height=160,
        **_text("sql", SQL_LETTERS, notices),
        max_chars=SQL_LETTERS,
        help="One SELECT, EXPLAIN, DESCRIBE, SUMMARIZE or SHOW. Ctrl+Enter runs it.",
    )
    return text


def _text(key: str, most: int, notices: DeltaGenerator) -> dict[str, Any]:
    """The options of a text input under `key` in the URL.

    A text in a link that is too long would ask for something else if it was cut. It leaves the URL,
    and the input begins empty, under another key. One that is typed stays.
    """
    wanted = f"a text of at most {most:,} letters"
    was_there = key in st.query_params and key not in st.session_state
    if was_there and links.check(key, lambda t: len(t) <= most, wanted, _EMPTY, notices) is None:
        return {"key": f"{key} anew"}
    return {"key": key, "bind": "query-params"}
