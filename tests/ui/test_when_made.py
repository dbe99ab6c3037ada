"""What would have been said of a request when it was made, and what came, in one sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scoring.companion import companion_of
from tests.shown import Show, said
from ui.odds.when_made import sentence

MADE = datetime(2025, 4, 1, tzinfo=UTC)
TOLD = {
    "kind": "batches",
    "requested_at": MADE,
    "released_at": MADE + timedelta(days=32),
    "days_50": 41.0,
    "days_90": 60.0,
    "within_90_days": 0.96,
    "later_share": 0.71,
}
WAS = "When it was made, from what was known then: "


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "90 % chance by 31 May 2025, 50 % by 12 May 2025. It was paid on 3 May 2025, earlier "
            "than 71 % of the simulations.",
        ),
        (
            {"released_at": MADE + timedelta(days=70), "later_share": 0.04},
            "90 % chance by 31 May 2025, 50 % by 12 May 2025. It was paid on 10 Jun 2025, later "
            "than 96 % of the simulations and past the 90 % date.",
        ),
        (
            {"days_90": None, "within_90_days": 0.63},
            "50 % chance by 12 May 2025, 63 % by 30 Jun 2025. It was paid on 3 May 2025, earlier "
            "than 71 % of the simulations.",
        ),
        (
            {"days_90": None, "days_50": None, "within_90_days": 0.0, "later_share": 1.0},
            "under 1 % chance by 30 Jun 2025. It was paid on 3 May 2025, earlier than over 99 % of "
            "the simulations.",
        ),
        (
            {"released_at": None, "later_share": None},
            "90 % chance by 31 May 2025, 50 % by 12 May 2025.",
        ),
        ({"kind": "covered", "later_share": 0.0}, "the money for it was already in the pool."),
        (
            {"kind": "stalled"},
            "no estimate, as money had paused for longer than 99 % of past pauses. It was paid on "
            "3 May 2025, earlier than 71 % of the simulations.",
        ),
    ],
)
def test_dates_are_told_as_on_every_page_and_then_what_came(
    changes: dict[str, object], said: str
) -> None:
    assert sentence(TOLD | changes) == WAS + said


def test_of_a_rejected_request_the_turn_is_told_and_no_payment() -> None:
    assert "Its turn came on 3 May 2025" in sentence(TOLD, rejected=True)


def test_track_tells_it_of_a_request_that_was_scored_and_of_no_other(
    show_scored: Show, tmp_path: Path
) -> None:
    # Of every tenth request, as 250 of them were scored.
    told = said(show_scored(page="track", find="1500"))
    assert WAS in told
    assert "of the simulations" in told
    assert WAS not in said(show_scored(page="track", find="1501"))
    companion_of(tmp_path / "shown.duckdb").unlink()
    assert WAS not in said(show_scored(page="track", find="1500"))
