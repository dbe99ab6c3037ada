"""What is said of a request: an address's sentence, and a calendar's entry by RFC 5545."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import queries
from answers import sentences
from answers.calendar import Event, as_ics, entry
from answers.ending import end_of_chain
from data.config import load_network
from data.store.reader import StoreInfo, open_reader, read_info

LINK = "https://queue.example/track?network=sample&find=2210"
STAMP = datetime(2025, 3, 1, 12, 30, 5, tzinfo=UTC)


def unfolded(ics: bytes) -> list[str]:
    assert ics.endswith(b"\r\n")
    assert b"\n" not in ics.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in ics.split(b"\r\n"))
    return ics.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def value(ics: bytes, name: str) -> str:
    """The content of the first line called `name`, unescaped."""
    line = next(line for line in unfolded(ics) if line.startswith((f"{name}:", f"{name};")))
    text, content = line.split(":", 1)[1], ""
    while text:
        if text[0] == "\\":
            content, text = content + {"n": "\n"}.get(text[1], text[1]), text[2:]
        else:
            content, text = content + text[0], text[1:]
    return content


def made(**changes: Any) -> bytes:
    usual = {"uid": "u@q", "stamp": STAMP, "at": date(2025, 3, 8), "summary": "S"}
    return as_ics(Event(**(usual | {"description": "D"} | changes)))


def test_a_whole_day_is_one_event_with_an_alarm() -> None:
    lines = unfolded(made(url=LINK, alarm=timedelta(hours=9)))
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//FTM unstake queue//Track//EN"]
    event = lines[lines.index("BEGIN:VEVENT") + 1 : lines.index("BEGIN:VALARM")]
    assert sorted(event) == [
        "DESCRIPTION:D",
        "DTEND;VALUE=DATE:20250309",
        "DTSTAMP:20250301T123005Z",
        "DTSTART;VALUE=DATE:20250308",
        "SUMMARY:S",
        "TRANSP:TRANSPARENT",
        "UID:u@q",
        f"URL:{LINK}",
    ]
    assert {"ACTION:DISPLAY", "TRIGGER:PT9H"} <= set(lines)
    assert lines[-2:] == ["END:VEVENT", "END:VCALENDAR"]


def test_a_moment_is_in_utc() -> None:
    at = datetime(2025, 3, 8, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    assert "DTSTART:20250307T230203Z" in unfolded(made(at=at))


def test_a_text_cannot_end_its_line_or_add_one() -> None:
    ics = made(summary="a;b,c\\d\nEND:VEVENT\r\x00", url="https://q/\r\nX:1 2")
    lines = unfolded(ics)
    assert "SUMMARY:a\\;b\\,c\\\\d\\nEND:VEVENT" in lines
    assert "URL:https://q/X:12" in lines
    assert lines.count("END:VEVENT") == 1


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" \n"), max_size=300))
def test_every_text_comes_back_whole_from_lines_of_75_octets(text: str) -> None:
    assert value(made(description=text), "DESCRIPTION") == text


@pytest.fixture
def read(sample_store: Path) -> Any:
    """`read(2210)`: the sample's info, and a request's row."""

    def read_request(wr_id: int) -> tuple[StoreInfo, dict[str, Any]]:
        with open_reader(sample_store) as con:
            history = queries.run(con, "request_history", wr_id=wr_id)
            mine = queries.run(con, "requests_by_address", address=history["staker"][0])
            return read_info(con), mine.filter(wr_id=wr_id).row(0, named=True)

    return read_request


def test_a_request_that_waits_is_looked_at_on_day_35(read: Any) -> None:
    info, request = read(2323)  # asked on 28 Feb 2025
    event = entry(info, request, LINK, STAMP)
    assert event.at == date(2025, 4, 4)
    assert event.summary == "Simulated: Official 35 days end for unstake request 2323"
    description = value(as_ics(event), "DESCRIPTION")
    assert LINK in description
    assert "https://ankrnetwork.atlassian.net/servicedesk/customer/portal/10" in description
    assert request["requested_tx"] in description
    assert value(as_ics(event), "DTSTAMP") == f"{info.published_at:%Y%m%dT%H%M%SZ}"


def test_after_day_35_it_is_looked_at_a_week_after_the_last_block(read: Any) -> None:
    info, request = read(2210)  # asked on 11 Jan 2025, the last block is of 1 Mar 2025
    event = entry(info, request, "", STAMP)
    assert event.at == date(2025, 3, 8)
    assert event.summary == "Simulated: Check unstake request 2210"
    assert "The official 35 days ended on 2025-02-15." in event.description
    request["requested_at"] = datetime(2025, 1, 25, tzinfo=UTC)  # day 35 is the last block's
    event = entry(info, request, "", STAMP)
    assert event.at == date(2025, 3, 8)


def test_a_paid_request_is_an_event_when_it_was_paid_and_a_refused_one_is_none(read: Any) -> None:
    info, request = read(1000)
    event = entry(info, request, LINK, STAMP)
    assert event.at == request["paid_at"]
    assert event.alarm is None
    assert event.summary.endswith("FTM paid for unstake request 1000")
    assert entry(*read(1927), LINK, STAMP) is None


def test_one_request_is_one_entry_however_often_it_is_taken_along(read: Any) -> None:
    info, request = read(2210)
    first, later = (
        entry(info, request, LINK, STAMP),
        entry(info, request | {"status": "paid"}, "", STAMP),
    )
    assert first.uid == later.uid == "unstake-request-2210-of-sample-250@ftm-queue"


def test_where_time_goes_on_no_entry_lies_in_the_past(read: Any) -> None:
    info, request = read(2210)
    later = datetime(2025, 11, 22, tzinfo=UTC)
    event = entry(replace(info, simulated=False), request, LINK, later)
    assert event.at == date(2025, 11, 29)


def test_an_entry_at_or_after_the_chains_reported_end_says_so(read: Any) -> None:
    info, request = read(2323)  # its 35 days end on 4 April 2025
    sample = load_network("sample")

    def told(day: date) -> bool:
        network = sample.model_copy(update={"ends_on": day})
        ending = end_of_chain(network, info, STAMP)
        event = entry(info, request, LINK, STAMP, ending=ending)
        assert event.at == date(2025, 4, 4)
        return f"retired on {day.day} Apr 2025" in event.description

    assert [told(date(2025, 4, day)) for day in (3, 4, 5)] == [True, True, False]
    outlived = end_of_chain(sample.model_copy(update={"ends_on": date(2025, 1, 1)}), info, STAMP)
    assert "retired" not in entry(info, request, LINK, STAMP, ending=outlived).description
    over = replace(outlived, went_on=False)
    description = entry(info, request, LINK, STAMP, ending=over).description
    assert "Sample was reported to be retired on 1 Jan 2025" in description


# An address in one sentence or two


PAID = (1, "paid", None, None, 10**18)
REJECTED = (2, "manual", None, None, 10**18)
NEXT = (3, "pending", 1, 0.0, 2 * 10**18)
LATER = (4, "pending", 7, 1_234.5, 3 * 10**18)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([PAID, PAID], "2 requests, none of them waiting."),
        (
            [REJECTED, PAID],
            "2 requests, none of them waiting. 1 payment was rejected by the receiver: the money "
            "is kept until `withdrawManual` is called.",
        ),
        (
            [LATER, REJECTED, NEXT, PAID],
            "4 requests, 2 of them waiting. The next is no. 3 for 2 FTM, first in line. 1 payment "
            "was rejected by the receiver: the money is kept until `withdrawManual` is called.",
        ),
        (
            [LATER, PAID],
            "2 requests, 1 of them waiting. The next is no. 4 for 3 FTM, at place 7, 1,235 FTM "
            "ahead.",
        ),
    ],
)
def test_an_address_is_told_what_waits_and_what_was_rejected(
    rows: list[tuple[int, str, int | None, float | None, int]], expected: str
) -> None:
    schema = {"wr_id": pl.Int64, "status": pl.String, "place": pl.Int64, "ahead_ftm": pl.Float64}
    schema |= {"payout_wei": pl.Decimal(38, 0)}
    assert sentences.of_address(pl.DataFrame(rows, schema=schema, orient="row")) == expected
