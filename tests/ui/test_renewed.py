"""Scores that are renewed while a page is open: what moved is said, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
from streamlit.testing.v1 import AppTest

from scoring.companion import Scores, read_scores, write_scores
from tests.shown import Show
from ui.odds.renewed import remembered, sentence


def held(scores: Scores, value: float, n: int, **about: object) -> Scores:
    """The same scores, whose 90 % range held so often, of so many."""
    figure = (pl.col("metric") == "covered_90") & (pl.col("model") == "this tracker")
    table = scores.table.with_columns(
        value=pl.when(figure).then(value).otherwise("value"),
        n=pl.when(figure).then(n).otherwise("n"),
    )
    return replace(scores, table=table, about=replace(scores.about, **about))


def toasts(app: AppTest) -> list[str]:
    return [toast.value for toast in app.toast]


def test_what_moved_is_said_once_where_odds_are_shown(show_scored: Show, tmp_path: Path) -> None:
    store = tmp_path / "shown.duckdb"
    kept = read_scores(store)
    write_scores(store, held(kept, 0.9, 170, provisional=True, source="claims"))
    app = show_scored(page="outlook")
    assert not app.exception
    assert toasts(app) == []
    assert toasts(app.run()) == []
    write_scores(store, held(kept, 0.96, 1858, source="payouts"))
    (told,) = toasts(app.run())
    assert told == (
        "The odds were checked anew: the 90 % range held for 96 % of 1,858 past requests; before, "
        "the 90 % range held for 90 % of 170 past requests, provisionally. They are now made of "
        "the payouts, before of the claims: dates have moved."
    )
    assert toasts(app.run()) == []


def test_the_same_money_moves_no_date_and_no_verdict_is_told_as_none(sample_scores: Path) -> None:
    kept = read_scores(sample_scores.with_suffix(""))
    none = replace(kept, table=kept.table.clear())
    told = sentence(remembered(none), remembered(kept))
    assert "before, no past request is old enough to judge." in told
    assert told.endswith("They are made of the same money as before.")
