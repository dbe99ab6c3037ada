"""Pages write nothing of what they show; the log's score is public, and rings where it fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import queries
from answers import store_view
from data.store.reader import open_reader
from scoring.forecast_log import log_of
from scoring.panel import append_panel
from tests.made_forecasts import LINE
from tests.shown import Show, said

REAL = "UPDATE store_info SET simulated = FALSE, network = 'fantom'"
HEAD, SECOND = 2198, 2199


@pytest.fixture(autouse=True)
def _as_if_just_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample's last block is old, which each page would warn of."""
    monkeypatch.setattr(store_view, "STALE_AFTER", timedelta(days=36_500))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return log_of(tmp_path / "shown.duckdb")


def test_no_page_writes_anything_beside_the_store(show_scored: Show, tmp_path: Path) -> None:
    show_scored(REAL)
    before = {path.name for path in tmp_path.iterdir()}
    for page, link in (
        ("track", {"find": str(SECOND)}),
        ("", {}),
        ("outlook", {"amount": "77"}),
        ("unstake", {"step": "5", "request": str(HEAD)}),
    ):
        assert "chance by" in said(show_scored(REAL, page=page, **link)), page
    assert {path.name for path in tmp_path.iterdir()} == before


def test_why_there_are_no_scores_of_a_log_is_told(
    show_scored: Show, log: Path, environment: pytest.MonkeyPatch
) -> None:
    assert "Forecasts of a simulation are not logged" in said(show_scored(page="outlook"))
    assert "Nothing was forecast here yet" in said(show_scored(REAL, page="outlook"))
    environment.setenv("FTM_FORECAST_LOG", "off")
    assert "`FTM_FORECAST_LOG` is off" in said(show_scored(page="outlook"))
    environment.delenv("FTM_FORECAST_LOG")
    log.mkdir()
    assert "Is a directory" in said(show_scored(REAL, page="outlook"))


def test_what_was_logged_stands_on_outlook(show_scored: Show, log: Path) -> None:
    show_scored(REAL)
    at = datetime(2025, 3, 1, 0, 20, tzinfo=UTC)
    logged = append_panel(log.with_name("shown.duckdb"), at)
    text = said(show_scored(REAL, page="outlook"))
    assert f"{logged - 4} forecasts logged, 0 of them resolved" in text
    assert "0 of 30 payout batches have fallen due" in text
    assert "Apart from them: 4 of new unstakes, which nobody made" in text


@pytest.mark.parametrize(("days", "alarmed"), [(0.001, True), (119.0, False)])
def test_windows_that_did_not_hold_ring_an_alarm_wherever_odds_are_shown(
    sample_store: Path, show_scored: Show, log: Path, days: float, alarmed: bool
) -> None:
    with open_reader(sample_store) as con:
        requests = queries.run(con, "request_needs").drop_nulls("released_at")
    requests = requests.filter(requests["requested_at"] < datetime(2024, 10, 1, tzinfo=UTC))
    lines_of_log = []
    for wr_id, at in requests.select("wr_id", "requested_at").rows():
        # All of them in `days`, or in any time up to them.
        quantiles = [days * step / 19 if days > 1 else days for step in range(1, 20)]
        quantiles[0] = 0.0 if days > 1 else quantiles[0]
        lines_of_log.append(
            LINE
            | {"wr_id": wr_id, "quantiles": quantiles}
            | dict.fromkeys(("forecast_at", "logged_at"), f"{at:%Y-%m-%dT%H:%M:%SZ}")
        )
    log.write_text("".join(json.dumps(line) + "\n" for line in lines_of_log))
    for page, link in (("outlook", {}), ("track", {"find": str(HEAD)}), ("", {})):
        app = show_scored(REAL, page=page, **link)
        assert not app.exception
        rung = [error for error in app.error if "only" in error.value]
        assert bool(rung) == alarmed, page
    assert ("is an alarm" in said(show_scored(REAL, page="outlook"))) != alarmed


def test_a_first_estimate_has_none_to_be_compared_with(
    show_scored: Show, log: Path, environment: pytest.MonkeyPatch
) -> None:
    show_scored(REAL)
    append_panel(log.with_name("shown.duckdb"), datetime(2025, 3, 1, 0, 20, tzinfo=UTC))
    app = show_scored(REAL, page="track", find=str(SECOND))
    assert "The estimate above is the first that was logged of it here." in said(app)
    log.unlink()
    environment.setenv("FTM_FORECAST_LOG", "off")
    other = show_scored(REAL, page="track", find=str(HEAD))
    assert "How the estimate moved is not known: estimates are not logged here." in said(other)


