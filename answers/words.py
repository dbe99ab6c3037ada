"""Numbers, times and addresses in words. What is not known is "unknown"."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Literal

import polars as pl

from data.config import ROOT, is_public
from data.pool.amounts import DECIMALS, ONE, format_short
from data.store.reader import StoreInfo

UNKNOWN = "unknown"
FLOAT_DIGITS = 15  # a float tells every decimal of so many digits from the next
_MINUTES = 1_440
_SUMS = Context(prec=60)
_CODE = re.compile(r"(`[^`\n]+`)")
_MARKUP = re.compile(r"[\\`*_\[\]<>#~$:|!{}+.&@=^-]")
_LINKED = re.compile(r":(?=//)|www(?=\.)|@", re.IGNORECASE)
_HOST = r"localhost|\d+(?:\.\d+){3}|\[[\da-fA-F:]+\]|(?:[\w-]+\.)+[A-Za-z]{2,}"
_ADDRESS = r"(?<![\w.-])(?:localhost|\d+(?:\.\d+){3}|\[[\da-fA-F:]+\])(?![\w-]|\.\w)"
_COMMAND = re.compile(r": run `[^`]*`")
# What only the operator knows or can do: settings, options, commands, files and hosts.
_OPERATORS = re.compile(rf"FTM_|--[a-z]|\b[Ss]ync|`make |://|/\w+/|{_HOST}")
_SHORT = "not available now, try again later"
_log = logging.getLogger("ui")
_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:[^\s/:'\"`]+/)+(?=[^\s/])")


# How a sum is rounded: what is missing, or stands ahead, up; what can be or was paid, down.
Rounded = Literal["near", "up", "down"]
_ROUNDING = {"near": ROUND_HALF_EVEN, "up": ROUND_CEILING, "down": ROUND_FLOOR}


def number(amount: float | Decimal, to: Rounded = "near") -> str:
    """A sum: thousands whole, single units to two places, dust to three digits."""
    exact = amount if isinstance(amount, Decimal) else Decimal(repr(amount))
    size = abs(exact)
    places = Decimal(1) if size >= 1_000 or not size else Decimal("0.01")
    if 0 < size < 1:
        places = Decimal(1).scaleb(exact.adjusted() - 2)
    digits = exact.quantize(places, _ROUNDING[to], _SUMS)
    return f"{digits:,f}" if size >= 1 else f"{digits.normalize():f}"


def ftm(amount: float | Decimal | None, to: Rounded = "near") -> str:
    """A sum of many, rounded; what one request gets or costs is worded by `payout`."""
    return UNKNOWN if amount is None else f"{number(amount, to)} FTM"


def payout(wei: int | Decimal | None) -> str:
    """What one is paid, of whole wei: to four places, cut off and never rounded up."""
    return UNKNOWN if wei is None else f"{format_short(int(wei))} FTM"


def ahead(wei: int | None) -> str:
    """What is to be paid first, of whole wei: to four places, rounded up."""
    return UNKNOWN if wei is None else f"{format_short(wei, up=True)} FTM"


def payouts(amounts: pl.Series) -> tuple[pl.Series, str | None]:
    """Payouts in wei for a table's column, cut off as `payout` does it, and the column's format:
    four places, or as many as the smallest needs to show. Where a number cannot hold so many
    digits of the largest, the column is the text of each and has no format."""
    wei = [None if amount is None else int(amount) for amount in amounts]
    smallest = min((each for each in wei if each), default=ONE)
    places = 4
    if smallest < 10 ** (DECIMALS - places):
        places = min(DECIMALS, DECIMALS + 2 - len(str(smallest)))
    step = 10 ** (DECIMALS - places)
    if max((each // step for each in wei if each), default=0) >= 10**FLOAT_DIGITS:
        texts = [None if each is None else format_short(each) for each in wei]
        return pl.Series(amounts.name, texts, pl.String), None
    cut = [None if each is None else each // step / 10**places for each in wei]
    return pl.Series(amounts.name, cut, pl.Float64), f"%,.{places}f"


def rounded_up(amounts: pl.Series) -> tuple[pl.Series, str | None]:
    """Sums of FTM for a table's column, and its format: two places, or as many as the smallest
    needs to show. Where a float has not so many of the largest, it is the text of each instead."""
    smallest = amounts.filter(amounts > 0).min()
    if not isinstance(smallest, float) or smallest >= 0.005:
        return amounts, "%,.2f"
    places = min(DECIMALS, 1 - math.floor(math.log10(smallest)))
    if max(each for each in amounts if each is not None) >= 10.0 ** (FLOAT_DIGITS - places):
        texts = [None if each is None else number(each, "up") for each in amounts]
        return pl.Series(amounts.name, texts, pl.String), None
    return amounts, f"%,.{places}f"


def count(amount: int | None) -> str:
    return UNKNOWN if amount is None else f"{amount:,}"


def share(part: float | None) -> str:
    """`96 %` of what was counted; 0 % and 100 % only where it is none and all of them."""
    if part is None:
        return UNKNOWN
    if 0 < part < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < part < 1 else f"{100 * part:.0f} %"


def plural(amount: int, one: str, many: str = "") -> str:
    """`1 request`, `2 requests`."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def duration(days: float | None) -> str:
    """`3 d 4 h`, see `of_minutes`."""
    return UNKNOWN if days is None else of_minutes(int(days * _MINUTES))


