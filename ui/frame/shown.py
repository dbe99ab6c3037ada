"""The store that a page shows: the router opens it, and hands it to the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from answers.ending import Ending
from answers.ready import shown_version
from answers.sources import Source, Sources, Version, scores_version
from answers.store_view import StoreView, is_stale
from data.sample.store import ensure_sample

_SIMULATING = "Simulating three years of the pool. It takes a few seconds, once."


@dataclass(frozen=True)
class Drawn:
    """What a whole run of a page rests on, beside its link; `of_parts` is what its parts asked,
    each when it was drawn last."""

    sources: Sources
    default: Source
    source: Source
    version: Version | None = None
    view: StoreView | None = None
    scores: tuple[int, int] | None = None
    of_parts: dict[str, list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)

    @property
    def past(self) -> StoreView | None:
        """The view, where it is one of a day of the past."""
        return self.view if self.view is not None and self.view.at is not None else None

    def is_current(self, now: datetime) -> bool:
        """Whether a whole run would still rest on the same: neither another version of the store or
        of its scores was published, nor has another store appeared that is shown first, nor have
        the figures grown stale, nor is the chain's day over. Raises ConfigError."""
        view = self.view
        was = (self.version, self.default, self.scores)
        kept = scores_version(self.past.source if self.past else self.source)
        if (shown_version(self.source), self.sources.default(), kept) != was:
            return False
        return view is None or _standing(view, now, view.ending_at(now)) == _standing(
            view, view.now, view.ending
        )

    def questions(self) -> list[tuple[str, dict[str, Any]]]:
        """What the page asked of the store, and its parts when they were drawn last."""
        of_page = [] if self.view is None else self.view.questions
        of_parts = (one for part in self.of_parts.values() for one in part if one not in of_page)
        return [*of_page, *of_parts]


def _standing(view: StoreView, now: datetime, ending: Ending) -> tuple[bool, str]:
    if view.at is not None:  # it stays as it was
        return False, ""
    return is_stale(view.info, now), ending.kind


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


def show(what: Drawn) -> None:
    """Hand what was opened to the page of this run."""
    st.session_state["drawn"] = what


def drawn() -> Drawn:
    """What the router opened for this run."""
    what: Drawn = st.session_state["drawn"]
    return what


def store() -> StoreView:
    """The store of that."""
    view = drawn().view
    assert view is not None, "the router shows nothing_yet"
    return view


@st.cache_resource(max_entries=4, show_spinner=_SIMULATING)
def _renew_sample(found: Version, _now: datetime) -> Path:
    """Looked at once a version: it may be of an older program."""
    return ensure_sample(_now)
