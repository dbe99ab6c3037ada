"""The end of a chain in words, as plain text: a page escapes it, a calendar does not."""

from __future__ import annotations

from datetime import datetime

from answers import words
from answers.ending import Ending


def notice(ending: Ending) -> str:
    """What has to be known on every page, in a sentence or two; "" where nothing is. What was
    reported of a chain that stopped is another matter: see `reported`."""
    if ending.kind == "none":
        return ""
    if ending.kind == "stopped":
        return _stopped(ending)
    newest = words.moment(ending.newest_at)
    if ending.went_on:
        return f"{reported(ending)} It has made blocks since: the newest read is of {newest}."
    if ending.is_final and ending.newest_at is not None:
        what = f"its newest block is of {newest}, and what came later is not in it"
        return f"{reported(ending)} This store is final: {what}."
    return reported(ending)


def reported(ending: Ending) -> str:
    """The report alone, with its source and its state; "" where there is none."""
    if ending.day is None:
        return ""
    told_by = f"told by {ending.told_by}" if ending.told_by else "who reported it is not recorded"
    state = "confirmed" if ending.is_confirmed else "not confirmed"
    return f"{brief(ending)} ({told_by}; {state} by its operator)."


def brief(ending: Ending) -> str:
    """`Fantom is reported to be retired on 31 Dec 2026`, of one that has a day."""
    assert ending.day is not None
    is_or_was = "was" if ending.kind == "passed" else "is"
    return f"{ending.chain} {is_or_was} reported to be retired on {words.day(ending.day)}"


def _stopped(ending: Ending) -> str:
    assert ending.newest_at is not None
    assert ending.asked_at is not None
    silent = words.duration(words.days_between(ending.newest_at, ending.asked_at))
    return (
        f"The newest block is of {words.moment(ending.newest_at)}: the chain has made no block for "
        f"{silent}, or the nodes that were asked on {words.moment(ending.asked_at)} are behind."
    )


def no_node(ending: Ending, why: str) -> str:
    """Why no node tells anything, beginning with what is known of the chain."""
    if ending.is_final:
        return f"{brief(ending)}, and {why}"
    if ending.kind == "stopped":
        return f"the chain's newest block is of {words.moment(ending.newest_at)}, and {why}"
    return why


def silent(ending: Ending, host: str, newest_at: datetime, now: datetime) -> str:
    """Why a node is not gone by whose newest block is old."""
    age = words.duration(words.days_between(newest_at, now))
    newest = f"the newest block that {host} knows is {age} old"
    if ending.is_final:
        return f"{brief(ending)}, and {newest}"
    return f"{newest}: the chain stands still, or that node is behind"


def in_short(ending: Ending) -> str:
    """A sentence that has to be known before any date is read; "" where no end is known of."""
    if ending.kind == "stopped":
        return f"No newer block is known since {words.moment(ending.newest_at)}."
    return f"{brief(ending)}." if ending.day is not None else ""
