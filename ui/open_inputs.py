"""Inputs that may be left empty, as queries' parameters are; each lives in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from queries import Field
from ui import links

# What a browser's numbers hold exactly.
_WHOLE = 2**53 - 1
_DAYS = date(2020, 1, 1), date(2099, 12, 31)
_EMPTY = "the default"
TEXT_LETTERS = 8_000


def pick(
    label: str, options: Sequence[str], key: str, default: str, notices: DeltaGenerator
) -> str:
    """One of many `options`, under `key` in the URL."""
    asked = st.query_params.get(key)
    if asked is not None and asked not in options:
        links.refuse(notices, key, asked, "one of those to choose from", default)
    return st.selectbox(label, options, options.index(default), key=key, bind="query-params")


def param(field: Field, notices: DeltaGenerator) -> str | int | date | None:
    """A query's parameter as its header types it, under its name in the URL; None where it
    is left empty and the header's default holds."""
    asked = st.query_params.get(field.name)
    if field.choices:
        if asked is not None and asked not in field.choices:
            links.refuse(notices, field.name, asked, " or ".join(field.choices), _EMPTY)
        return st.selectbox(
            field.name,
            field.choices,
            None,
            key=field.name,
            bind="query-params",
            placeholder="default",
            help=field.note,
        )
    if field.type == "DATE":
        return _day(field, asked, notices)
    if field.type == "VARCHAR":
        return (
            st.text_input(
                field.name, key=field.name, bind="query-params", help=field.note, max_chars=100
            )
            or None
        )
    return _number(field, asked, notices)


def _day(field: Field, asked: str | None, notices: DeltaGenerator) -> date | None:
    if asked is not None and not links.is_day(asked, *_DAYS):
        links.refuse(notices, field.name, asked, "a day such as 2024-12-18", _EMPTY)
    return st.date_input(
        field.name,
        None,
        *_DAYS,
        key=field.name,
        bind="query-params",
        format="YYYY-MM-DD",
        help=field.note,
    )


def _number(field: Field, asked: str | None, notices: DeltaGenerator) -> int | None:
    if asked is not None and not (asked.lstrip("-").isdecimal() and abs(int(asked)) <= _WHOLE):
        links.refuse(notices, field.name, asked, "a whole number", _EMPTY)
    return st.number_input(
        field.name,
        -_WHOLE,
        _WHOLE,
        None,
        1,
        key=field.name,
        bind="query-params",
        placeholder="default",
        help=field.note,
    )


def statement(label: str, key: str, default: str) -> str:
    """SQL of any length that a link can carry, under `key` in the URL."""
    return st.text_area(
        label,
        default,
        height=160,
        max_chars=TEXT_LETTERS,
        key=key,
        bind="query-params",
        help="One SELECT, EXPLAIN, DESCRIBE, SUMMARIZE or SHOW. Ctrl+Enter runs it.",
    )
