"""Any day of the past on the pages: what they say of then, and how it is left."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from answers import past, past_odds
from answers.sources import read_sources
from answers.store_view import StoreView
from data.store.reader import open_reader
from tests.app import edited, of_network
from tests.log_lines import rows
from tests.past_steps import NOW
from tests.shown import Show, button, files, in_link, opened, plain, tiles

DAY, LABEL = "2024-11-11", "As of 11 Nov 2024"
OF_THE_PAST = ("", "waits", "track", "outlook", "explore")


def is_today(app: AppTest) -> bool:
    return "at" not in app.query_params and "Back to today" not in [b.label for b in app.button]


def shown_then(day: str = DAY) -> StoreView:
    """The view that a page of the sample shows for that day."""
    return past.open_at(read_sources().default(), day, NOW)


@pytest.mark.parametrize("page", OF_THE_PAST)
def test_each_page_says_first_of_which_day_it_is(show_sample: Show, page: str) -> None:
    app = show_sample(page=page, at=DAY)
    assert not app.exception
    assert not app.error
    assert f"**{LABEL}**, block 93,477,095" in plain(app)
    assert in_link(app, "at") == DAY
    assert "Block 93,477,095, 11 Nov 2024, 23:59 UTC · a day of the past" in plain(app)


def test_figures_are_of_that_day(show_sample: Show) -> None:
    app = show_sample(at=DAY)
    view = shown_then()
    with open_reader(view.source.path) as con:
        ((count, waiting),) = rows(
            con,
            "SELECT count(*), sum(payout_wei) / 1e18 FROM requests WHERE status = 'pending'",
        )
    assert tiles(app)["Requests waiting"] == f"{count}"
    assert tiles(app)["FTM waiting"] == f"{waiting:,.0f} FTM"
    text = plain(app)
    assert "**1,000 ankrFTM** then:" in text
    assert "2025" not in text.replace("2025-", "")  # nothing of what came after


@pytest.mark.parametrize("page", ["unstake", "status"])
def test_a_page_of_today_says_so_and_drops_the_day(show_sample: Show, page: str) -> None:
    app = show_sample(page=page, at=DAY)
    assert "This page shows today only: `at=2024-11-11` has left the link." in plain(app)
    assert is_today(app)
    assert LABEL not in plain(app)
    assert "Block 99,772,823" in plain(app)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("foo", "neither a day"),
        ("", "neither a day"),
        ("-5", "neither a day"),
        ("2024-02-30", "neither a day"),
        ("9" * 300, "neither a day"),
        ("2031-01-01", "not over yet"),
        ("2025-03-01", "not known whole"),
        ("2020-01-01", "before the first block"),
        ("7", "before the first"),
        ("9999999999", "is not read yet"),
    ],
)
def test_a_bad_link_is_named_and_shows_today(show_sample: Show, at: str, why: str) -> None:
    app = show_sample(at=at)
    assert f"The link asks for `at={at[:40]}`, which cannot be shown: " in plain(app)
    assert why in plain(app)
    assert "Showing today." in plain(app)
    assert is_today(app)
    app.run()
    assert is_today(app)
    assert "The link asks" not in plain(app)


def test_of_two_days_in_a_link_the_last_counts(show_sample: Show) -> None:
    app = show_sample(at=["2023-01-01", DAY])
    assert "The link sets `at` 2 times: the last one counts" in plain(app)
    assert f"**{LABEL}**" in plain(app)


def test_a_block_is_shown_as_of_itself(show_sample: Show) -> None:
    app = show_sample(at="50,000,000")
    assert "**As of block 50,000,000**. The newest log up to it is of" in plain(app)
    assert in_link(app, "at") == "50000000"


def test_one_click_leads_back_to_today(show_sample: Show) -> None:
    app = show_sample(at=DAY)
    button(app, "Back to today").click().run()  # type: ignore[attr-defined]
    assert is_today(app)
    assert "Block 99,772,823" in plain(app)
    app.run()
    assert is_today(app)


def test_the_slider_leads_to_any_day_and_back(show_sample: Show) -> None:
    app = show_sample()
    (slider,) = app.slider
    assert slider.value == date(2025, 3, 1)  # today, at its end
    assert slider.max == datetime(2025, 3, 1, tzinfo=UTC).timestamp() * 1e6
    slider.set_value(date(2023, 6, 1)).run()
    assert in_link(app, "at") == "2023-06-01"
    assert "**As of 1 Jun 2023**" in plain(app)
    assert app.slider[0].value == date(2023, 6, 1)
    app.slider[0].set_value(date(2025, 3, 1)).run()
    assert is_today(app)


def test_the_day_stays_from_page_to_page(show_sample: Show) -> None:
    app = show_sample(page="waits", at=DAY)
    app.query_params.clear()  # as the menu's links are
    app.query_params["network"] = "sample"
    app._page_hash = opened("track")._page_hash
    app.run()
    assert app.title[0].value == "Track a request"
    assert in_link(app, "at") == DAY
    assert f"**{LABEL}**" in plain(app)


def test_links_to_requests_keep_the_day(show_sample: Show) -> None:
    waits = next(table.value for table in show_sample(at=DAY).dataframe if "staker" in table.value)
    assert all(f"network=sample&at={DAY}&find=" in link for link in waits["wr_id"])
    staker = waits["staker"].iloc[0]
    app = show_sample(page="track", at=DAY, watch=f"{staker} 1990")
    listed = app.dataframe[-1].value
    assert all(f"at={DAY}" in link for link in listed["find"])


def test_a_request_tells_what_came_since(show_sample: Show) -> None:
    app = show_sample(page="track", at=DAY, find="1990")
    text = plain(app)
    assert "Since then: paid on 27 Nov 2024, 28 d 4 h after it was made." in text
    assert "Still waiting" in text
    assert not app.get("download_button")  # no calendar
    kinds = ("csv", "parquet")
    assert files(app) == [
        f"/api/files/sample/queries/request_history.{kind}?wr_id=1990&at={DAY}" for kind in kinds
    ]
    later = show_sample(page="track", find="1990")
    assert "Since then" not in plain(later)


def test_files_that_no_other_process_may_build_come_from_the_one_that_drew_the_page(
    show_sample: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("answers.past.MOST_LOGS", 100)
    app = show_sample(page="track", at=DAY, find="1990")
    assert [b.label for b in app.get("download_button")] == ["CSV", "Parquet"]
    assert files(app) == []


def test_a_request_that_was_not_made_yet_is_none(show_sample: Show) -> None:
    assert "There is no request 2,300" in plain(show_sample(page="track", at=DAY, find="2300"))


def test_odds_of_that_day_are_shown_with_what_came(show_sample: Show) -> None:
    show_sample(page="outlook", at=DAY)
    assert past_odds.score(shown_then()).result() == ""
    app = opened("outlook", at=DAY)
    text = plain(app)
    assert "When an unstake made then would be paid" in text
    assert "61 requests waited then; all of them were paid or rejected up to 1 Mar 2025" in text
    came = next(table.value for table in app.dataframe if "judged" in table.value)
    assert came["judged"].tolist() == [61, 61]
    assert "The odds of that day, made of what was known by then and checked on" in text
    assert "not scored anew: nothing later was known on that day" in text
    queue = opened(at=DAY)
    assert "90 % chance by **22 Jan 2025**" in plain(queue).replace(", 90", " 90")


def test_where_no_server_scores_odds_are_not_waited_for(show_sample: Show) -> None:
    app = show_sample(page="outlook", at="2023-03-03")
    assert "The odds of a past day are not tested by this server" in plain(app)
    assert "scoring --first --store" in plain(app)


def test_what_is_true_of_today_is_not_said_of_then(
    show: Show, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_NETWORK", "fantom")
    environment.setenv("FTM_ENDS_ON", "2026-12-31")
    old = of_network("fantom", "9 days")
    Path(tmp_path / "shown.duckdb.forecasts").write_text("{}\n")
    today = plain(show(old))
    assert "This data is" in today
    assert "reported to be retired" in today
    for page in OF_THE_PAST:
        then = plain(show(old, page=page, at=DAY))
        assert f"**{LABEL}**" in then
        for claim in ("This data is", "retired", "make sync", "old:", "Sync now"):
            assert claim not in then, page
    assert not list(tmp_path.glob("*.past/*.forecasts"))


def test_checks_of_that_day_are_told(show_sample: Show) -> None:
    lost = "(SELECT requested_block FROM requests WHERE wr_id = 100)"
    app = show_sample(f"DELETE FROM raw_logs WHERE block = {lost}", at=DAY)
    assert "failed on the store of that day" in plain(app)


def test_a_day_before_the_first_request_has_no_queue(show_sample: Show) -> None:
    app = show_sample(at="2022-03-05")
    assert "No request was made on sample" in plain(app)
    assert "**As of 5 Mar 2022**" in plain(app)


def test_a_block_is_left_with_its_network(
    sample_store: Path, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copyfile(sample_store, tmp_path / "here.duckdb"))
    edited(path, path, of_network("here"))
    environment.setenv("FTM_STORE", str(path))
    for at, left in (("60000000", True), (DAY, False)):
        app = opened(at=at)
        assert in_link(app, "at") == at
        app.selectbox("network").set_value("fantom").run()
        assert ("at" not in app.query_params) == left
        if left:
            assert "The link named a block on here." in plain(app)
