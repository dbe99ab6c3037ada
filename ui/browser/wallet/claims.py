"""What a wallet is asked to sign, and what a browser says came of it: claims, not facts.

A browser can say anything. What has the right shape is passed on, all else is refused; whether a
transaction is on the chain, and is the one that was asked for, only the chain tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_DATA = re.compile(r"0x(?:[0-9a-f]{2})*")
_INTENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST_CHAIN_ID = 2**53 - 1  # what a browser's numbers hold exactly
_NAME_LETTERS = 40

WhyNot = Literal["rejected", "busy", "locked", "changed", "failed", "unsettled", "unreadable"]


@dataclass(frozen=True)
class UnsignedTransaction:
    """A call to be signed. Addresses and data are lower-case hex; raises ValueError if not.

    `intent` is the caller's name for this one wish (letters, digits, - and _, at most 64). A tab
    signs an intent once, through reloads too if the page keeps it in its URL.
    """

    intent: str
    sender: str
    to: str
    data: str
    value_wei: int = 0
    gas: int | None = None  # None lets the wallet estimate
    what: str = "a transaction"  # in a few words, for a panel that shows another one by then

    def __post_init__(self) -> None:
        shapes = {"intent": _INTENT, "sender": _ADDRESS, "to": _ADDRESS, "data": _DATA}
        for name, shape in shapes.items():
            if not shape.fullmatch(getattr(self, name)):
                raise ValueError(f"an unsigned transaction's {name} has to be {shape.pattern}")
        if not 0 <= self.value_wei < 2**256:
            raise ValueError(f"an unsigned transaction's value cannot be {self.value_wei}")
        if self.gas is not None and not 0 < self.gas < 2**63:
            raise ValueError(f"an unsigned transaction's gas cannot be {self.gas}")

    def for_wallet(self, chain_id: int) -> dict[str, str]:
        """The parameter of eth_sendTransaction; the wallet holds it to the chain as well."""
        asked = {
            "from": self.sender,
            "to": self.to,
            "data": self.data,
            "value": hex(self.value_wei),
            "chainId": hex(chain_id),
        }
        return asked if self.gas is None else asked | {"gas": hex(self.gas)}


@dataclass(frozen=True)
class Connection:
    """A wallet lets the page see this account (lower-case); `chain_id` None is unreadable.

    `wallet` is the name it gives itself: foreign text, to be escaped where Markdown is shown.
    """

    account: str
    chain_id: int | None
    wallet: str


@dataclass(frozen=True)
class Signed:
    """The wallet says that it sent the transaction under this hash (lower-case)."""

    intent: str
    transaction_hash: str


@dataclass(frozen=True)
class NotSigned:
    """Why there is no hash. The panel says so already, and offers what can be done.

    rejected: declined by the user. busy: an earlier prompt is open. locked: the wallet hides the
    account. changed: account, network or page changed at the click, nothing was asked.
    failed: the wallet reports a fault before it was asked to sign. unsettled: it was asked, and
    failed or its answer got lost: the transaction may be on its way. unreadable: what the
    browser said makes no sense.
    """

    intent: str
    why: WhyNot


@dataclass(frozen=True)
class Strayed:
    """The wallet says that it sent this while another order, or none, was shown.

    `what` are the words of its order, by way of the browser: to be escaped as foreign text.
    """

    transaction_hash: str
    what: str


@dataclass(frozen=True)
class Answer:
    """What the browser says: the wallet it is connected to, how the signing went, and what was
    confirmed besides."""

    connection: Connection | None = None
    outcome: Signed | NotSigned | None = None
    strayed: Strayed | None = None


def read_answer(said: Any, intent: str | None) -> Answer:
    """The browser's words, held to their shape; an outcome only of the `intent` asked now."""
    if not isinstance(said, dict):
        return Answer()
    connection, outcome = _connection(said), said.get("outcome")
    strayed = _strayed(said.get("strayed"))
    if intent is None or not isinstance(outcome, dict) or outcome.get("intent") != intent:
        return Answer(connection, strayed=strayed)
    return Answer(connection, _outcome(outcome, intent), strayed)


def _connection(said: dict[str, Any]) -> Connection | None:
    account = _lowered(said.get("account"), _ADDRESS)
    if account is None:
        return None
    chain_id = said.get("chain")
    known = type(chain_id) is int and 0 < chain_id <= _LARGEST_CHAIN_ID
    return Connection(account, chain_id if known else None, _named(said.get("wallet")))


def _strayed(said: Any) -> Strayed | None:
    if not isinstance(said, dict):
        return None
    transaction_hash = _lowered(said.get("hash"), _HASH)
    return Strayed(transaction_hash, _named(said.get("what"))) if transaction_hash else None


def _named(name: Any) -> str:
    letters = [letter for letter in name if letter.isprintable()] if isinstance(name, str) else []
    return "".join(letters[:_NAME_LETTERS])


def _outcome(said: dict[str, Any], intent: str) -> Signed | NotSigned:
    if (transaction_hash := _lowered(said.get("hash"), _HASH)) is not None:
        return Signed(intent, transaction_hash)
    why = said.get("why")
    return NotSigned(
        intent, next((known for known in get_args(WhyNot) if known == why), "unreadable")
    )


def _lowered(text: Any, shape: re.Pattern[str]) -> str | None:
    if not isinstance(text, str) or not shape.fullmatch(text.lower()):
        return None
    return text.lower()
