"""Calendar files (.ics, RFC 5545): one event in one calendar, as bytes.

Lines end in CRLF and are folded at 75 octets, never inside a letter. Who imports a later
file of the same event replaces the earlier one: the UID is the same, DTSTAMP is newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_FOLD = 75  # octets, without the line's end
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
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{_MAKER}",
        "CALSCALE:GREGORIAN",
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"DTSTAMP:{_moment(event.stamp)}",
        *_when(event.at),
        f"SUMMARY:{_text(event.summary)}",
        f"DESCRIPTION:{_text(event.description)}",
    ]
    if event.url:
        lines.append(f"URL:{_uri(event.url)}")
    lines.append("TRANSP:TRANSPARENT")  # it takes no time of the reader's day
    if event.alarm is not None:
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_text(event.summary)}",
            f"TRIGGER:PT{int(event.alarm.total_seconds()) // 60}M",
            "END:VALARM",
        ]
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return b"".join(_folded(line) for line in lines)


def _when(at: date | datetime) -> list[str]:
    if isinstance(at, datetime):
        return [f"DTSTART:{_moment(at)}"]
    return [
        f"DTSTART;VALUE=DATE:{at:%Y%m%d}",
        f"DTEND;VALUE=DATE:{at + timedelta(days=1):%Y%m%d}",  # the first day after it
    ]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """A TEXT value: what would end or split it is escaped, other control characters go."""
    kept = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
    escaped = kept.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def _uri(url: str) -> str:
    """A URI value has no escapes: what does not belong into one is left out."""
    return "".join(letter for letter in url if letter.isprintable() and not letter.isspace())


def _folded(line: str) -> bytes:
    """The line in pieces of at most 75 octets, each but the first after a space."""
    pieces, piece = [], b""
    for letter in line:
        octets = letter.encode()
        if len(piece) + len(octets) > _FOLD:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
