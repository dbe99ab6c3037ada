"""Calendar files (.ics, RFC 5545): one event in one calendar, as bytes.

Who imports a later file of the same event replaces the earlier one: the UID is the same,
DTSTAMP is newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_MAKER = "-//FTM unstake queue//Track//EN"


@dataclass(frozen=True)
class Event:
    """What goes into a calendar: `at` is a whole day, or a moment (UTC).

    `stamp` is when what it says was known; `alarm` rings so long after the event's begin,
    a whole day's in the reader's own time zone.
    """

    uid: str
    stamp: datetime
    at: date | datetime
    summary: str
    description: str
    url: str = ""
    alarm: timedelta | None = None


def as_ics(event: Event) -> bytes:
    """The event as a file of its own."""
    import icalendar  # a third of a second, for who asks for a file

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
    entry.add("transp", "TRANSPARENT")  # it takes no time of the reader's day
    if event.alarm is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _printable(event.summary))
        alarm.add("trigger", event.alarm)
        entry.add_component(alarm)
    calendar.add_component(entry)
    written: bytes = calendar.to_ical()
    return written


def _printable(text: str) -> str:
    """Without control characters, but for line ends."""
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")
