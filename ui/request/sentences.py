"""The sentences about one request, a transaction and an address on the Track page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from data.config import DEVNET, TESTNET
from data.store.reader import StoreInfo
from forecast.baselines import OFFICIAL_DAYS
from ui.parts import words

Row = Mapping[str, Any]

SUPPORT = "https://ankrnetwork.atlassian.net/servicedesk/customer/portal/10"
STATUS = {"pending": "waiting", "manual": "refused, set aside", "paid": "paid", None: "unknown"}
_DONE = {"requested": "made", "refused": "tried to pay", "paid": "paid"}


def answer(request: Row) -> str:
    """Where one request stands, in one sentence or two."""
    name, payout = f"Request {request['wr_id']:,}", words.payout(request["payout_ftm"])
    if request["status"] == "paid":
        by_hand = ", claimed by hand after the receiver had refused it"
        return (
            f"{name} was paid: {payout} on {words.moment(request['paid_at'])}, "
            f"{words.duration(request['waited_days'])} after it was asked for"
            f"{by_hand if request['refused_at'] else ''}."
        )
    if request["status"] == "manual":
        return (
            f"{name} left the queue unpaid: its receiver refused the {payout} on "
            f"{words.moment(request['refused_at'])}. The money is set aside, and anyone can send "
            f"it with `withdrawManual({request['wr_id']})`."
        )
    if request["status"] is None:
        return (
            f"The queue has passed {name[0].lower()}{name[1:]}, but the log that says how it ended "
            "is missing: Status says what failed, and another sync reads the blocks again."
        )
    if request["ahead_ftm"] is None:
        return (
            f"{name} waits at place {request['place']:,}. How much is to be paid before it is "
            "unknown: an amount or a request before it is missing, see Status."
        )
    own = "its own, an unknown amount" if request["payout_ftm"] is None else f"its own {payout}"
    if request["place"] == 1:
        return f"{name} is next: nothing is to be paid before {own}."
    return (
        f"{name} waits at place {request['place']:,}: {words.ftm(request['ahead_ftm'])} are to be "
        f"paid before {own}."
    )


def blocked_by(request: Row, head: Row | None) -> str:
    """What the queue waits for, as far as it is known."""
    if head is None:
        return ""
    own = head["wr_id"] == request["wr_id"]
    first = "it" if own else f"request {head['wr_id']:,}, the first in the queue"
    if head["missing_ftm"] is None:
        return f"What the pool can pay is unknown. Nobody is paid before {first}."
    if head["missing_ftm"] == 0:
        return f"The pool holds enough for {first}: the operator's next run pays it."
    return (
        f"Nobody is paid before {first}: for that the pool lacks {words.ftm(head['missing_ftm'])}."
    )


def late(info: StoreInfo, request: Row) -> str:
    """The note past the official 35 days; nothing before, nor for what does not wait."""
    waited = request["waited_days"]
    if request["status"] != "pending" or waited is None or waited <= OFFICIAL_DAYS:
        return ""
    over = words.duration(request["waited_days"] - OFFICIAL_DAYS)
    note = (
        f"It has waited {over} longer than the official {OFFICIAL_DAYS} days, which no contract "
        f"holds anyone to. [Ankr's support]({SUPPORT}) takes requests about it: give them its "
        "id, address and transaction."
    )
    made_up = "This one is not on the real chain, so support knows nothing of it."
    return f"{note} {made_up}" if unreal(info) else note


def happened(event: Row, when: str) -> str:
    """One line of a request's history."""
    payout = words.payout(event["payout_ftm"])
    after = words.duration(event["after_days"])
    if event["event"] == "requested":
        ahead = "nothing" if event["ahead_ftm"] == 0 else words.ftm(event["ahead_ftm"])
        fee = "without a fee"
        if event["fee_ftm"] != 0:
            fee = f"{words.ftm(event['fee_ftm'])} of it kept as the fee"
        told = (
            f"{event['token']} worth {words.ftm(event['gross_ftm'])} burned, {fee}, {payout} to be "
            f"paid. Ahead of it stood {ahead}."
        )
    elif event["event"] == "reached the head":
        told = f"All before it had been paid or refused, {after} after the request."
        if event["after_days"] == 0:
            told = "It was at once the first in the queue."
    elif event["event"] == "refused":
        told = f"The receiver did not take the {payout}, {after} after the request."
    else:
        told = f"{payout} sent to the staker, {after} after the request."
    return f"**{event['event'].capitalize()}**, {when}. {told}"


def when(info: StoreInfo, now: datetime, at: datetime) -> str:
    """`8 Jan 2025, 11:42 UTC, 3 d 4 h ago`; a simulation's time stands still."""
    if info.simulated and info.synced_at is not None:
        age = words.duration(words.days_between(at, info.synced_at))
        return f"{words.moment(at)}, {age} before the last block"
    return f"{words.moment(at)}, {words.duration(words.days_between(at, now))} ago"


def unreal(info: StoreInfo) -> str:
    """What a request is if it is none on the real chain."""
    if info.simulated:
        return "Simulated"
    return "Test chain" if info.network in (DEVNET, TESTNET) else ""


def read_up_to(info: StoreInfo) -> str:
    """How far the store can know of anything."""
    block = "no block" if info.synced_block is None else f"block {info.synced_block:,}"
    newer = "It is a sample and grows no further." if info.simulated else ""
    return (
        f"The store is read up to {block}, {words.moment(info.synced_at)}. "
        f"{newer or 'What is newer appears after the next sync.'}"
    )


def of_address(requests: pl.DataFrame) -> str:
    """What an address has in the queue, and the first of it."""
    asked = f"This address asked {'once' if requests.height == 1 else f'{requests.height:,} times'}"
    open_ = requests.filter(pl.col("status") == "pending").sort("place")
    refused = requests.filter(status="manual").height
    aside = f" {refused:,} of them {'was' if refused == 1 else 'were'} refused: the money is set "
    aside = f"{aside}aside until `withdrawManual` is called." if refused else ""
    if not open_.height:
        return f"{asked}. None of them waits in the queue.{aside}"
    first = open_.row(0, named=True)
    waits = words.plural(open_.height, "request waits", "requests wait")
    lead = "It" if open_.height == 1 else "The first of them"
    ahead = f"{words.ftm(first['ahead_ftm'])} ahead" if first["place"] > 1 else "nothing ahead"
    return (
        f"{asked}; {waits}. {lead}, request {first['wr_id']:,}, is at place {first['place']:,} "
        f"with {ahead}.{aside}"
    )


def of_transaction(events: pl.DataFrame) -> str:
    """What a transaction did, and when."""
    at = words.moment(events["at"][0])
    told = []
    for event, verb in _DONE.items():
        ids = events.filter(event=event)["wr_id"].unique().sort().to_list()
        if ids:
            named = f"{verb} request{'s' if len(ids) > 1 else ''} {_listed(ids)}"
            told.append(f"{named}, which was refused" if event == "refused" else named)
    return f"This transaction {'; it '.join(told)}. It is of {at}, block {events['block'][0]:,}."


def _listed(ids: list[int]) -> str:
    """`1, 2 and 3`, or the first five and how many more."""
    named = [f"{wr_id:,}" for wr_id in ids]
    if len(named) > 6:
        named[5:] = [f"{len(ids) - 5:,} more"]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
