"""The calendar entry of a request: when to look again, or when it was paid; and its file.

A calendar file (.ics, RFC 5545) holds one event. Importing a later file of the same request
replaces the event: its UID is the same and its DTSTAMP is newer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from answers import ending_words, official, window_words, words
from answers.ending import Ending
from answers.sentences import SUPPORT, unreal
from answers.store_view import Row
from data.store.reader import StoreInfo
from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS

_LOOK_AGAIN_DAYS = 7
_LIKELY = 90  # % chance: past its day a request is late
_MORNING = timedelta(hours=9)
_MAKER = "-//FTM unstake queue//Track//EN"


@dataclass(frozen=True)
class Event:
    """What goes into a calendar; `at` is a whole day or a moment (UTC).

    `stamp` is the time of what is known. `alarm` rings so long after the event begins, and a whole
    day begins in the reader's own time zone.
    """

    uid: str
    stamp: datetime
    at: date | datetime
    summary: str
    description: str
    url: str = ""
    alarm: timedelta | None = None


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
    kind = unreal(info)
    description = [
        f"Request {request['wr_id']} for {words.payout(request['payout_wei'])}, made on "
        f"{words.moment(request['requested_at'])}.",
        todo,
        ending_words.reported(ending) if ending and is_beyond else "",
        f"Where it stands: {link}" if link else "",
        f"Transaction of the request: {request['requested_tx']}",
        f"{kind}: no real request." if kind else "",
        known or f"Known up to block {info.synced_block}, {words.moment(info.synced_at)}.",
    ]
    return Event(
        uid=f"unstake-request-{request['wr_id']}-of-{info.network}-{info.chain_id}@ftm-queue",
        stamp=stamp,
        at=at,
        summary=f"{kind}: {summary}" if kind else summary,
        description="\n".join(line for line in description if line),
        url=link,
        alarm=alarm,
    )


def _check(when: str) -> str:
    return (
        "Look at its status, its place in the queue and the FTM ahead of it. "
        f"{when}, ask Ankr's support: {SUPPORT}"
    )


def as_ics(event: Event) -> bytes:
    """The event as a file."""
    import icalendar  # takes a third of a second, and few ask for a file

    calendar, entry = icalendar.Calendar(), icalendar.Event()
    calendar.add("version", "2.0")
    calendar.add("prodid", _MAKER)
    entry.add("uid", _printable(event.uid))
    entry.add("dtstamp", event.stamp.astimezone(UTC))
    if isinstance(event.at, datetime):
        entry.add("dtstart", event.at.astimezone(UTC))
    else:
        entry.add("dtstart", event.at)
        entry.add("dtend", event.at + timedelta(days=1))  # the first day after it
    entry.add("summary", _printable(event.summary))
    entry.add("description", _printable(event.description))
    if event.url:
        entry.add("url", "".join(_printable(event.url).split()))
    entry.add("transp", "TRANSPARENT")  # the reader's day stays free
    if event.alarm is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _printable(event.summary))
        alarm.add("trigger", event.alarm)
        entry.add_component(alarm)
    calendar.add_component(entry)
    file: bytes = calendar.to_ical()
    return file


def _printable(text: str) -> str:
    """Without control characters, but for line ends."""
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")
