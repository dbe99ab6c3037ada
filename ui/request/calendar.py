"""The calendar entry that goes with a request: when to look again, or when it was paid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from data.store.reader import StoreInfo
from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS
from ui.odds import window_words
from ui.parts import words
from ui.request.calendar_file import Event
from ui.request.sentences import SUPPORT, unreal

Row = Mapping[str, Any]

LOOK_AGAIN_DAYS = 7
_NINE_IN_TEN = "nine in ten"
_MORNING = timedelta(hours=9)


@dataclass(frozen=True)
class Likely:
    """The day by which a request is paid with these `odds`, in words."""

    by: date
    odds: str


def likely(window: ReleaseWindow | None) -> Likely | None:
    """The day of nine in ten odds, else that of even ones; None where there is neither."""
    if window is None or not window_words.has_odds(window):
        return None
    for share, odds in ((0.9, _NINE_IN_TEN), (0.5, "even")):
        days = window.quantile(share)
        if math.isfinite(days):
            return Likely(window_words.moment(window, days).date(), odds)
    return None


def entry(
    info: StoreInfo,
    request: Row,
    link: str,
    now: datetime,
    likely: Likely | None = None,
    known: str = "",
) -> Event | None:
    """None for a request that neither waits nor was paid, and of a store without a time.

    The day is that of `likely`, the odds there are; without any day 35 after
    the request, or, once that has come, seven days from today: the last synced block's day, or
    `now` where time goes on. `link` leads back; `known` says how far the chain was read, if it was
    not up to the store's last block.
    """
    stamp = info.published_at or info.synced_at
    if stamp is None or info.synced_at is None or request["status"] not in ("pending", "paid"):
        return None
    number = f"unstake request {request['wr_id']}"
    end = request["requested_at"].date() + timedelta(days=OFFICIAL_DAYS)
    # A simulation's time stands still; any other calendar goes on.
    today = info.synced_at.date() if info.simulated else max(info.synced_at, now).date()
    alarm: timedelta | None = _MORNING
    if request["status"] == "paid":
        at, alarm = request["paid_at"], None
        summary = f"{words.payout(request['payout_ftm'])} paid for {number}"
        todo = "The pool sent the whole amount to the address that asked."
    elif likely is not None and likely.by >= today:
        at, summary = likely.by, f"{likely.odds.capitalize()} odds that {number} is paid by now"
        todo = (
            _check("If it still waits after this day, it is later than nine in ten odds said")
            if likely.odds == _NINE_IN_TEN
            else "It is as likely as not that it still waits: look at its place in the queue."
        )
    elif end > today:
        at, summary = end, f"Official {OFFICIAL_DAYS} days end for {number}"
        todo = _check("If it still waits after this day")
    else:
        at, summary = today + timedelta(days=LOOK_AGAIN_DAYS), f"Check {number}"
        todo = _check(f"The official {OFFICIAL_DAYS} days ended on {end}. If it still waits")
    kind = unreal(info)
    return Event(
        uid=f"unstake-request-{request['wr_id']}-of-{info.network}-{info.chain_id}@ftm-queue",
        stamp=stamp,
        at=at,
        summary=f"{kind}: {summary}" if kind else summary,
        description=_description(info, request, todo, link, known),
        url=link,
        alarm=alarm,
    )


def _check(when: str) -> str:
    return (
        "Look at its status, its place in the queue and the FTM ahead of it. "
        f"{when}, ask Ankr's support: {SUPPORT}"
    )


def _description(info: StoreInfo, request: Row, todo: str, link: str, known: str) -> str:
    lines = [
        f"Request {request['wr_id']} for {words.payout(request['payout_ftm'])}, asked for on "
        f"{words.moment(request['requested_at'])}.",
        todo,
        f"Where it stands: {link}" if link else "",
        f"Transaction of the request: {request['requested_tx']}",
        f"{unreal(info)}: no real request." if unreal(info) else "",
        known or f"Known up to block {info.synced_block}, {words.moment(info.synced_at)}.",
    ]
    return "\n".join(line for line in lines if line)
