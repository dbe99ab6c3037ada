"""What became of a transaction whose hash somebody gave, held against what was to be done.

The hash is a claim. Believed is only what the node says of chain, sender, receiver, input
and status, and the request's id only from a log of this network's pool.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from data import ConfigError, NodeError
from data.amounts import format_wei
from data.calls import BURN, BURN_BONDS, BURN_CERTS, WITHDRAW_MANUAL, find_function
from data.config import Network, parse_address
from data.live_node import Answer, LiveNode, Request
from data.live_questions import header_of
from data.receipts import Receipt, Requested, Sent, read_sent
from data.refusals import LyingError
from data.transaction import TOKEN_NAMES, describe
from data.unstake import BOND, CERT, Token

Kind = Literal[
    "not found",
    "pending",
    "reverted",
    "another contract",
    "another function",
    "another sender",
    "another amount",
    "no request",
    "no payout",
    "fetched",
    "success",
]
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_BURNS = (BURN_CERTS, BURN_BONDS, BURN)


@dataclass(frozen=True)
class Expected:
    """The unstake that was to be signed; what is None is not compared, nor is the token without
    an amount."""

    sender: str | None
    token: Token
    amount_wei: int | None


@dataclass(frozen=True)
class Outcome:
    """What the node says of a transaction, in `kind` and in one `sentence`.

    `request` is the one that was expected, or the only one where nothing was; `requests` are
    all that the transaction made at this pool. `block` is None until it is mined, `reason`
    the contract's words where it was reverted and they can be had. `through` is the contract
    that passed the call on (a wallet), None where the pool was called directly. `fetches` is the
    request whose refused payout a `withdrawManual` was to send on: with "fetched" it did.
    `at` is the block's time (UTC) of a "success", None where the node does not tell.
    """

    kind: Kind
    sentence: str
    tx_hash: str
    block: int | None = None
    request: Requested | None = None
    requests: tuple[Requested, ...] = ()
    reason: str | None = None
    sender: str | None = None
    through: str | None = None
    fetches: int | None = None
    at: datetime | None = None

    @property
    def wr_id(self) -> int | None:
        return None if self.request is None else self.request.wr_id


def parse_hash(text: str) -> str:
    """A transaction's hash in lower case. Raises ConfigError where `text` is none."""
    if not _HASH.fullmatch(text):
        raise ConfigError("a transaction hash is 0x and 64 hex digits: copy the whole of it")
    return text.lower()


def read_outcome(node: LiveNode, tx_hash: str, expected: Expected | None = None) -> Outcome:
    """The outcome of a transaction, compared with `expected` where that is given.

    Raises ConfigError where `tx_hash` is no hash, NodeError or WrongChainError where no
    endpoint answers.
    """
    tx_hash = parse_hash(tx_hash)
    if expected is not None:
        sender = None if expected.sender is None else parse_address(expected.sender)
        expected = Expected(sender, expected.token, expected.amount_wei)
    sent = read_sent(node, tx_hash)
    if sent is None:
        return Outcome(
            "not found",
            f"No endpoint of {node.network.name} knows this transaction: it may be on its way, "
            "replaced in the wallet by another, or of another network.",
            tx_hash,
        )
    mined, by_hand = sent.receipt, _fetches(node.network, sent)
    if by_hand is not None:
        kind, sentence, request = *_of_fetch(by_hand, mined), None
    else:
        kind, sentence, request = _judged(node.network, sent, expected)
    reason = None
    if kind == "reverted":
        reason = _reason(node, sent)
        done = "unstaked" if by_hand is None else "sent on"
        sentence += f" {_told(reason)} Nothing was {done}, and only gas was spent."
    requests = () if mined is None else mined.requests
    return Outcome(
        kind=kind,
        sentence=sentence,
        tx_hash=tx_hash,
        block=None if mined is None else mined.block,
        request=request,
        requests=requests,
        reason=reason,
        sender=sent.sender,
        through=sent.to if requests and sent.to != node.network.pool else None,
        fetches=by_hand,
        at=_time_of(node, mined.block) if mined is not None and kind == "success" else None,
    )


def _time_of(node: LiveNode, block: int) -> datetime | None:
    asked: list[Request] = [("eth_getBlockByNumber", [hex(block), False])]

    def header(each: Sequence[Answer]) -> int:
        number, seconds = header_of(each[0])
        if number != block:
            raise LyingError(f"was asked for block {block} and told of block {number}")
        return seconds

    try:
        answers = node.ask(asked, lambda each: 0 * header(each))
    except NodeError:
        return None
    return datetime.fromtimestamp(header(answers.each), UTC)


def _fetches(network: Network, sent: Sent) -> int | None:
    """The request whose refused payout a transaction fetches; None where it does another thing."""
    found = find_function(sent.data, (WITHDRAW_MANUAL,)) if sent.to == network.pool else None
    return found[1][0] if found else None


