"""Sentences about one request, about a transaction and about an address."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from answers import ending_words, official, words
from answers.store_view import Row, StoreView
from data.config import DEVNET, TESTNET
from data.pool.amounts import format_fee
from data.store.reader import StoreInfo
from forecast.baselines import OFFICIAL_DAYS

SUPPORT = "https://ankrnetwork.atlassian.net/servicedesk/customer/portal/10"
STATUS = {"pending": "waiting", "manual": "rejected", "paid": "paid", None: "unknown"}
_EVENTS = {
    "requested": "Made",
    "refused": "Rejected by the receiver",
    "reached the head": "First in line",
}
_DID = {"requested": "made", "refused": "tried to pay", "paid": "paid"}


def answer(request: Row) -> str:
    """Where one request stands, in one sentence or two."""
    name, payout = f"Request {request['wr_id']:,}", words.payout(request["payout_wei"])
    if request["status"] == "paid":
        by_hand = ", claimed by hand after the receiver had rejected it"
        return (
            f"{name} was paid: {payout} on {words.moment(request['paid_at'])}, "
            f"{words.duration(request['waited_days'])} after it was made"
            f"{by_hand if request['refused_at'] else ''}."
        )
    if request["status"] == "manual":
        return (
            f"{name} could not be delivered: its receiver rejected the {payout} on "
            f"{words.moment(request['refused_at'])}. The money is kept for it, and anyone can "
            f"trigger the payment with `withdrawManual({request['wr_id']})`."
        )
    if request["status"] is None:
        return (
            f"The queue has passed request {request['wr_id']:,}, but the log that says how it "
            f"ended is missing: Status says what failed{read_again()}."
        )
    if request["ahead_ftm"] is None:
        return (
            f"{name} waits at place {request['place']:,}. How much is to be paid before it is "
            "unknown: an amount or a request before it is missing, see Status."
        )
    of = "an unknown amount" if request["payout_wei"] is None else payout
    if request["place"] == 1:
        return f"{name} for {of} is first in line."
    ahead = words.ftm(request["ahead_ftm"], "up")
    return f"{name} for {of} is at place {request['place']:,}. {ahead} must be paid before it."


def missing(wr_id: int) -> str:
    """Of a request whose own log the store lacks."""
    return (
        f"Request {wr_id:,} is missing from the store, though newer ones are there: a log was "
        f"not read. Status says what failed{read_again()}."
    )


def read_again() -> str:
    """What becomes of blocks in which a log was left out, after what Status says of them."""
    return words.to_operator(", and another sync reads the blocks again")


def blocked_by(request: Row, head: Row | None) -> str:
    """What a request waits for, with the `head` of the queue; "" where the head is unknown."""
    if head is None:
        return ""
    first, it = f"Request {head['wr_id']:,} is first in line", "that"
    if head["wr_id"] == request["wr_id"]:
        first, it = "It is first in line", "it"
    if head["missing_ftm"] is None:
        return f"{first}. What the pool can pay is unknown."
    if head["missing_ftm"] == 0:
        return f"{first}, and the pool has enough: the operator's next run pays {it}."
    return f"{first}; the pool still needs {words.ftm(head['missing_ftm'], 'up')} to pay {it}."


def late(info: StoreInfo, request: Row) -> str:
    """A note on a request that is past the official 35 days, else ""."""
    left = official_left(info, request)
    if request["status"] != "pending" or left is None or left >= 0:
        return ""
    over = words.duration(-left)
    note = (
        f"It is {over} past the official {OFFICIAL_DAYS} days. That time is a guideline; the "
        f"contract does not enforce it. [Ankr's support]({SUPPORT}) takes questions about it: give "
        "them its id, address and transaction."
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
        detail = f"All before it had been paid or rejected, {after} after the request."
        if event["after_days"] == 0:
            detail = "It was at once the first in the queue."
    elif event["event"] == "refused":
        detail = f"The receiver rejected the {payout}, {after} after the request."
    else:
        detail = f"{payout} sent to the staker, {after} after the request."
    name = _EVENTS.get(event["event"], event["event"].capitalize())
    return f"**{name}**, {when}. {detail}"


def estimate(row: Row) -> str:
    """`90 % chance by 28 Jan 2025, 50 % by 3 Jan 2025` of a logged estimate."""
    most, half = row["most_by"], row["half_by"]
    if half is None:
        return f"50 % chance only after {words.day(row['last_day'])}"
    if most is None:
        return f"50 % chance by {words.day(half)}, 90 % only after {words.day(row['last_day'])}"
    return f"90 % chance by {words.day(most)}, 50 % by {words.day(half)}"


def when(info: StoreInfo, now: datetime, at: datetime) -> str:
    """`8 Jan 2025, 11:42 UTC, 3 d 4 h ago`, or before the last block of a simulation."""
    if info.simulated and info.synced_at is not None:
        age = words.duration(words.days_between(at, info.synced_at))
        return f"{words.moment(at)}, {age} before the newest block"
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
    if store.at is not None:
        newer = "What is newer came after the day that is shown."
    elif info.simulated:
        newer = "It is a sample and grows no further."
    elif store.ending.is_final:
        newer = f"Nothing newer is expected: {ending_words.brief(store.ending)}."
    return f"The store is read up to {block}, {words.moment(info.synced_at)}. {newer}"


def of_address(requests: pl.DataFrame) -> str:
    """How many requests an address made, and what it has in the queue."""
    made = words.plural(requests.height, "request")
    pending = requests.filter(status="pending").sort("place")
    rejected = requests.filter(status="manual").height
    aside = ""
    if rejected:
        aside = (
            f" {words.plural(rejected, 'payment')} {'was' if rejected == 1 else 'were'} rejected "
            "by the receiver: the money is kept until `withdrawManual` is called."
        )
    if not pending.height:
        return f"{made}, none of them waiting.{aside}"
    first = pending.row(0, named=True)
    where = "first in line"
    if first["place"] > 1:
        where = f"at place {first['place']:,}, {words.ftm(first['ahead_ftm'], 'up')} ahead"
    waiting = f"{pending.height:,} of them waiting"
    return (
        f"{made}, {waiting}. The next is no. "
        f"{first['wr_id']:,} for {words.payout(first['payout_wei'])}, {where}.{aside}"
    )


def of_transaction(events: pl.DataFrame) -> str:
    """What a transaction did, and when."""
    at = words.moment(events["at"][0])
    deeds = []
    for event, verb in _DID.items():
        ids = events.filter(event=event)["wr_id"].unique().sort().to_list()
        if ids:
            which = ", which its receiver rejected" if event == "refused" else ""
            deeds.append(f"{verb} request{'s' if len(ids) > 1 else ''} {_listed(ids)}{which}")
    return f"This transaction {'; it '.join(deeds)}. It is of {at}, block {events['block'][0]:,}."


def _listed(ids: list[int]) -> str:
    """`1, 2 and 3`; of more than six the first five and how many more."""
    names = [f"{wr_id:,}" for wr_id in ids]
    if len(names) > 6:
        names[5:] = [f"{len(ids) - 5:,} more"]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
