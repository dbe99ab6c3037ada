"""A store that an earlier version of the program made: what a page says while it is brought up.

A process beside the server does that (ui/server/upgrading.py), or anybody by command: how far it is
stands beside the store.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from answers import words
from answers.ready import shown_version
from answers.sources import Source, Version
from answers.store_view import StoreView
from data import OlderStoreError, TrackerError
from data.store.sync_state import is_syncing, upgrade_share
from queries import QueryError

_WATCHED_EVERY_S = 1.0
# By store, why it could not be brought up to date by this server.
_faults: dict[Path, str] = {}


def tell_fault(store: Path, fault: str) -> None:
    """Why this server could not bring a store up to date; "" once it could."""
    _faults[store] = fault


def is_reason(error: TrackerError | QueryError, source: Source) -> bool:
    """Whether a page fails because of the tables of an earlier version, which are made anew."""
    if isinstance(error, OlderStoreError):
        return True
    return isinstance(error, QueryError) and upgrade_share(source.path) is not None


def page(source: Source, drawn: Version | None) -> None:
    """In place of a page that needs this version's tables: how far they are."""
    st.title("This store is being brought up to date")
    st.markdown(
        "An earlier version of the program wrote it. Its tables are made anew from the logs that "
        "it holds: nothing is read from the chain again. The page then shows itself."
    )
    st.fragment(_watch, run_every=_WATCHED_EVERY_S)(source, drawn)


def notice(view: StoreView, drawn: Version | None) -> None:
    """That what is shown is of an earlier version's tables, or older than a later version's, which
    is there and cannot be read; else nothing."""
    if view.at is None and view.version != drawn:
        st.warning(
            "A later version of the program has replaced this store: update the program to see "
            "newer data."
        )
    elif upgrade_share(view.source.path) is not None:
        st.info(
            "An earlier version of the program made the tables that this page rests on. They are "
            "being made anew from the same logs, and the page then shows them by itself."
        )


def _watch(source: Source, drawn: Version | None) -> None:
    if shown_version(source) != drawn:
        st.rerun()
    share, fault = upgrade_share(source.path), _faults.get(source.path)
    if share is not None:
        st.progress(share, f"Being brought up to date: {share:.0%}")
    elif is_syncing(source.path):
        st.info("Another process is writing this store: it is waited for.")
    elif fault:
        st.error(words.fault(fault, is_logged=True), title="It could not be brought up to date")
    else:
        st.progress(0.0, "It begins in a moment.")