def test_where_no_estimate_was_logged_it_says_so(show_scored: Show) -> None:
    app = show_scored(REAL, page="track", find=str(SECOND))
    assert "How the estimate moved is not known yet: none was logged so far." in said(app)


def test_how_the_estimate_of_a_request_moved_is_told_from_what_was_logged(
    show_scored: Show, log: Path
) -> None:
    # 50 % within 10 days and 90 % within 18; a day later 4 more; then none for 90 %.
    first = LINE | {"wr_id": SECOND, "forecast_at": "2025-01-10T00:00:00Z"}
    more = [float(day) for day in range(5, 24)]
    later = first | {"block": 701, "forecast_at": "2025-01-11T12:00:00Z", "quantiles": more}
    open_end = later | {
        "block": 702,
        "forecast_at": "2025-01-12T00:00:00Z",
        "quantiles": [*more[:12], *[None] * 7],
        "kind": "beyond_horizon",
    }
    other = first | {"wr_id": HEAD, "block": 703, "quantiles": [99.0] * 19}
    stalled = open_end | {"block": 704, "kind": "stalled"}
    every = (first, later, open_end, other, stalled)
    log.write_text("".join(json.dumps(line) + "\n" for line in every))
    app = show_scored(REAL, page="track", find=str(SECOND))
    assert not app.exception
    assert (
        "Our first estimate here, on 10 Jan 2025: 90 % chance by 28 Jan 2025, 50 % by 20 Jan 2025."
        in said(app)
    )
    assert "The newest logged, on 12 Jan 2025: 50 % chance by 26 Jan 2025, 90 % only " in said(app)
    assert "The 50 % date moved 6 days later." in said(app)
    (moved,) = [frame.value for frame in app.dataframe if "forecast_at" in frame.value]
    by = [[str(day)[:10] for day in moved[name]] for name in ("forecast_at", "most_by", "half_by")]
    assert by[0] == ["2025-01-12", "2025-01-11", "2025-01-10"]
    assert by[1] == ["None", "2025-02-02", "2025-01-28"]
    assert by[2] == ["2025-01-26", "2025-01-25", "2025-01-20"]


def test_how_the_estimate_of_a_new_unstake_moved_stands_on_the_queue(
    show_scored: Show, log: Path
) -> None:
    nothing = "How the estimate moved is not known yet: none was logged so far."
    assert nothing in said(show_scored(REAL))
    first = LINE | {"wr_id": None, "new_ftm": 1_000.0, "forecast_at": "2025-01-10T00:00:00Z"}
    more = [float(day) for day in range(5, 24)]
    same_day = first | {"block": 701, "forecast_at": "2025-01-10T12:00:00Z", "quantiles": more}
    open_end = {"quantiles": [*more[:12], *[None] * 7], "kind": "beyond_horizon"}
    last = same_day | open_end | {"block": 702, "forecast_at": "2025-01-12T00:00:00Z"}
    other = last | {"block": 703, "new_ftm": 10.0, "forecast_at": "2025-01-13T00:00:00Z"}
    log.write_text("".join(json.dumps(line) + "\n" for line in (first, same_day, last, other)))
    app = show_scored(REAL)
    assert not app.exception
    assert (
        "A new unstake of 1,000 FTM: on 12 Jan 2025 the 50 % chance was within 14 days. "
        "Before, on 10 Jan 2025 the 50 % chance was within 14 days."
    ) in said(app)
    (moved,) = [frame.value for frame in app.dataframe if "half_days" in frame.value]
    assert [str(at)[:10] for at in moved["forecast_at"]] == ["2025-01-12", "2025-01-10"]
    assert [*moved["half_days"]] == [14.0, 14.0]
    assert moved["most_days"].isna().tolist() == [True, False]
    assert moved["most_days"][1] == 22.0


@pytest.mark.parametrize(("said_on", "late"), [("2025-01-10", True), ("2025-02-25", False)])
def test_a_request_is_late_by_what_was_said_of_it_first(
    show_scored: Show, log: Path, said_on: str, late: bool
) -> None:
    # A 90 % chance within 18 days: by 28 January, or by 15 March; the last block is of 1 March.
    first = LINE | {"wr_id": HEAD, "forecast_at": f"{said_on}T00:00:00Z"}
    again = first | {"block": 701, "quantiles": [100.0] * 19}
    log.write_text("".join(json.dumps(line) + "\n" for line in (first, again)))
    text = said(show_scored(REAL, page="unstake", step="5", request=str(HEAD)))
    assert ("90 % chance by 28 Jan 2025. That day has passed: it is late." in text) == late
    nothing = said(show_scored(REAL, page="unstake", step="5", request=str(SECOND)))
    assert "We have no earlier estimate of this request to compare with." in nothing
