"""Live calendars: one entry that moves with the odds, and ends as paid."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import icalendar

from scoring.companion import companion_of
from tests.api.conftest import Client, asking
from tests.app import of_network
from tests.log_lines import FTM, Story

Growing = Callable[[Story, datetime], Path]


def calendar_of(path: str) -> icalendar.Calendar:
    answer = asking().get(f"/calendar/{path}.ics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    return icalendar.Calendar.from_ical(answer.content)


def entry_of(path: str) -> icalendar.Event:
    (event,) = calendar_of(path).walk("VEVENT")
    assert event.errors == []
    return event


def published(at: str) -> str:
    return f"UPDATE store_info SET published_at = '{at}'"


def test_a_calendar_says_what_it_is_and_when_to_ask_again(client: Client) -> None:
    client()
    calendar = calendar_of("sample/2210")
    assert calendar["NAME"] == calendar["X-WR-CALNAME"]
    assert calendar["NAME"] == "Simulated: Unstake request 2210 on sample"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert calendar["X-PUBLISHED-TTL"] in ("PT1H", b"PT1H")
    assert calendar["SOURCE"] == "http://queue.example/calendar/sample/2210.ics"
    assert "METHOD" not in calendar  # it invites nobody
    event = entry_of("sample/2210")
    assert event["UID"] == "unstake-request-2210-of-sample-250@ftm-queue"
    assert event["URL"] == "http://queue.example/track?network=sample&find=2210"
    assert event["STATUS"] == "TENTATIVE"
    assert event["SUMMARY"] == "Simulated: Check unstake request 2210"  # it is not scored yet
    assert len(event.walk("VALARM")) == 1


def test_the_entry_moves_with_the_odds_and_its_sequence_only_rises(
    client: Client, sample_scores: Path, tmp_path: Path
) -> None:
    events = []

    def moved(*statements: str, with_scores: bool = True) -> icalendar.Event:
        client(*statements)
        if with_scores:
            scores = companion_of(tmp_path / "served.duckdb")
            shutil.copyfile(sample_scores, scores)
            os.utime(scores, (1_741_000_000, 1_741_000_000))  # 3 March 2025
        events.append(entry_of("sample/2210"))
        return events[-1]

    moved(published("2025-03-02 00:00:00Z"), with_scores=False)
    first = moved(published("2025-03-02 00:00:00Z"))
    assert first["SUMMARY"] == "Simulated: Unstake request 2210 should be paid (90 %)"
    near = "UPDATE requests SET ahead_wei = 7_000e18::DECIMAL(38, 0) WHERE wr_id = 2210"
    sooner = moved(near, published("2025-03-04 00:00:00Z"))
    assert sooner["DTSTART"].dt < first["DTSTART"].dt
    far = near.replace("7_000", "14_000")
    later = moved(far, published("2025-03-04 00:00:01Z"))
    assert later["DTSTART"].dt > first["DTSTART"].dt
    moved(far, published("2025-03-04 00:00:01Z"))
    paid_at = "2025-03-05 10:00:00Z"
    moved(
        "UPDATE requests SET status = 'paid', paid_at = '2025-03-05 10:00:00Z' WHERE wr_id = 2210",
        published(paid_at),
    )
    sequences = [event["SEQUENCE"] for event in events]
    assert sequences == sorted(sequences)
    assert len(set(sequences)) == len(sequences) - 1  # what is the same keeps its number
    assert {event["UID"] for event in events} == {first["UID"]}
    stamps = [event["DTSTAMP"].dt for event in events]
    assert stamps == sorted(stamps) == [event["LAST-MODIFIED"].dt for event in events]


def test_it_ends_as_paid_on_the_day_of_the_payment(growing: Growing) -> None:
    story = Story()
    story.burn(FTM)
    story.burn(5 * FTM)
    now = datetime(2026, 11, 1, tzinfo=UTC)
    growing(story, now)
    waiting = entry_of("fantom/1")
    story.pay(0)
    growing(story, now + timedelta(minutes=1))
    nearer = entry_of("fantom/1")
    story.pay(1)
    growing(story, now + timedelta(minutes=2))
    paid = entry_of("fantom/1")
    assert waiting["SEQUENCE"] <= nearer["SEQUENCE"] <= paid["SEQUENCE"]
    assert waiting["UID"] == nearer["UID"] == paid["UID"]
    assert paid["SUMMARY"] == "5 FTM paid for unstake request 1"
    assert paid["STATUS"] == "CONFIRMED"
    assert paid["DTSTART"].dt == datetime.fromtimestamp(1_645_000_000 + 30, UTC)
    assert paid.walk("VALARM") == []


def test_where_time_goes_on_each_day_is_a_later_version(client: Client) -> None:
    client(of_network("fantom", "30 days"))
    event = entry_of("sample/2210")
    today = datetime.now(UTC).date()
    since_2020 = (today - date(2020, 1, 1)).days * 86_400
    assert event["SEQUENCE"] == since_2020
    assert event["DTSTART"].dt == today + timedelta(days=7)


def test_one_that_was_rejected_and_one_whose_end_is_unknown_say_so(client: Client) -> None:
    client("UPDATE requests SET status = NULL, paid_at = NULL WHERE wr_id = 1000")
    event = entry_of("sample/1927")
    assert event["SUMMARY"] == "Simulated: Payment of unstake request 1927 rejected by its receiver"
    assert event["DTSTART"].dt == datetime(2024, 10, 31, 0, 15, 12, tzinfo=UTC)
    assert "withdrawManual(1927)" in event["DESCRIPTION"]
    event = entry_of("sample/1000")
    assert event["SUMMARY"] == "Simulated: How unstake request 1000 ended is unknown"
    assert event["DTSTART"].dt == date(2025, 3, 1)
    assert "the log that says how it ended is missing" in event["DESCRIPTION"]


def test_it_is_not_sent_again_while_nothing_changed(client: Client) -> None:
    asked = client()
    first = asked.get("/calendar/sample/2210.ics")
    known = {"If-None-Match": first.headers["etag"]}
    assert asked.get("/calendar/sample/2210.ics", headers=known).status_code == 304
    asked = client()  # as after a sync
    assert asked.get("/calendar/sample/2210.ics", headers=known).status_code == 200
    assert asked.head("/calendar/sample/2210.ics").status_code == 200


def test_hostile_text_adds_no_line(client: Client) -> None:
    client(
        "UPDATE requests SET requested_tx = '0x1' || chr(13) || chr(10) || 'END:VEVENT' "
        "WHERE wr_id = 2210"
    )
    event = entry_of("sample/2210")
    assert "0x1\nEND:VEVENT" in event["DESCRIPTION"]