def days_between(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() / 86_400


def moment(at: datetime | None) -> str:
    """`28 Feb 2025, 22:14 UTC`."""
    if at is None:
        return UNKNOWN
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def day(at: date) -> str:
    """`28 Feb 2025`; of a datetime its day in UTC."""
    at = at.astimezone(UTC) if isinstance(at, datetime) else at
    return f"{at.day} {at:%b %Y}"


def days(first: date, last: date) -> str:
    """`3 Mar to 9 Jun 2025`; a year that both share, and one day that both are, stand once."""
    if first == last:
        return day(first)
    begin = f"{first.day} {first:%b}" if first.year == last.year else day(first)
    return f"{begin} to {day(last)}"


def day_and_time(at: datetime | None) -> tuple[str, str]:
    """`28 Feb 2025` and `22:14 UTC`."""
    return (UNKNOWN, "") if at is None else (day(at), f"{at.astimezone(UTC):%H:%M} UTC")


def short(address: str) -> str:
    """`0x6231…d6ad` on one line, for running text; tables hold addresses whole."""
    return f"{address[:6]}…\u2060{address[-4:]}"


def escaped(text: str) -> str:
    """Text from outside, such that Markdown acts on nothing in it but `code`."""
    parts = _CODE.split(text)
    return "".join(part if place % 2 else _inert(part) for place, part in enumerate(parts))


def _inert(text: str) -> str:
    # Streamlit links addresses of the web and of mail even in escaped text: a word joiner stops it.
    text = _LINKED.sub("\\g<0>\u2060", text)
    return _MARKUP.sub(r"\\\g<0>", text)


def inside(path: Path) -> str:
    """A path as visitors may see it: relative to the project, or its name alone."""
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def fault(text: str, *, is_logged: bool = False) -> str:
    """The words of an error, for a page: without markup, and without the server's folders.

    For strangers a short one, where it tells what is the operator's: the log has the whole, which
    what is said again and again `is_logged` in already.
    """
    if is_public() and _OPERATORS.search(text):
        if not is_logged:
            _log.warning("not shown to a visitor: %s", text)
        return _SHORT
    return escaped(_ABSOLUTE_PATH.sub("", text.replace(f"{ROOT}/", "")))


def found(text: str, hosts: Iterable[str] = ()) -> str:
    """The words of a check, without markup; for strangers as `found_plain` has them."""
    return escaped(found_plain(text, hosts))


def found_plain(text: str, hosts: Iterable[str] = ()) -> str:
    """The words of a check, where no markup is read; for strangers without its command, and
    without the `hosts` that the store knows."""
    if not is_public():
        return text
    names = [rf"(?<![\w.-]){re.escape(h)}(?![\w-]|\.\w)" for h in sorted(hosts, key=len)[::-1]]
    either = "|".join([*names, _ADDRESS])
    return re.sub(rf"(?:\w+://)?(?:{either})(?::\d+)?", "a host", _COMMAND.sub("", text))


def plain(text: str) -> str:
    """A sentence of ours without its marks, where no markup is read."""
    return text.replace("**", "").replace("`", "")


def printable(text: str) -> str:
    """Without control characters, but for line ends."""
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def to_operator(text: str) -> str:
    """What only the operator can do or should know; "" where strangers visit."""
    return "" if is_public() else text


def node(host: str) -> str:
    """A node that was asked, as a sentence names it; to strangers not by its name."""
    return "a node" if is_public() else host


def of_minutes(minutes: int) -> str:
    """The two largest units: `3 d 4 h`, `4 h 5 min`. A negative time is under a minute."""
    days, rest = divmod(max(0, minutes), 1_440)
    hours, minutes = divmod(rest, 60)
    if days >= 100:
        return f"{days:,} d"
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else "under a minute"


def age(info: StoreInfo, now: datetime) -> str:
    """How old the figures are, in words."""
    if info.simulated:
        return "fixed in time"
    if info.synced_at is None:
        return "at an unknown time"
    return f"{duration(days_between(info.synced_at, now))} ago"
