"""The calendar entry of a request: when to look again, or when it was paid; and its file.

A calendar file (.ics, RFC 5545) holds one event. Importing a later file of the same request
replaces the event: its UID is the same and its DTSTAMP is newer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from answers import ending_words, official, window_words, words
from answers.ending import Ending
from answers.sentences import SUPPORT, answer, unreal
from answers.store_view import Row
from data.store.reader import StoreInfo
from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS

_LOOK_AGAIN_DAYS = 7
_LIKELY = 90  # % chance: past its day a request is late
_MORNING = timedelta(hours=9)
_REFRESHED = timedelta(hours=1)
_MAKER = "-//FTM unstake queue//Track//EN"


@dataclass(frozen=True)
class Event:
    """What goes into a calendar; `at` is a whole day or a moment (UTC).

    `stamp` is the time of what is known. `alarm` rings so long after the event begins, and a whole
    day begins in the reader's own time zone. What `is_settled` moves no more.
    """

    uid: str
    stamp: datetime
    at: date | datetime
    summary: str
    description: str
    url: str = ""
    alarm: timedelta | None = None
    is_settled: bool = False


@dataclass(frozen=True)
class Likely:
    """The day by which a request is paid with a chance of so many `percent`."""

    by: date
    percent: int


def likely(window: ReleaseWindow | None) -> Likely | None:
    """The day of 90 % chance, else that of 50 %; None where there is neither."""
    if not window_words.has_odds(window):
        return None
    for percent in (_LIKELY, 50):
        days = window.quantile(percent / 100)
        if math.isfinite(days):
            return Likely(window_words.moment(window, days).date(), percent)
    return None


def entry(
    info: StoreInfo,
    request: Row,
    link: str,
    now: datetime,
    likely: Likely | None = None,
    known: str = "",
    ending: Ending | None = None,
) -> Event | None:
    """The entry of a request that waits or was paid; None for any other, and of a store without a
    time.

    For one that waits the day is that of `likely`. Without it, or once it has come, the day is the
    35th after the request, and after that the seventh from today. Today is the day of the last
    synced block, or of `now` where time goes on. An end of the chain that is reported for that day
    or before is told. `link` leads back to the request. `known` says how far the chain was read,
    where that is not the store's last block.
    """
    stamp = info.published_at or info.synced_at
    if stamp is None or info.synced_at is None or request["status"] not in ("pending", "paid"):
        return None
    number = f"unstake request {request['wr_id']}"
    end = official.end(request["requested_at"]).date()
    # A simulation's time stands still; any other calendar goes on.
    today = info.synced_at.date() if info.simulated else max(info.synced_at, now).date()
    alarm: timedelta | None = _MORNING
    if request["status"] == "paid":
        at, alarm = request["paid_at"], None
        summary = f"{words.payout(request['payout_wei'])} paid for {number}"
        todo = "The pool sent the whole amount to the address that made the request."
    elif likely is not None and likely.by >= today:
        at, is_likely = likely.by, likely.percent == _LIKELY
        summary = f"{number[0].upper()}{number[1:]} should be paid ({likely.percent} %)"
        todo = (
            _check("If it is still waiting after this day")
            if is_likely
            else "The chance that it is still waiting is 50 %: look at its place in the queue."
        )
    elif end > today:
        at, summary = end, f"Official {OFFICIAL_DAYS} days end for {number}"
        todo = _check("If it is still waiting after this day")
    else:
        at, summary = today + timedelta(days=_LOOK_AGAIN_DAYS), f"Check {number}"
        todo = _check(f"The official {OFFICIAL_DAYS} days ended on {end}. If it is still waiting")
    ends_on = ending.day if ending and not ending.went_on else None
    is_beyond = request["status"] == "pending" and ends_on is not None and at >= ends_on
    on_the_end = ending_words.reported(ending) if ending and is_beyond else ""
    event = Event(_uid(info, request), stamp, at, summary, "", link, alarm)
    return _described(event, info, request, [todo, on_the_end], known)


def live_entry(
    info: StoreInfo,
    request: Row,
    link: str,
    now: datetime,
    likely: Likely | None,
    ending: Ending,
    revised_at: datetime,
) -> Event | None:
    """The entry of any request, for a calendar that is asked for again and again: as `entry` has
    it, and for one that was rejected or whose end is unknown one that says so. `revised_at` is when
    what it rests on became what it is. None of a store without a time."""
    if info.synced_at is None:
        return None
    if event := entry(info, request, link, now, likely, ending=ending):
        return replace(event, stamp=revised_at, is_settled=request["status"] == "paid")
    number = f"unstake request {request['wr_id']}"
    at: date | datetime = info.synced_at.date()
    summary = f"How {number} ended is unknown"
    if request["status"] == "manual":
        at, summary = request["refused_at"], f"Payment of {number} rejected by its receiver"
    event = Event(_uid(info, request), revised_at, at, summary, "", link)
    return _described(event, info, request, [words.plain(answer(request))])


def _uid(info: StoreInfo, request: Row) -> str:
    return f"unstake-request-{request['wr_id']}-of-{info.network}-{info.chain_id}@ftm-queue"


def _described(
    event: Event, info: StoreInfo, request: Row, sentences: list[str], known: str = ""
) -> Event:
    """The event with its whole description, and with the kind of a chain that is not the real one.

    `sentences` stand after what the request is, `known` as in `entry`.
    """
    kind = unreal(info)
    description = [
        f"Request {request['wr_id']} for {words.payout(request['payout_wei'])}, made on "
        f"{words.moment(request['requested_at'])}.",
        *sentences,
        f"Where it stands: {event.url}" if event.url else "",
        f"Transaction of the request: {request['requested_tx']}",
        f"{kind}: no real request." if kind else "",
        known or f"Known up to block {info.synced_block}, {words.moment(info.synced_at)}.",
    ]
    return replace(
        event,
        summary=f"{kind}: {event.summary}" if kind else event.summary,
        description="\n".join(line for line in description if line),
    )


def _check(when: str) -> str:
    return (
        "Look at its status, its place in the queue and the FTM ahead of it. "
        f"{when}, ask Ankr's support: {SUPPORT}"
    )


@dataclass(frozen=True)
class Live:
    """What makes a file a calendar that is asked for again: its `name`, where it is had, and a
    number that rises when its entry changes."""

    name: str
    source: str
    sequence: int


def as_ics(event: Event, live: Live | None = None) -> bytes:
    """The event as a file, or as a calendar to subscribe to.

    That has no METHOD: with one it would be an invitation, which must have an organizer.
    """
    import icalendar  # takes a third of a second, and few ask for a file

    calendar, entry = icalendar.Calendar(), icalendar.Event()
    calendar.add("version", "2.0")
    calendar.add("prodid", _MAKER)
    entry.add("uid", words.printable(event.uid))
    entry.add("dtstamp", event.stamp.astimezone(UTC))
    if isinstance(event.at, datetime):
        entry.add("dtstart", event.at.astimezone(UTC))
    else:
        entry.add("dtstart", event.at)
        entry.add("dtend", event.at + timedelta(days=1))  # the first day after it
    entry.add("summary", words.printable(event.summary))
    entry.add("description", words.printable(event.description))
    if event.url:
        entry.add("url", _one_word(event.url))
    entry.add("transp", "TRANSPARENT")  # the reader's day stays free
    if live is not None:
        for name in ("name", "x-wr-calname"):  # of RFC 7986, and what readers know
            calendar.add(name, words.printable(live.name))
        calendar.add("refresh-interval", _REFRESHED, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", icalendar.vDuration(_REFRESHED))
        calendar.add("source", _one_word(live.source), parameters={"VALUE": "URI"})
        entry.add("sequence", live.sequence)
        entry.add("last-modified", event.stamp.astimezone(UTC))
        entry.add("status", "CONFIRMED" if event.is_settled else "TENTATIVE")
    if event.alarm is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", words.printable(event.summary))
        alarm.add("trigger", event.alarm)
        entry.add_component(alarm)
    calendar.add_component(entry)
    file: bytes = calendar.to_ical()
    return file


def _one_word(url: str) -> str:
    return "".join(words.printable(url).split())
