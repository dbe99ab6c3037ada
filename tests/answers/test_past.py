"""Views of the past and their odds, against those of a store that was synced no further."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from answers import came_since, past, past_odds, scored, store_view
from answers.sources import Source
from answers.store_view import StoreView, SupersededError
from data import PastError
from data.ingest.past import Place, folder_of
from data.store.reader import open_reader
from scoring.companion import companion_of, read_scores, write_scores
from scoring.inputs import read_inputs
from scoring.run import first_verdict
from tests.app import edited, of_network
from tests.past_steps import NOW, simulated, synced_to

DAY = "2024-11-11"


@pytest.fixture
def source(sample_store: Path, tmp_path: Path) -> Source:
    """The sample, with a folder of its own."""
    return Source("sample", Path(shutil.copyfile(sample_store, tmp_path / "store.duckdb")))


def view_of(source: Source, day: str = DAY) -> StoreView:
    return past.open_at(source, day, NOW)


def test_a_view_of_the_past_knows_its_day_and_leads_to_the_present(source: Source) -> None:
    view = view_of(source)
    assert view.at is not None
    assert (view.at.day, view.at.moment, view.at.is_exact) == (date(2024, 11, 11), DAY, True)
    assert view.info.synced_at is not None
    assert view.now == view.info.synced_at
    assert view.link == {"network": "sample", "at": DAY}
    assert view.at.present.version == source.version()
    assert view.at.present.link == {"network": "sample"}
    assert view.at.present.at is None


def test_answers_are_those_of_that_day(source: Source) -> None:
    view = view_of(source)
    assert view.at is not None
    asked = {"until": date(2024, 11, 11), "since": date(2024, 11, 11), "step": "day"}
    now = view.at.present.ask("depth_against_claims", **asked).row(0, named=True)
    then = view.ask("queue_metrics", days=35).row(0, named=True)
    assert then["waiting_ftm"] == pytest.approx(now["depth_ftm"])
    assert then["requests"] == now["requests"]


def test_a_block_is_told_as_of_itself(source: Source) -> None:
    view = view_of(source, "50_000_000")
    assert view.at is not None
    assert (view.at.day, view.at.moment, view.at.is_exact) == (None, "50000000", False)
    assert view.info.synced_block == 50_000_000


def test_what_is_reported_of_the_chain_now_was_not_known_then(
    source: Source, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_ENDS_ON", "2026-12-31")
    edited(source.path, source.path, of_network("fantom"))
    view = past.open_at(Source("fantom", source.path), DAY, NOW)
    assert view.at is not None
    assert view.at.present.ending.day == date(2026, 12, 31)
    assert (view.ending.kind, view.ending.ahead, view.ending.rests) == ("none", None, False)
    assert not store_view.is_stale(view.info, view.now)


@pytest.mark.parametrize("moment", ["foo", "", "-5", "2031-01-01", "2020-01-01", "1" * 400])
def test_what_cannot_be_shown_is_refused_before_anything_is_built(
    source: Source, moment: str
) -> None:
    for ask in (past.plan, past.open_at):
        with pytest.raises(PastError):
            ask(source, moment, NOW)
    assert not folder_of(source.path).exists()


def test_where_nothing_was_read_there_is_no_past(tmp_path: Path) -> None:
    with pytest.raises(PastError, match="nothing of fantom was read yet"):
        past.open_at(Source("fantom", tmp_path / "none.duckdb"), DAY, NOW)


def test_a_plan_tells_what_is_to_be_read_and_nothing_of_what_is_kept(source: Source) -> None:
    plan = past.plan(source, DAY, NOW)
    assert plan.logs > 5_000
    assert 0 < plan.seconds < 2
    view_of(source)
    assert past.plan(source, DAY, NOW) == past.Plan(0.0, 0)


def test_many_who_ask_at_once_get_one_store(source: Source) -> None:
    go = threading.Barrier(5)

    def ask(_: int) -> object:
        go.wait()
        return view_of(source).version

    with ThreadPoolExecutor(5) as threads:
        assert len(set(threads.map(ask, range(5)))) == 1


def test_a_store_that_is_replaced_meanwhile_is_looked_at_again(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = past.build_past

    def replaced_first(store: Path, place: Place, now: object) -> object:
        edited(store, store, "UPDATE coverage SET known = 'agreed'")
        return real(store, place, now)  # type: ignore[arg-type]

    monkeypatch.setattr(past, "build_past", replaced_first)
    with pytest.raises(SupersededError):
        view_of(source)
    monkeypatch.setattr(past, "build_past", real)
    known = view_of(source).table("coverage", 10)["known"]
    assert known.unique().to_list() == ["agreed"]


def test_one_that_was_driven_out_is_built_again(source: Source) -> None:
    first = view_of(source)
    shutil.rmtree(folder_of(source.path))
    second = view_of(source)
    assert second.source == first.source
    assert second.ask("pending_requests").equals(first.ask("pending_requests"))


def test_the_days_to_choose_from_are_whole_ones(source: Source) -> None:
    present = store_view.open_view(source, source.version(), NOW)
    assert present is not None
    first, last = past.days(present) or (date.max, date.min)
    for day in (first, last):
        assert view_of(source, str(day)).first_request_at is not None
    with pytest.raises(PastError):
        view_of(source, str(last + timedelta(days=1)))
    edited(source.path, source.path, "DELETE FROM requests")
    empty = store_view.open_view(source, source.version(), NOW)
    assert empty is not None
    assert past.days(empty) is None


def test_odds_and_scores_are_those_of_a_sync_up_to_that_day(source: Source, tmp_path: Path) -> None:
    view = view_of(source)
    assert scored.odds_of(view) is None
    asked = past_odds.score(view)
    assert past_odds.score(view) is asked
    assert past_odds.is_being_scored(view)
    assert asked.result() == ""
    assert (past_odds.is_being_scored(view), past_odds.fault(view)) == (False, "")
    ours = scored.odds_of(view)
    assert ours is not None
    assert view.info.synced_block is not None
    assert view.info.synced_at is not None

    place = Place(view.info.synced_block, view.info.synced_at, True)
    path = synced_to(simulated(), tmp_path / "cut.duckdb", place)
    with open_reader(path) as con:
        theirs = first_verdict(read_inputs(con), NOW)
    for name in ("table", "sources", "forecasts"):
        assert getattr(ours.scores, name).equals(getattr(theirs, name)), name
    assert ours.scores.about.source == theirs.about.source
    assert ours.scores.about.provisional

    write_scores(path, theirs)
    cut = Source("sample", path)
    present = store_view.open_view(cut, cut.version(), NOW)
    assert present is not None
    others = scored.odds_of(present)
    assert others is not None
    pending = view.ask("pending_requests")
    assert pending.equals(present.ask("pending_requests"))
    assert scored.windows_of(ours, pending).equals(scored.windows_of(others, pending))
    assert scored.windows_of(ours, pending)["most_by"].drop_nulls().len() > 20
    assert not list(tmp_path.rglob("*.forecasts"))  # nothing is logged of the past

    found = came_since.came(ours)
    assert found is not None
    assert (found.waiting, found.passed) == (pending.height, pending.height)
    _agrees(found, view, scored.windows_of(ours, pending))
    assert came_since.came(others) is None


def _agrees(found: came_since.Came, view: StoreView, windows: pl.DataFrame) -> None:
    """Counted another way, by whole days."""
    assert view.at is not None
    paid = view.at.present.table("requests", 10_000).select(
        "wr_id", by=pl.coalesce("manual_at", "paid_at").dt.date()
    )
    dated = windows.join(paid, on="wr_id")
    for chance, column in ((90, "most_by"), (50, "half_by")):
        told = dated.drop_nulls(column).filter(pl.col(column) < found.until.date())
        sure = told.filter(pl.col("by") < pl.col(column)).height
        maybe = told.filter(pl.col("by") <= pl.col(column)).height
        held, judged = found.by_chance[chance]
        assert judged == told.height
        assert sure <= held <= maybe


def test_scores_that_went_with_their_store_are_made_again(source: Source) -> None:
    view = view_of(source, "2022-05-05")
    assert past_odds.score(view).result() == ""
    assert past_odds.score(view).done()
    companion_of(view.source.path).unlink()
    assert past_odds.score(view).result() == ""
    assert read_scores(view.source.path) is not None


def test_of_many_days_that_wait_for_their_odds_the_newest_count(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, going = threading.Event(), threading.Event()

    def scored_later(_: Path) -> str:
        begun.set()
        return "" if going.wait(60) else "nobody let it go on"

    monkeypatch.setattr(past_odds, "_score", scored_later)
    monkeypatch.setattr(past_odds, "_MOST_WAITING", 3)
    views = [view_of(source, f"2022-05-{day:02}") for day in range(10, 16)]
    asked = [past_odds.score(views[0])]
    assert begun.wait(60)
    asked += [past_odds.score(view) for view in views[1:]]
    assert [each.cancelled() for each in asked] == [False, True, True, False, False, False]
    assert [past_odds.is_being_scored(view) for view in views] == [
        *(True, False, False, True, True, True),
    ]
    going.set()
    assert asked[-1].result() == ""


def test_who_comes_when_many_days_are_being_built_is_sent_away(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "_WAITING", threading.BoundedSemaphore(1))
    with past._WAITING, pytest.raises(PastError, match="being rebuilt just now"):
        view_of(source)
    assert view_of(source).at is not None


def test_why_odds_could_not_be_scored_is_kept(source: Source) -> None:
    view = view_of(source, "2022-05-06")
    edited(view.source.path, view.source.path, "DROP TABLE reward_claims")
    assert "reward_claims" in past_odds.score(view).result()
    assert "reward_claims" in past_odds.fault(view)
    assert scored.odds_of(view) is None


def then_and_since(source: Source, condition: str) -> str:
    """What is said of the first request that stood so on that day."""
    view = view_of(source)
    with store_view.cursor(view.version) as con:
        row = con.execute(
            f"SELECT wr_id, staker FROM requests WHERE {condition} ORDER BY wr_id DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    wr_id, staker = row
    rows = view.ask("requests_by_address", address=staker).filter(wr_id=wr_id)
    return came_since.since_then(view, rows.row(0, named=True), staker)


def test_what_came_to_one_request_is_told(source: Source) -> None:
    assert then_and_since(source, "status = 'paid'") == ""
    assert then_and_since(source, "wr_id = 1990") == (
        "Since then: paid on 27 Nov 2024, 28 d 4 h after it was made."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE requests SET status = 'pending', paid_at = NULL",
            "still waiting at the newest block now, 1 Mar 2025, 00:00 UTC, at place",
        ),
        (
            "UPDATE requests SET status = 'manual', manual_at = paid_at, paid_at = NULL",
            "rejected by its receiver on 27 Nov 2024, and not claimed yet",
        ),
        ("UPDATE requests SET manual_at = paid_at", "paid on 27 Nov 2024, claimed by hand"),
        ("UPDATE requests SET status = NULL", "unknown: the queue passed it"),
        ("DELETE FROM requests", "unknown, as the present store does not have it"),
    ],
)
def test_what_else_may_have_come_is_told(source: Source, change: str, said: str) -> None:
    edited(source.path, source.path, f"{change} WHERE wr_id = 1990")
    told = then_and_since(source, "wr_id = 1990")
    assert told.startswith(f"Since then: {said}")
