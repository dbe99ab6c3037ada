"""Atom feeds: what they tell, by the rules of Atom, and with ids that stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scoring.forecast_log import log_of
from tests.api import atom
from tests.api.conftest import Client, asking
from tests.log_lines import FTM, Story
from tests.made_forecasts import told

OFTEN = "0x6799f72c51c83434b82a36ed47168a1657c502bc"
ALICE = "0x" + "a1" * 20
NOW = datetime(2026, 11, 1, tzinfo=UTC)
Growing = Callable[[Story, datetime], Path]


def titles(feed: Any) -> list[str]:
    return [entry.title.removeprefix("Simulated: ") for entry in feed.entries]


def texts(feed: Any) -> str:
    return "\n".join(entry.content[0].value for entry in feed.entries)


def feed_of(path: str) -> Any:
    answer = asking().get(f"/feeds/{path}.atom")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml"
    return atom.read(answer.content)


def test_a_request_is_told_from_being_made_to_being_paid(client: Client) -> None:
    client()
    feed = feed_of("sample/requests/1490")
    assert titles(feed) == [
        "Request 1,490 was paid: 5.3259 FTM",  # 5.325966… FTM, cut off
        "Payment of request 1,490 rejected by its receiver",
        "Request 1,490 is first in line",
        "Request 1,490 moved up to place 11, from 47",
        "Request 1,490 moved up to place 23, from 47",
        "Request 1,490 moved up to place 35, from 47",
        "Request 1,490 was made",
    ]
    assert all(entry.title.startswith("Simulated: ") for entry in [feed.feed, *feed.entries])
    assert feed.entries[0].updated == "2024-03-20T16:10:17+00:00"
    assert "withdrawManual(1490)" in feed.entries[1].content[0].value
    assert "No more than half of its 47 places are left" in feed.entries[4].content[0].value
    assert "for 5.3259 FTM was made on 22 Feb 2024, 15:58 UTC, at place 47" in texts(feed)
    assert feed.feed.subtitle.startswith("Request 1,490 was paid: 5.3259 FTM on 20 Mar 2024")
    track = "http://queue.example/track?network=sample&find=1490"
    assert {entry.link for entry in [feed.feed, *feed.entries]} == {track}
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["self"] == "http://queue.example/feeds/sample/requests/1490.atom"


def test_an_address_has_the_newest_hundred_of_all_its_requests(client: Client) -> None:
    client()
    feed = feed_of(f"sample/addresses/{OFTEN.upper().replace('X', 'x')}")
    assert len(feed.entries) == 100
    assert titles(feed)[0] == "Request 2,314 was made"
    assert feed.entries[0].link.endswith("find=2314")
    assert feed.feed.link.endswith(f"find={OFTEN}")
    assert feed.feed.subtitle.startswith("99 requests, 7 of them waiting.")
    # What a request's own feed has of that time is there, entry by entry.
    since = feed.entries[-1].updated
    ids = {entry.id for entry in feed.entries}
    for wr_id in (2314, 2208, 2235):
        own = feed_of(f"sample/requests/{wr_id}").entries
        assert {entry.id for entry in own if entry.updated > since} <= ids
    nobody = feed_of(f"sample/addresses/{ALICE}")
    assert nobody.entries == []
    assert nobody.feed.updated == "2025-03-01T00:00:00+00:00"


def test_runs_say_what_was_paid_and_to_how_many(client: Client) -> None:
    client()
    feed = feed_of("sample/runs")
    assert len(feed.entries) == 50
    assert titles(feed)[0] == "Operator's run: 6 requests paid, 328.79 FTM in all"
    assert "5 Feb 2025, 00:36 UTC to 5 Feb 2025, 00:38 UTC" in texts(feed)
    assert any("rejected by its receiver" in title for title in titles(feed))


def test_no_failed_check_is_an_empty_feed_and_each_failed_one_an_entry(client: Client) -> None:
    client()
    feed = feed_of("sample/checks")
    assert feed.entries == []
    assert "Of 26 checks none failed, and none could not be made." in feed.feed.subtitle
    client(
        "INSERT INTO checks SELECT 'head order', 'failed', block, 7, 'one too many' "
        "FROM raw_logs LIMIT 1",
        "INSERT INTO checks VALUES ('views', 'failed', NULL, NULL, 'no & <b>block</b>')",
        "INSERT INTO checks VALUES ('views', 'unknown', 5, NULL, 'not asked')",
    )
    feed = feed_of("sample/checks")
    assert titles(feed)[0] == "Check failed: views"
    assert titles(feed)[1].startswith("Check failed: head order, block ")
    assert titles(feed)[1].endswith(", request 7")
    assert "no & <b>block</b> (no block)" in texts(feed)
    assert len(feed.entries) == 2
    assert feed.entries[0].updated == "2025-03-01T00:00:00+00:00"  # the newest block's
    assert feed.entries[1].updated < "2023"  # its own block's


def test_strangers_are_told_no_host_that_a_check_names(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_PUBLIC", "on")
    message = "given by node.secret.example:8545 alone: run `data.sync verify`"
    asked = client(
        "UPDATE store_info SET source = 'node.secret.example:8545'",
        f"INSERT INTO checks VALUES ('source', 'failed', NULL, NULL, '{message}')",
    )
    body = asked.get("/feeds/sample/checks.atom").text
    assert "given by a host alone" in body
    assert "secret" not in body
    assert "verify" not in body


def test_asked_again_it_is_the_same_and_not_sent_again(client: Client) -> None:
    asked = client()
    for path in ("requests/2210", f"addresses/{OFTEN}", "checks", "runs"):
        url = f"/feeds/sample/{path}.atom"
        first, second = asked.get(url), asked.get(url)
        assert first.content == second.content
        assert first.headers["cache-control"] == "public, max-age=10"
        tag = first.headers["etag"]
        for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
            again = asked.get(url, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert asked.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
        head = asked.head(url)
        assert head.status_code == 200
        assert head.headers["etag"] == tag
        other = asked.get(url, headers={"Host": "other.example"})
        assert "http://other.example/" in other.text
        assert other.headers["etag"] != tag
        ids = [[e.id for e in atom.read(body).entries] for body in (first.content, other.content)]
        assert ids[0] == ids[1]


def test_a_store_that_grows_keeps_every_entry_and_its_id(growing: Growing) -> None:
    story = Story()
    for amount in range(1, 10):
        story.burn(amount * FTM)
    seen: dict[str, Any] = {}
    expected = [["Request 8 was made"]]
    growing(story, NOW)
    for paid, more in (
        (0, []),
        (3, ["Request 8 moved up to place 6, from 9"]),
        (5, ["Request 8 moved up to place 4, from 9"]),
        (7, ["Request 8 moved up to place 2, from 9"]),
        (8, ["Request 8 is first in line"]),
    ):
        while len(story.logs) < 9 + paid:
            story.pay(len(story.logs) - 9)
        growing(story, NOW + timedelta(minutes=paid))
        expected = [more, *expected] if more else expected
        feed = feed_of("fantom/requests/8")
        assert titles(feed) == [title for each in expected for title in each]
        now = {entry.id: (entry.title, entry.updated) for entry in feed.entries}
        assert now.items() >= seen.items()
        seen = now
    story.refuse(8)
    growing(story, NOW + timedelta(minutes=9))
    story.pay(8)
    growing(story, NOW + timedelta(minutes=10))
    feed = feed_of("fantom/requests/8")
    assert titles(feed)[:2] == [
        "Request 8 was paid: 9 FTM",
        "Payment of request 8 rejected by its receiver",
    ]
    assert {entry.id for entry in feed.entries} >= seen.keys()
    assert "imulated" not in feed.feed.title


def logged(store: Path, *days: tuple[float, float]) -> None:
    """Forecasts of request 0: on a day, and within how many days it is paid for sure."""
    lines = [told(0, day, sure=within) for day, within in days]
    for line in lines:
        for key in ("forecast_at", "logged_at"):
            line[key] = f"{line[key]:%Y-%m-%dT%H:%M:%SZ}"
        if line["quantiles"][0] > 120:  # type: ignore[index]
            line["quantiles"] = [None] * 19
    log_of(store).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_window_moved_is_told_once_a_week_or_more_away_by_what_was_logged(
    growing: Growing,
) -> None:
    story = Story()
    story.burn(FTM)
    store = growing(story, NOW)
    # The date it was told by: day 40; 43 is near; 47 is a week; 200 is beyond what is forecast.
    logged(store, (10, 30), (11, 32), (12, 35), (13, 35), (14, 200), (15, 60), (16, 20), (17, 200))
    moved = [title for title in titles(feed_of("fantom/requests/0")) if "90 %" in title]
    assert moved == [
        "Request 0: the 90 % date moved at least 101 days later",  # to after day 137, from 36
        "Request 0: the 90 % date moved 39 days earlier",  # to day 36, from 75
        "Request 0: the 90 % date moved at least 59 days earlier",  # to day 75, from after 134
        "Request 0: the 90 % date moved at least 87 days later",  # to after day 134, from 47
        "Request 0: the 90 % date moved 7 days later",
    ]
    first = feed_of("fantom/requests/0").entries
    assert "As of 13 Jan 2022: 90 % chance by 17 Feb 2022, 50 % by 17 Feb 2022. " in texts(
        feed_of("fantom/requests/0")
    )
    logged(store, (10, 30), (11, 32), (12, 35), (13, 35), (14, 200), (15, 60), (16, 20))
    fewer = {entry.id for entry in feed_of("fantom/requests/0").entries}
    assert fewer < {entry.id for entry in first}
    assert len([t for t in titles(feed_of(f"fantom/addresses/{ALICE}")) if "90 %" in t]) == 4


def test_of_a_simulation_no_window_is_told_though_a_log_lies_there(
    client: Client, tmp_path: Path
) -> None:
    client()
    lines = [told(2210, day, sure=sure) for day, sure in ((10, 10), (11, 90))]
    for line in lines:
        for key in ("forecast_at", "logged_at"):
            line[key] = f"{line[key]:%Y-%m-%dT%H:%M:%SZ}"
    text = "".join(json.dumps(line) + "\n" for line in lines)
    log_of(tmp_path / "served.duckdb").write_text(text)
    assert not [title for title in titles(feed_of("sample/requests/2210")) if "90 %" in title]


def test_the_chains_reported_end_is_told_of_what_waits(
    growing: Growing, environment: pytest.MonkeyPatch
) -> None:
    story = Story()
    story.burn(FTM)
    story.burn(FTM)
    story.pay(0)
    growing(story, NOW)  # all of it is of 16 February 2022
    environment.setenv("FTM_ENDS_ON", "2022-04-30")
    ahead = "Fantom is reported to be retired on 30 Apr 2022"
    over = "Fantom was reported to be retired on 30 Apr 2022, and that day is over"
    # Its day is over by the clock. That it comes is told 35 days before, which is not read yet.
    assert titles(feed_of("fantom/requests/1"))[0] == over
    assert ahead not in titles(feed_of("fantom/requests/1"))
    assert over not in titles(feed_of("fantom/requests/0"))
    assert titles(feed_of(f"fantom/addresses/{ALICE}"))[0] == over
    environment.setenv("FTM_ENDS_ON", "2022-03-10")
    assert [t for t in titles(feed_of("fantom/requests/1")) if "retired" in t] == [
        over.replace("30 Apr", "10 Mar"),
        ahead.replace("30 Apr", "10 Mar"),
    ]
    environment.setenv("FTM_ENDS_ON", "none")
    assert not [t for t in titles(feed_of("fantom/requests/1")) if "retired" in t]


def test_hostile_text_is_text(client: Client) -> None:
    hostile = "]]>&amp;<script>\u0001\u202e\ufffe"
    asked = client(
        f"INSERT INTO checks VALUES ('{hostile}', 'failed', NULL, NULL, '{hostile}\n{hostile}')"
    )
    body = asked.get("/feeds/sample/checks.atom").content
    (entry,) = atom.read(body).entries
    assert entry.title == "Simulated: Check failed: ]]>&amp;<script>"
    assert b"<script" not in body


def test_a_log_that_is_there_twice_is_told_once(client: Client) -> None:
    client(
        "INSERT INTO requests FROM requests WHERE wr_id = 1490",
        "INSERT INTO head_moves SELECT * REPLACE (moved_at + INTERVAL 1 DAY AS moved_at) "
        "FROM head_moves WHERE wr_id = 1490",
    )
    feed = feed_of("sample/requests/1490")
    assert len(feed.entries) == 7
    assert feed.entries[0].updated == "2024-03-20T16:10:17+00:00"
