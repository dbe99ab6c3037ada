"""What stands in the way of an unstake, as a pure function of what was read.

What is not known is said to be unknown, with the reason: it is neither well nor wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from answers import words
from data.config import is_public
from data.live.reading import Holder, Reading
from data.pool.amounts import format_short, format_wei
from data.pool.burn import BOND, RebuiltFee
from data.pool.transaction import TOKEN_NAMES

Kind = Literal["ok", "problem", "note", "unknown"]
# With these problems the contract would refuse it, or give nothing for it.
UNSIGNABLE = {"payout", "supply", "balance", "refusal"}
_MINUTE = timedelta(minutes=1)
_OLD = 10 * _MINUTE  # an idle chain still makes a block a minute


@dataclass(frozen=True)
class Remark:
    """One check: `code` names it, `sentence` tells what was found, `remedy` what to do about
    it ("" where nothing is to be done)."""

    kind: Kind
    code: str
    sentence: str
    remedy: str = ""


def check_unstake(
    reading: Reading,
    earlier: Reading | None = None,
    rebuilt: RebuiltFee | None = None,
    now: datetime | None = None,
) -> list[Remark]:
    """Every check that what is given allows, problems first.

    `earlier` is what the user saw in the step before, `now` the time (UTC) to tell a node's
    age by. The holder's checks need `reading.holder`.
    """
    remarks = [*_of_amount(reading)]
    if (more := over_supply(reading)) is not None:
        remarks.append(more)
    if reading.holder is not None:
        remarks += _of_holder(reading, reading.holder)
    if earlier is not None and earlier.block < reading.block:
        remarks += _of_changes(reading, earlier)
    if rebuilt is not None:
        remarks += _of_rebuilt_fee(reading, rebuilt)
    if now is not None:
        remarks.append(_of_age(reading, now))
    order = ("problem", "unknown", "note", "ok")
    return sorted(remarks, key=lambda remark: order.index(remark.kind))


def over_supply(reading: Reading) -> Remark | None:
    """The problem with an amount that is more than all there is of its token; None where it is
    not, and where the node did not tell how much there is."""
    supply_wei = reading.supply_wei
    if supply_wei is None or reading.amount_wei <= supply_wei:
        return None
    return Remark(
        "problem",
        "supply",
        f"{_amount(reading.amount_wei, supply_wei)} is more than all {TOKEN_NAMES[reading.token]} "
        f"there are, {_amount(supply_wei, reading.amount_wei)}: nobody holds that much.",
        "Enter less, or use the whole balance.",
    )


def _of_amount(reading: Reading) -> Iterator[Remark]:
    if reading.payout_wei is None:
        yield _unknown(reading, "payout", "What you would get", "payout_wei")
    elif reading.payout_wei == 0:
        yield Remark(
            "problem",
            "payout",
            "The fee takes all of this amount: the request would be paid 0 FTM.",
            "Raise the amount.",
        )
    else:
        yield Remark(
            "ok", "payout", f"You get {format_short(reading.payout_wei)} FTM; there is no minimum."
        )


def _of_holder(reading: Reading, holder: Holder) -> Iterator[Remark]:
    balance = _balance(reading, holder)
    yield balance
    # What the contract says of too small a balance is the same once more.
    is_short = balance.kind == "problem"
    if not (is_short and holder.gas is None and holder.refusal is not None):
        yield _gas(reading, holder)
    if holder.refusal is not None and not is_short:
        why = f": {holder.refusal}" if holder.refusal else ", without giving a reason"
        yield Remark(
            "problem",
            "refusal",
            f"The contract would refuse this unstake now{why}.",
            "Correct the amount or the address; nothing was sent.",
        )
    if holder.is_contract is None:
        yield _unknown(reading, "receiver", "Whether the address is a contract", "is_contract")
    elif holder.is_contract:
        yield Remark(
            "note",
            "receiver",
            "The address is a contract. FTM is pushed to it with 40,000 gas; if it rejects "
            "that or needs more, the payout is kept for it.",
            "Anyone can then fetch it for you by withdrawManual with the request's id.",
        )
    else:
        yield Remark("ok", "receiver", "An ordinary wallet address: it can receive the payment.")


def _balance(reading: Reading, holder: Holder) -> Remark:
    name = TOKEN_NAMES[reading.token]
    most_wei = holder.most_wei
    if most_wei is None:
        return _unknown(reading, "balance", f"The {name} balance", "most_wei")
    if most_wei >= reading.amount_wei:
        return Remark(
            "ok", "balance", f"{name} balance is {_amount(most_wei, reading.amount_wei)}."
        )
    other_wei = holder.cert_wei if reading.token == BOND else holder.bond_wei
    other = TOKEN_NAMES["aFTMc" if reading.token == BOND else "aFTMb"]
    remedy = "Enter less, or use the whole balance."
    if most_wei == 0:
        remedy = "Use another address."
        if other_wei:
            remedy = f"It holds {format_short(other_wei)} {other}: choose that token."
    return Remark(
        "problem",
        "balance",
        f"This address holds {_amount(most_wei, reading.amount_wei)} {name}, you entered "
        f"{_amount(reading.amount_wei, most_wei)}.",
        remedy,
    )


def _gas(reading: Reading, holder: Holder) -> Remark:
    if holder.native_wei is None:
        return _unknown(reading, "gas", "The FTM balance for gas", "native_wei")
    if holder.gas is None:
        what = "How much gas it takes"
        if holder.refusal is None:
            return _unknown(reading, "gas", what, "gas")
        return Remark("unknown", "gas", f"{what} is unknown: the contract would refuse.")
    if reading.gas_price_wei is None:
        return _unknown(reading, "gas", "The price of gas", "gas_price_wei")
    cost_wei = holder.gas * reading.gas_price_wei
    missing_wei = cost_wei - holder.native_wei
    takes = f"Gas takes about {format_short(cost_wei, up=True)} FTM, the address holds"
    if missing_wei <= 0:
        return Remark("ok", "gas", f"{takes} {format_short(holder.native_wei)}.")
    return Remark(
        "problem",
        "gas",
        f"{takes} {format_short(holder.native_wei)}: {format_wei(missing_wei)} FTM are missing.",
        "Send that much FTM, and a little more, to the address first.",
    )


def _of_changes(reading: Reading, earlier: Reading) -> Iterator[Remark]:
    """What is otherwise than in the step before."""
    now, then = (reading.first_wr_id, reading.last_wr_id), (earlier.first_wr_id, earlier.last_wr_id)
    if None in (*now, *then):
        field = "first_wr_id" if now[0] is None else "last_wr_id"
        yield _unknown(reading, "queue", "Whether the queue moved since you looked", field)
    elif now == then:
        yield Remark("ok", "queue", "The queue is as it was when you looked.")
    else:
        paid = (reading.first_wr_id or 0) - (earlier.first_wr_id or 0)
        joined = (reading.last_wr_id or 0) - (earlier.last_wr_id or 0)
        yield Remark(
            "note",
            "queue",
            f"The queue moved since you looked, by block {reading.block}: {paid:,} left at its "
            f"head, {joined:,} joined at its end.",
        )
    same = (reading.token, reading.amount_wei) == (earlier.token, earlier.amount_wei)
    before_wei, after_wei = earlier.payout_wei, reading.payout_wei
    if same and before_wei is not None and after_wei is not None and before_wei != after_wei:
        yield Remark(
            "note",
            "changed payout",
            f"You get {_amount(after_wei, before_wei)} FTM now; it was "
            f"{_amount(before_wei, after_wei)} when you looked.",
        )


def _of_rebuilt_fee(reading: Reading, rebuilt: RebuiltFee) -> Iterator[Remark]:
    if reading.fee_wei is None:
        yield _unknown(reading, "fee", "The node's fee", "fee_wei")
    elif reading.fee_wei == rebuilt.fee_wei:
        yield Remark(
            "ok",
            "fee",
            f"The fee, {format_short(rebuilt.fee_wei, up=True)} FTM, is the same by the node and "
            "by the logs.",
        )
    else:
        behind = rebuilt.block < reading.block
        yield Remark(
            "note" if behind else "problem",
            "fee",
            f"The node says the fee is {format_wei(reading.fee_wei)} FTM (block {reading.block}), "
            f"the logs say {format_wei(rebuilt.fee_wei)} FTM (block {rebuilt.block}).",
            "The fee changes with each unstake."
            if behind and is_public()
            else "Sync again: the fee changes with each unstake."
            if behind
            else "Sign only if you accept the node's; see the checks on the status page.",
        )


def _of_age(reading: Reading, now: datetime) -> Remark:
    age = now - reading.at
    if age <= _OLD:
        return Remark(
            "ok", "age", f"Read at block {reading.block} from {words.node(reading.host)}."
        )
    return Remark(
        "note",
        "age",
        f"The newest block {words.node(reading.host)} knows, {reading.block}, is "
        f"{words.of_minutes(age // _MINUTE)} old: the node is behind, or the chain stands "
        "still.",
        "Try again later." if is_public() else "Try again later or through another endpoint.",
    )


def _unknown(reading: Reading, code: str, what: str, field: str) -> Remark:
    reason = reading.unknown.get(f"holder.{field}") or reading.unknown.get(field)
    return Remark(
        "unknown", code, f"{what} is unknown: {reason or 'the node did not say'}.", "Try again."
    )


def _amount(wei: int, beside_wei: int) -> str:
    """Short, unless that would make two different amounts read alike."""
    if wei != beside_wei and format_short(wei) == format_short(beside_wei):
        return format_wei(wei)
    return format_short(wei)