def _of_fetch(wr_id: int, mined: Receipt | None) -> tuple[Kind, str]:
    if mined is None:
        return "pending", f"It waits to be mined: it fetches the payout of request {wr_id}."
    if not mined.succeeded:
        return "reverted", f"It was mined in block {mined.block} and reverted."
    if [paid.wr_id for paid in mined.payouts] != [wr_id]:
        told = f"It fetches the payout of request {wr_id} and succeeded, but its receipt does not"
        return "no payout", f"{told} tell that it was sent: the pool may be another contract."
    (paid,) = mined.payouts
    return (
        "fetched",
        f"It sent {format_wei(paid.amount_wei)} FTM, the payout of request {wr_id}, to "
        f"{paid.staker} in block {mined.block}.",
    )


def _judged(
    network: Network, sent: Sent, expected: Expected | None
) -> tuple[Kind, str, Requested | None]:
    """Whether this transaction is the one, and how it ended."""
    mined = sent.receipt
    direct = find_function(sent.data, _BURNS) if sent.to == network.pool else None
    if direct and expected:
        token = CERT if direct[0] == BURN_CERTS else BOND
        mismatch = _mismatch(sent.sender, token, direct[1][0], expected)
        if mismatch:
            return *mismatch, None
    if mined is not None and mined.requests:
        return _of_requests(mined.requests, expected)
    what = describe(network, sent.fields).sentence
    if sent.to != network.pool and (mined is not None or not _may_pass_on(network, sent)):
        failed = "" if mined is None or mined.succeeded else ", and it failed"
        return "another contract", f"This transaction {what}{failed}: it is no unstake.", None
    if sent.to == network.pool and direct is None:
        return "another function", f"This transaction {what}: it is no unstake.", None
    if mined is None:
        return "pending", f"It waits to be mined: it {what}.", None
    if not mined.succeeded:
        return "reverted", f"It was mined in block {mined.block} and reverted.", None
    return (
        "no request",
        f"It {what} and succeeded, but its receipt holds no request of this pool: it may be of "
        "the pool's first generation, or the network's pool address is wrong.",
        None,
    )


def _may_pass_on(network: Network, sent: Sent) -> bool:
    """Whether a transaction to another contract may yet unstake: a contract wallet does."""
    return sent.data != "0x" and sent.to not in (None, network.bond, network.cert)


def _of_requests(
    requests: tuple[Requested, ...], expected: Expected | None
) -> tuple[Kind, str, Requested | None]:
    if expected is None or (expected.sender is None and expected.amount_wei is None):
        ids = ", ".join(f"{one.wr_id}" for one in requests)
        only = requests[0] if len(requests) == 1 else None
        return "success", f"It made request{'' if only else 's'} {ids}.", only
    # Compared with the nearest: told is what is wrong with the one that is least wrong.
    worst: list[tuple[Kind, str]] = []
    for one in requests:
        mismatch = _mismatch(one.staker, one.token, one.amount_wei, expected)
        if mismatch is None:
            payout = f"{format_wei(one.payout_wei)} FTM are queued for it"
            return "success", f"It made request {one.wr_id}; {payout}.", one
        worst.append(mismatch)
    order = ("another amount", "another function", "another sender")
    return *min(worst, key=lambda found: order.index(found[0])), None


def _mismatch(
    staker: str, token: Token, amount_wei: int, expected: Expected
) -> tuple[Kind, str] | None:
    """How a burn differs from the one expected."""
    if expected.sender is not None and staker != expected.sender:
        return (
            "another sender",
            f"It unstakes for {staker}, not for {expected.sender}: paste the hash of your own "
            "transaction, or correct the address.",
        )
    if expected.amount_wei is None:
        return None
    burned, wanted = TOKEN_NAMES[token], TOKEN_NAMES[expected.token]
    if token != expected.token:
        return "another function", f"It unstakes {burned}, not {wanted} as was chosen."
    if amount_wei != expected.amount_wei:
        return (
            "another amount",
            f"It unstakes {format_wei(amount_wei)} {burned}, "
            f"not {format_wei(expected.amount_wei)} as was chosen.",
        )
    return None


def _reason(node: LiveNode, sent: Sent) -> str | None:
    """Why it was reverted: the same call asked after its block, and before it; None where
    neither tells."""
    mined = sent.receipt
    if mined is None:
        return None
    if mined.gas_used >= sent.gas:
        return "it ran out of gas"
    again = {"from": sent.sender, "to": sent.to, "data": sent.data, "gas": hex(sent.gas)}
    again["value"] = hex(sent.value_wei)
    blocks = [hex(mined.block), hex(max(0, mined.block - 1))]
    try:
        answers = node.ask([("eth_call", [again, at]) for at in blocks], _unanswered)
    except NodeError:
        return None
    told = next((answer.reverted for answer in answers.each if answer.reverted), None)
    # A call within a call leaves a little gas when it runs out.
    if told is None and mined.gas_used * 20 >= sent.gas * 19:
        return f"it probably ran out of gas ({mined.gas_used:,} of {sent.gas:,} were used)"
    return told


def _unanswered(each: object) -> int:
    """A pruned node may keep neither block: its silence is no reason to ask further."""
    return 0


def _told(reason: str | None) -> str:
    return "Why is not known." if reason is None else f"Why: {reason}."
