"""What the chain says now of the pool, and of one holder: all of it at one block.

One batch asks for everything. Where a block came in between, or an amount could be asked
for only once another was known, a second one follows at the block of the first. What the
node did not tell is None, with the reason in `unknown`; it is never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from data import AmountError, NodeError
from data.config import parse_address
from data.live.questions import (
    RULE,
    Numbers,
    Reasons,
    head_of,
    header_of,
    lacking,
    numbers_in,
    requests_of,
    view_of,
    with_margin,
    withdrawals_of,
)
from data.live.reading import Holder, Reading
from data.node.live_node import Answer, LiveNode, Request
from data.node.refusals import LyingError
from data.pool import contracts
from data.pool.amounts import MOST_WEI
from data.pool.burn import BOND, FeeRule, Token, gross_of, most_of

MOST_SUMMED = 1_000  # more pending requests are not summed call by call
# Providers take 100 calls in a batch, some only 50, and some none: then each takes its turn.
_FIRST_IDS, _BATCH = 25, 50


def read_live(
    node: LiveNode,
    token: Token,
    amount_wei: int,
    address: str | None = None,
    *,
    ratio_guess: int | None = None,
    queue: range | None = None,
    payouts: Callable[[], Mapping[int, int]] = dict,
) -> Reading:
    """The pool for an unstake of `amount_wei` of `token`, and its holder if `address` is given.

    `ratio_guess` (of an earlier reading) spares the second batch for aFTMc while the ratio
    stands. `queue` are the pending ids as last known: the amounts of a short queue come with
    the first batch; without it `pending` is not asked for. Of a queue too long to be asked for one
    by one, `payouts` gives what is known already: wei by id. Raises NodeError or
    WrongChainError where no endpoint answers, ConfigError where `address` is none, AmountError
    where the amount is negative or more than all FTM. An amount of 0 reads the pool alone.
    """
    if not 0 <= amount_wei <= MOST_WEI:
        raise AmountError("The amount is negative or too big: write one above 0.")
    network = node.network
    holder = None if address is None else parse_address(address)
    guess = gross_of(token, amount_wei, ratio_guess or 1) if token == BOND or ratio_guess else None
    ids = queue if queue and len(queue) <= _FIRST_IDS else ()
    ask = partial(requests_of, network, token, amount_wei, holder, guess, ids)
    host, block, numbers, unknown = _read(node, ask("latest"))
    if numbers["head"] != block:
        host, block, numbers, unknown = _read(node, ask(hex(block)), block)
    gross_wei = _gross(token, amount_wei, numbers, unknown)
    if gross_wei is not None and gross_wei != guess:
        numbers.pop("fee_wei", None)  # of a guess that was wrong
        fee = {"fee_wei": view_of(network.pool, contracts.BURN_FEE, hex(block), gross_wei)}
        try:
            _read_more(node, fee, numbers, unknown)
        except NodeError as error:
            unknown["fee_wei"] = str(error)
    pending = None
    if queue is None:
        unknown["pending"] = "not asked for"
    else:
        pending = _pending(node, block, numbers, unknown, payouts)
    if gross_wei is not None and "fee_wei" in numbers:
        numbers["fee_wei"] = min(numbers["fee_wei"], gross_wei)
        numbers["payout_wei"] = gross_wei - numbers["fee_wei"]
    else:
        numbers.pop("fee_wei", None)
        why = unknown.get("gross_wei") or unknown.get("fee_wei", "not told")
        unknown |= {"fee_wei": why, "payout_wei": why}
    rule = [numbers[name] for name in RULE if name in numbers]
    if len(rule) < len(RULE):
        unknown["fee_rule"] = next(unknown[name] for name in RULE if name in unknown)
    get = numbers.get
    return Reading(
        network=network.name,
        host=host,
        block=block,
        at=datetime.fromtimestamp(numbers["timestamp"], UTC),
        token=token,
        amount_wei=amount_wei,
        ratio=get("ratio"),
        supply_wei=get("supply_wei"),
        gross_wei=gross_wei,
        fee_wei=get("fee_wei"),
        payout_wei=get("payout_wei"),
        fee_rule=FeeRule(*rule) if len(rule) == len(RULE) else None,
        fee_shift_wei=get("fee_shift_wei"),
        first_wr_id=get("first_wr_id"),
        last_wr_id=get("last_wr_id"),
        pending=pending,
        balance_wei=get("balance_wei"),
        stashed_wei=get("stashed_wei"),
        minimum_stake_wei=get("minimum_stake_wei"),
        gas_price_wei=get("gas_price_wei"),
        holder=None if holder is None else _holder(holder, token, numbers, unknown),
        unknown={n: why for n, why in unknown.items() if n not in RULE and " " not in n},
    )


def _read(
    node: LiveNode, questions: Mapping[str, Request], at: int | None = None
) -> tuple[str, int, Numbers, Reasons]:
    """One batch that begins with a header, that of block `at` unless it is None: the host, the
    header's block, and the numbers, with the reasons for those that lack."""

    def judge(each: Sequence[Answer]) -> int:
        number, _ = header_of(each[0])
        if at is not None and number != at:
            raise LyingError(f"was asked for block {at} and told of block {number}")
        head_of(each[-1])
        return lacking(questions, each)

    answers = node.ask(list(questions.values()), judge)
    block, timestamp = header_of(answers.each[0])
    numbers, unknown = numbers_in(questions, answers.each)
    return answers.host, block, numbers | {"timestamp": timestamp}, unknown


