"""Sentences about one request, about a transaction and about an address."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from data.config import DEVNET, TESTNET
from data.pool.amounts import format_fee
from data.store.reader import StoreInfo
from forecast.baselines import OFFICIAL_DAYS
from ui.odds import official
from ui.parts import ending_words, words
from ui.shown.store_view import Row, StoreView

SUPPORT = "https://ankrnetwork.atlassian.net/servicedesk/customer/portal/10"
STATUS = {"pending": "waiting", "manual": "refused, set aside", "paid": "paid", None: "unknown"}
_DID = {"requested": "made", "refused": "tried to pay", "paid": "paid"}


def answer(request: Row) -> str:
    """Where one request stands, in one sentence or two."""
    name, payout = f"Request {request['wr_id']:,}", words.payout(request["payout_wei"])
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
            f"The queue has passed request {request['wr_id']:,}, but the log that says how it "
            "ended is missing: Status says what failed, and another sync reads the blocks again."
        )
    if request["ahead_ftm"] is None:
        return (
            f"{name} waits at place {request['place']:,}. How much is to be paid before it is "
            "unknown: an amount or a request before it is missing, see Status."
        )
    own = "its own, an unknown amount" if request["payout_wei"] is None else f"its own {payout}"
    if request["place"] == 1:
        return f"{name} is next: nothing is to be paid before {own}."
    ahead = words.ftm(request["ahead_ftm"], "up")
    return f"{name} waits at place {request['place']:,}: {ahead} are to be paid before {own}."


def blocked_by(request: Row, head: Row | None) -> str:
    """What a request waits for, with the `head` of the queue; "" where the head is unknown."""
    if head is None:
        return ""
    start = f"Nobody is paid before request {head['wr_id']:,}, the first in the queue"
    if head["wr_id"] == request["wr_id"]:
        start = "It is paid next"
    if head["missing_ftm"] is None:
        return f"{start}. What the pool can pay is unknown."
    if head["missing_ftm"] == 0:
        return f"{start}. The pool holds enough for that: the operator's next run pays it."
    return f"{start}: the pool lacks {words.ftm(head['missing_ftm'], 'up')} for that."


def late(info: StoreInfo, request: Row) -> str:
    """A note on a request that has waited longer than the official 35 days, else ""."""
    left = official_left(info, request)
    if request["status"] != "pending" or left is None or left >= 0:
        return ""
    over = words.duration(-left)
    note = (
        f"It has waited {over} longer than the official {OFFICIAL_DAYS} days, which stand in no "
        f"contract. [Ankr's support]({SUPPORT}) takes requests about it: give them its "
        "id, address and transaction."
    )
    made_up = "This one is not on the real chain, so support knows nothing of it."
    return f"{note} {made_up}" if unreal(info) else note


def official_left(info: StoreInfo, request: Row) -> float | None:
    """How many of its official days a request has left at the last block; None without a block."""
    if info.synced_at is None:
        return None
    return official.days_left(request["requested_at"], info.synced_at)


def happened(event: Row, when: str) -> str:
    """One line of a request's history."""
    payout = words.payout(event["payout_wei"])
    after = words.duration(event["after_days"])
    if event["event"] == "requested":
        ahead = "nothing" if event["ahead_ftm"] == 0 else words.ftm(event["ahead_ftm"], "up")
        gross, fee = words.payout(event["gross_wei"]), words.UNKNOWN
        if None not in (event["gross_wei"], event["fee_wei"]):
            fee, gross = (
                f"{text} FTM" for text in format_fee(int(event["fee_wei"]), int(event["gross_wei"]))
            )
        kept = "without a fee" if event["fee_wei"] == 0 else f"{fee} of it kept as the fee"
        detail = (
            f"{event['token']} worth {gross} burned, {kept}, {payout} to be paid. Ahead of it "
            f"stood {ahead}."
        )
    elif event["event"] == "reached the head":
        detail = f"All before it had been paid or refused, {after} after the request."
        if event["after_days"] == 0:
            detail = "It was at once the first in the queue."
    elif event["event"] == "refused":
        detail = f"The receiver did not take the {payout}, {after} after the request."
    else:
        detail = f"{payout} sent to the staker, {after} after the request."
    return f"**{event['event'].capitalize()}**, {when}. {detail}"


def when(info: StoreInfo, now: datetime, at: datetime) -> str:
    """`8 Jan 2025, 11:42 UTC, 3 d 4 h ago`, or before the last block of a simulation."""
    if info.simulated and info.synced_at is not None:
        age = words.duration(words.days_between(at, info.synced_at))
        return f"{words.moment(at)}, {age} before the last block"
    return f"{words.moment(at)}, {words.duration(words.days_between(at, now))} ago"


def unreal(info: StoreInfo) -> str:
    """The kind of a chain that is not the real one, else ""."""
    if info.simulated:
        return "Simulated"
    return "Test chain" if info.network in (DEVNET, TESTNET) else ""


def read_up_to(store: StoreView) -> str:
    """How far the store was read, and whether more is to come."""
    info = store.info
    block = "no block" if info.synced_block is None else f"block {info.synced_block:,}"
    newer = "What is newer appears after the next sync."
    if info.simulated:
        newer = "It is a sample and grows no further."
    elif store.ending.is_final:
        newer = f"Nothing newer is expected: {ending_words.brief(store.ending)}."
    return f"The store is read up to {block}, {words.moment(info.synced_at)}. {newer}"


def of_address(requests: pl.DataFrame) -> str:
    """How often an address asked, and what it has in the queue."""
    once = requests.height == 1
    asked = f"This address asked {'once' if once else f'{requests.height:,} times'}"
    pending = requests.filter(status="pending").sort("place")
    refused = requests.filter(status="manual").height
    aside = ""
    if refused:
        which = "It was" if once else f"{refused:,} of them {'was' if refused == 1 else 'were'}"
        aside = f" {which} refused: the money is set aside until `withdrawManual` is called."
    if not pending.height:
        return f"{asked} and has no request in the queue.{aside}"
    first = pending.row(0, named=True)
    number, place = f"{first['wr_id']:,}", f"place {first['place']:,}"
    ahead = (
        f"{words.ftm(first['ahead_ftm'], 'up')} ahead" if first["place"] > 1 else "nothing ahead"
    )
    if pending.height == 1:
        return f"{asked}. Request {number} waits at {place} with {ahead}.{aside}"
    return (
        f"{asked}; {pending.height:,} requests wait. The first of them, request {number}, is at "
        f"{place} with {ahead}.{aside}"
    )


def of_transaction(events: pl.DataFrame) -> str:
    """What a transaction did, and when."""
    at = words.moment(events["at"][0])
    deeds = []
    for event, verb in _DID.items():
        ids = events.filter(event=event)["wr_id"].unique().sort().to_list()
        if ids:
            which = ", which was refused" if event == "refused" else ""
            deeds.append(f"{verb} request{'s' if len(ids) > 1 else ''} {_listed(ids)}{which}")
    return f"This transaction {'; it '.join(deeds)}. It is of {at}, block {events['block'][0]:,}."


def _listed(ids: list[int]) -> str:
    """`1, 2 and 3`; of more than six the first five and how many more."""
    names = [f"{wr_id:,}" for wr_id in ids]
    if len(names) > 6:
        names[5:] = [f"{len(ids) - 5:,} more"]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
