"""Inputs that live in the URL, so that a view is a link.

Streamlit drops a value from the URL that an input cannot take and says nothing: here it
is compared first and named in a notice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def page(name: str) -> str:
    """The script of the page called `name`, as Streamlit's links want it."""
    return f"../pages/{name}/page.py"


def choose(
    label: str, options: Sequence[str], key: str, default: str, notices: DeltaGenerator
) -> str:
    """One of `options` as buttons, in rows where the screen is narrow, under `key` in the URL."""
    asked = st.query_params.get(key)
    if asked is not None and asked not in options:
        refuse(notices, key, asked, f"one of {', '.join(options)}", default)
    return st.segmented_control(
        label, options, default=default, required=True, key=key, bind="query-params", wrap=True
    )


def choose_day(
    label: str, key: str, default: date, earliest: date, latest: date, notices: DeltaGenerator
) -> date:
    """A day between `earliest` and `latest`, under `key` in the URL as YYYY-MM-DD."""
    asked = st.query_params.get(key)
    if asked is not None and not is_day(asked, earliest, latest):
        refuse(notices, key, asked, f"a day from {earliest} to {latest}", str(default))
    return st.date_input(
        label,
        default,
        min_value=earliest,
        max_value=latest,
        key=key,
        bind="query-params",
        format="YYYY-MM-DD",
        width=150,
        help="What you type counts when you leave the field.",
    )


def switch(label: str, key: str, default: bool, notices: DeltaGenerator) -> bool:
    """On or off, under `key` in the URL as true or false."""
    asked = st.query_params.get(key)
    if asked is not None and asked not in ("true", "false"):
        refuse(notices, key, asked, "true or false", str(default).lower())
    return st.toggle(label, default, key=key, bind="query-params")


def refuse_unknown(own: Collection[str], page: str) -> None:
    """Name the parameters that are neither `page`'s `own` nor every page's, once: they leave
    the URL."""
    known = ["network", *own]
    unknown = [name for name in st.query_params if name not in known]
    if not unknown:
        return
    named = ", ".join(f"`{plain(name)}`" for name in unknown)
    st.warning(
        f"The link sets {named}, which the page {page} does not know: there are {', '.join(known)}."
    )
    for name in unknown:
        del st.query_params[name]


def plain(text: str) -> str:
    """Text from a link, short and without what Markdown would act on."""
    return "".join(letter for letter in text[:40] if letter.isprintable() and letter != "`")


def is_day(text: str, earliest: date, latest: date) -> bool:
    """Whether a link's text is a day between the two, both included."""
    try:
        day = date.fromisoformat(text)
        return day.isoformat() == text and earliest <= day <= latest
    except ValueError:
        return False


def refuse(notices: DeltaGenerator, key: str, asked: str, wanted: str, default: str) -> None:
    """Name in a notice what a link asks for and cannot have, and what is shown instead."""
    notices.warning(
        f"The link asks for `{key}={plain(asked)}`, which is not {wanted}. Showing {default}."
    )
