"""Inputs that may be left empty, as queries' parameters are; each lives in the URL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from queries import Field
from ui.parts import links

# What a browser's numbers hold exactly.
_WHOLE = 10**15 - 1
_WORDS = 100
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
            st.text_input(field.name, help=field.note, **_bound(field.name, _WORDS, notices))
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
        help=f"{field.note}. What you type counts when you leave the field.",
    )


def _number(field: Field, asked: str | None, notices: DeltaGenerator) -> int | None:
    if asked is not None and not re.fullmatch(r"-?[0-9]{1,15}", asked):
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


def statement(label: str, key: str, default: str, notices: DeltaGenerator) -> str:
    """SQL of any length that a link can carry, under `key` in the URL."""
    text: str = st.text_area(
        label,
        default,
        height=160,
        **_bound(key, TEXT_LETTERS, notices),
        help="One SELECT, EXPLAIN, DESCRIBE, SUMMARIZE or SHOW. Ctrl+Enter runs it.",
    )
    return text


def _bound(key: str, most: int, notices: DeltaGenerator) -> dict[str, Any]:
    """How a text under `key` in the URL is an input. One that is too long is left out: cut off,
    it would ask for something else, and so the input starts without the URL."""
    if len(asked := st.query_params.get(key, "")) <= most:
        return {"key": key, "bind": "query-params", "max_chars": most}
    links.refuse(notices, key, asked, f"a text of at most {most:,} letters", _EMPTY)
    del st.query_params[key]
    return {"key": f"{key} anew", "max_chars": most}
