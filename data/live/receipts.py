"""What a node knows of a transaction, held to what was asked: its hash, sender, status, logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.config import Network
from data.node.live_node import Answer, LiveNode
from data.node.refusals import LyingError
from data.pool.burn import BOND, CERT, Token
from data.pool.calls import address_in, quantity, words
from data.pool.contracts import PAID, TOKENS_BURNED_2, Event


@dataclass(frozen=True)
class Requested:
    """One request that a transaction made at the pool, as `TokensBurned2` tells; wei."""

    wr_id: int
    staker: str
    token: Token
    gross_wei: int
    shares_wei: int
    fee_wei: int

    @property
    def payout_wei(self) -> int:
        return self.gross_wei - self.fee_wei

    @property
    def amount_wei(self) -> int:
        """What was burned, in the token's own wei."""
        return self.gross_wei if self.token == BOND else self.shares_wei


@dataclass(frozen=True)
class Paid:
    """One payout that a transaction made from the pool, as `Withdrawn` tells; wei."""

    wr_id: int
    staker: str
    amount_wei: int


@dataclass(frozen=True)
class Receipt:
    """How a mined transaction ended; `requests` and `payouts` are those at this network's pool."""

    block: int
    succeeded: bool
    gas_used: int
    requests: tuple[Requested, ...]
    payouts: tuple[Paid, ...]


@dataclass(frozen=True)
class Sent:
    """A transaction the node knows; `receipt` is None while it waits to be mined."""

    host: str
    sender: str
    to: str | None
    data: str
    value_wei: int
    gas: int
    receipt: Receipt | None

    @property
    def fields(self) -> dict[str, object]:
        """As a transaction's description takes it."""
        return {"to": self.to, "data": self.data, "value": hex(self.value_wei)}


def read_sent(node: LiveNode, tx_hash: str) -> Sent | None:
    """The transaction, from the endpoint that knows most of it; None where none knows it.

    Raises NodeError or WrongChainError where no endpoint answers.
    """

    def judge(each: Sequence[Answer]) -> int:
        for answer in each:
            if answer.error is not None:
                raise LyingError(answer.error)
        sent = _sent(node.network, "", tx_hash, each)
        return 2 if sent is None else int(sent.receipt is None)

    methods = ("eth_getTransactionByHash", "eth_getTransactionReceipt")
    answers = node.ask([(method, [tx_hash]) for method in methods], judge)
    return _sent(node.network, answers.host, tx_hash, answers.each)


def _sent(network: Network, host: str, tx_hash: str, each: Sequence[Answer]) -> Sent | None:
    """Raises LyingError where the two answers are not of this transaction."""
    transaction, receipt = (answer.result for answer in each)
    if transaction is None:
        if receipt is not None:
            raise LyingError("has a receipt of a transaction that it does not know")
        return None
    try:
        if transaction["hash"].lower() != tx_hash.lower():
            raise LyingError("answered with another transaction")
        to = transaction["to"]
        sent = Sent(
            host=host,
            sender=_address(transaction["from"]),
            to=None if to is None else _address(to),
            data=_data(transaction["input"]),
            value_wei=quantity(transaction["value"]),
            gas=quantity(transaction["gas"]),
            receipt=None if receipt is None else _receipt(network, receipt),
        )
        if receipt is not None:
            if receipt["transactionHash"].lower() != tx_hash.lower():
                raise LyingError("answered with the receipt of another transaction")
            same = (receipt["from"].lower(), receipt["to"] and receipt["to"].lower())
            if same != (sent.sender, sent.to):
                raise LyingError("contradicts itself about who sent the transaction, and whereto")
            _check_logs(network, sent)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise LyingError("answered with what is no transaction or no receipt") from error
    return sent


def _check_logs(network: Network, sent: Sent) -> None:
    """Raises LyingError where a receipt's logs cannot have come of its transaction."""
    mined = sent.receipt
    requests = mined.requests if mined else ()
    if mined and (requests or mined.payouts) and not mined.succeeded:
        raise LyingError("tells of logs of a transaction that it says was reverted")
    if sent.to == network.pool and any(one.staker != sent.sender for one in requests):
        raise LyingError("tells of a request by another than the one who called the pool")


def _receipt(network: Network, receipt: dict[str, Any]) -> Receipt:
    status = quantity(receipt["status"])
    if status not in (0, 1):
        raise ValueError("no status")
    logs = receipt["logs"]
    return Receipt(
        block=quantity(receipt["blockNumber"]),
        succeeded=status == 1,
        gas_used=quantity(receipt["gasUsed"]),
        requests=tuple(requested_in(log) for log in logs if is_of(TOKENS_BURNED_2, network, log)),
        payouts=tuple(_paid(log) for log in logs if is_of(PAID, network, log)),
    )


def is_of(event: Event, network: Network, log: dict[str, Any]) -> bool:
    """Whether a log is this event of this network's pool: any contract may emit one like it."""
    topics = log["topics"]
    return (
        log["address"].lower() == network.pool
        and len(topics) == event.topics_count
        and topics[0].lower() == event.topic0
    )


def _paid(log: dict[str, Any]) -> Paid:
    _, staker, wr_id = (words(topic)[0] for topic in log["topics"])
    (amount_wei,) = words(log["data"])
    return Paid(wr_id, address_in(staker), amount_wei)


def requested_in(log: dict[str, Any]) -> Requested:
    """The request that a TokensBurned2 tells of. Raises ValueError where it is none."""
    _, staker, wr_id, is_rebasing = (words(topic)[0] for topic in log["topics"])
    gross_wei, shares_wei, fee_wei = words(log["data"])
    token = BOND if is_rebasing else CERT
    return Requested(wr_id, address_in(staker), token, gross_wei, shares_wei, fee_wei)


def _address(text: str) -> str:
    if len(text) != 42 or not 0 <= int(text, 16) < 1 << 160:
        raise ValueError("no address")
    return text.lower()


def _data(text: str) -> str:
    bytes.fromhex(text.removeprefix("0x"))
    return text.lower()
