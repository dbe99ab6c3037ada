"""The store that a page shows: the router opens it, and hands it to the page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import streamlit as st

from answers.sources import Source, Version
from answers.store_view import StoreView
from data.sample.store import ensure_sample

_SIMULATING = "Simulating three years of the pool. It takes a few seconds, once."


def prepare(source: Source, now: datetime) -> None:
    """Build the sample's store if it is what is shown and missing or an older one.

    Raises StoreError.
    """
    if not source.is_sample:
        return
    found = source.version()
    if found is None:
        with st.spinner(_SIMULATING):
            ensure_sample(now)
    else:
        _renew_sample(found, now)


def show(view: StoreView) -> None:
    """Hand `view` to the page of this run."""
    st.session_state["store_view"] = view


def store() -> StoreView:
    """The store that the router opened for this run."""
    view: StoreView = st.session_state["store_view"]
    return view


@st.cache_resource(max_entries=4, show_spinner=_SIMULATING)
def _renew_sample(found: Version, _now: datetime) -> Path:
    """Looked at once a version: it may be of an older program."""
    return ensure_sample(_now)