def _read_more(
    node: LiveNode, questions: Mapping[str, Request], numbers: Numbers, unknown: Reasons
) -> None:
    """A further batch, into the numbers of the ones before."""
    answers = node.ask(list(questions.values()), partial(lacking, questions))
    more, reasons = numbers_in(questions, answers.each)
    numbers |= more
    unknown |= reasons


def _gross(token: Token, amount_wei: int, numbers: Numbers, unknown: Reasons) -> int | None:
    if numbers.get("ratio") == 0:
        del numbers["ratio"]
        unknown["ratio"] = "the node tells of a ratio of 0, which cannot be"
    if token == BOND:
        return amount_wei
    if "ratio" not in numbers:
        unknown["gross_wei"] = unknown["ratio"]
        return None
    return gross_of(token, amount_wei, numbers["ratio"])


def _pending(
    node: LiveNode,
    block: int,
    numbers: Numbers,
    unknown: Reasons,
    payouts: Callable[[], Mapping[int, int]],
) -> dict[int, int] | None:
    """The amounts of all pending requests, those not yet told asked for in batches. Anybody may
    fill the queue with requests of nothing: then what is known already is not asked for."""
    first, last = numbers.get("first_wr_id"), numbers.get("last_wr_id")
    if first is None or last is None or first > last:
        unknown["pending"] = "the node does not tell which requests wait"
        return None
    known = {i: numbers[f"request {i}"] for i in range(first, last) if f"request {i}" in numbers}
    if last - first > MOST_SUMMED:
        known = {i: wei for i, wei in payouts().items() if first <= i < last} | known
    missing = [i for i in range(first, last) if i not in known]
    if len(missing) > MOST_SUMMED:
        unknown["pending"] = f"{len(missing):,} requests wait, too many to add up one by one"
        return None
    for start in range(0, len(missing), _BATCH):
        batch = withdrawals_of(node.network, missing[start : start + _BATCH], hex(block))
        try:
            _read_more(node, batch, numbers, unknown)
        except NodeError as error:
            unknown["pending"] = str(error)
            return None
    for i in missing:
        if f"request {i}" not in numbers:
            why = unknown.get(f"request {i}", "not told")
            unknown["pending"] = f"request {i} is not known: {why}"
            return None
        known[i] = numbers[f"request {i}"]
    return known


def _holder(address: str, token: Token, numbers: Numbers, unknown: Reasons) -> Holder:
    def get(name: str) -> int | None:
        return numbers.get(f"holder.{name}")

    ratio, shares_wei = numbers.get("ratio"), get("bond_shares_wei")
    most_wei = get("bond_wei") if token == BOND else get("cert_wei")
    if token == BOND and ratio is not None and shares_wei is not None:
        most_wei = most_of(token, shares_wei, ratio)
    if most_wei is None:
        balance = "holder.bond_wei" if token == BOND else "holder.cert_wei"
        unknown["holder.most_wei"] = unknown[balance]
    has_code = get("is_contract")
    return Holder(
        address=address,
        native_wei=get("native_wei"),
        bond_wei=get("bond_wei"),
        bond_shares_wei=shares_wei,
        cert_wei=get("cert_wei"),
        is_contract=None if has_code is None else bool(has_code),
        gas=with_margin(get("gas")),
        refusal=unknown.pop("holder.refusal", None),
        most_wei=most_wei,
    )
