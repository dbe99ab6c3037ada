"""What a page says of a store that is fetched from elsewhere: that it comes, or that nothing newer
can be had just now."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import streamlit as st

from answers import words
from answers.sources import Source
from data.store.fetch_state import FetchState, read_state

_COMES_EVERY_S = 1.0
_LOOKED_EVERY_S = 5.0


def comes(source: Source) -> None:
    """A store of which there is no copy yet. The page shows it once there is."""
    st.title("The data is being fetched")
    st.fragment(_comes, run_every=_COMES_EVERY_S)(source)


def warn(source: Source) -> None:
    """That what is shown cannot be renewed, while that is so. It looks again by itself."""
    if source.is_copy:
        st.fragment(_warn, run_every=_LOOKED_EVERY_S)(source)


def _comes(source: Source) -> None:
    if source.version() is not None:
        st.rerun()
    state = read_state(source.path)
    if state.fault:
        st.error(f"It cannot be fetched since {_since(state)}{_why(state)}.")
        st.caption("That is tried again every few seconds, and the page then shows it by itself.")
    else:
        share = min(state.done / state.of, 1.0) if state.of else 0.0
        st.progress(share, f"{words.share(share)} is here. The page shows it by itself.")


def _warn(source: Source) -> None:
    state = read_state(source.path)
    if state.fault:
        st.warning(
            f"This is what was fetched before. Nothing newer can be had since {_since(state)}"
            f"{_why(state)}."
        )


def _since(state: FetchState) -> str:
    ago = words.of_minutes(int(time.time() - state.since_s) // 60)
    return f"{words.moment(datetime.fromtimestamp(state.since_s, UTC))} ({ago})"


def _why(state: FetchState) -> str:
    return words.to_operator(f": {words.fault(state.fault, is_logged=True)}")
