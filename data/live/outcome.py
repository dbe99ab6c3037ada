"""What became of a transaction whose hash somebody gave, held against what was to be done.

The hash is a claim. Believed is only what the node says of chain, sender, receiver, input
and status, and the request's id only from a log of this network's pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from data import NodeError
from data.config import parse_address
from data.live.questions import header_of
from data.live.receipts import Requested, Sent, read_sent
from data.live.verdict import Expected, Kind, fetches, judge, judge_fetch
from data.node.live_node import Answer, LiveNode, Request
from data.node.refusals import LyingError
from data.pool.identifiers import parse_hash


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
    mined, by_hand = sent.receipt, fetches(node.network, sent)
    if by_hand is not None:
        kind, sentence, request = *judge_fetch(by_hand, mined), None
    else:
        kind, sentence, request = judge(node.network, sent, expected)
    reason = None
    if kind == "reverted":
        reason = _reason(node, sent)
        done = "unstaked" if by_hand is None else "sent on"
        why = "Why is not known." if reason is None else f"Why: {reason}."
        sentence += f" {why} Nothing was {done}, and only gas was spent."
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
    question: list[Request] = [("eth_getBlockByNumber", [hex(block), False])]

    def header(each: Sequence[Answer]) -> int:
        number, seconds = header_of(each[0])
        if number != block:
            raise LyingError(f"was asked for block {block} and told of block {number}")
        return seconds

    def complete(each: Sequence[Answer]) -> int:
        header(each)
        return 0

    try:
        answers = node.ask(question, complete)
    except NodeError:
        return None
    return datetime.fromtimestamp(header(answers.each), UTC)


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
        # A pruned node may keep neither block: its silence is no reason to ask further.
        answers = node.ask([("eth_call", [again, at]) for at in blocks], lambda each: 0)
    except NodeError:
        return None
    refusal = next((answer.reverted for answer in answers.each if answer.reverted), None)
    # A call within a call leaves a little gas when it runs out.
    if refusal is None and mined.gas_used * 20 >= sent.gas * 19:
        return f"it probably ran out of gas ({mined.gas_used:,} of {sent.gas:,} were used)"
    return refusal
