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
_LARGEST_CHAIN_ID = 2**53 - 1  # what a browser's numbers hold exactly
_LARGEST_BLOCK = 10**12
_NAME_LETTERS = 40

WhyNot = Literal["rejected", "busy", "locked", "changed", "failed", "unsettled", "unreadable"]


@dataclass(frozen=True)
class UnsignedTransaction:
    """A call to be signed. Addresses and data are lower-case hex; raises ValueError if not.

    `gas` None lets the wallet estimate. `what` says it in a few words, for a panel that shows
    another one by then. `count` is how many of the same call came before it: who signs the same
    again on purpose counts on. `since` is a block from before it, which the browser gives back
    with what became of it. With `by_anybody` it is the same wish whoever signs it.
    """

    sender: str
    to: str
    data: str
    value_wei: int = 0
    gas: int | None = None
    what: str = "a transaction"
    count: int = 0
    since: int | None = None
    by_anybody: bool = False

    def __post_init__(self) -> None:
        shapes = {"sender": _ADDRESS, "to": _ADDRESS, "data": _DATA}
        for name, shape in shapes.items():
            if not shape.fullmatch(getattr(self, name)):
                raise ValueError(f"an unsigned transaction's {name} has to be {shape.pattern}")
        if not 0 <= self.value_wei < 2**256:
            raise ValueError(f"an unsigned transaction's value cannot be {self.value_wei}")
        if self.gas is not None and not 0 < self.gas < 2**63:
            raise ValueError(f"an unsigned transaction's gas cannot be {self.gas}")

    def wish(self, chain_id: int) -> str:
        """The name of the wish to sign this, which a tab signs once, through reloads too. It comes
        of the call itself and its count; not of the gas, which is read anew while it is wished."""
        sender = "anybody" if self.by_anybody else self.sender
        parts = (chain_id, sender, self.to, self.data, self.value_wei, self.count)
        return " ".join(map(str, parts))

    def for_wallet(self, chain_id: int) -> dict[str, str]:
        """The parameter of eth_sendTransaction; the wallet holds it to the chain as well."""
        call = {
            "from": self.sender,
            "to": self.to,
            "data": self.data,
            "value": hex(self.value_wei),
            "chainId": hex(chain_id),
        }
        return call if self.gas is None else call | {"gas": hex(self.gas)}


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
    """The wallet says that it sent the transaction under this hash (lower-case).

    `since` is the block that was given with it, None where that is lost. `earlier` tells that it
    was signed before the page was loaded.
    """

    transaction_hash: str
    since: int | None = None
    earlier: bool = False


@dataclass(frozen=True)
class NotSigned:
    """Why there is no hash. The panel says so already, and offers what can be done.

    rejected: declined by the user. busy: an earlier prompt is open. locked: the wallet hides the
    account. changed: account, network or page changed at the click, nothing was asked.
    failed: the wallet reports a fault before it was asked to sign. unsettled: it was asked, and
    failed or its answer got lost: the transaction may be on its way, and `since` is the block
    that was given with it. unreadable: what the browser said makes no sense.
    """

    why: WhyNot
    since: int | None = None


@dataclass(frozen=True)
class Strayed:
    """The wallet says that it sent this while another order, or none, was shown.

    `what` are the words of its order, by way of the browser: to be escaped as foreign text.
    `sender` is the address that was to sign it (lower-case), None where that is lost.
    """

    transaction_hash: str
    what: str
    sender: str | None = None


@dataclass(frozen=True)
class Report:
    """What the browser says: the wallet it is connected to, how the signing went, and what was
    confirmed besides.

    `signed` are the hashes of the same call under other counts, all signed in this tab.
    """

    connection: Connection | None = None
    outcome: Signed | NotSigned | None = None
    signed: tuple[str, ...] = ()
    strayed: Strayed | None = None


def read_report(report: Any, wish: str | None) -> Report:
    """The browser's words, held to their shape; an outcome only of the `wish` that is shown."""
    if not isinstance(report, dict):
        return Report()
    connection, strayed = _connection(report), _strayed(report.get("strayed"))
    if wish is None:
        return Report(connection, strayed=strayed)
    return Report(
        connection,
        _outcome(report.get("outcome"), wish),
        _signed(report.get("signed"), wish),
        strayed,
    )


def _connection(report: dict[str, Any]) -> Connection | None:
    account = _lowered(report.get("account"), _ADDRESS)
    if account is None:
        return None
    chain_id = report.get("chain")
    known = type(chain_id) is int and 0 < chain_id <= _LARGEST_CHAIN_ID
    return Connection(account, chain_id if known else None, _legible(report.get("wallet")))


def _strayed(stray: Any) -> Strayed | None:
    if not isinstance(stray, dict):
        return None
    transaction_hash = _lowered(stray.get("hash"), _HASH)
    if transaction_hash is None:
        return None
    sender = _lowered(stray.get("sender"), _ADDRESS)
    return Strayed(transaction_hash, _legible(stray.get("what")), sender)


def _legible(text: Any) -> str:
    letters = [letter for letter in text if letter.isprintable()] if isinstance(text, str) else []
    return "".join(letters[:_NAME_LETTERS])


def _signed(signed: Any, wish: str) -> tuple[str, ...]:
    if not isinstance(signed, dict):
        return ()
    call = wish.rpartition(" ")[0]
    others = [name for name in signed if name != wish and name.rpartition(" ")[0] == call]
    hashes = [_lowered(signed[name], _HASH) for name in others]
    return tuple(each for each in hashes if each is not None)


def _outcome(outcome: Any, wish: str) -> Signed | NotSigned | None:
    if not isinstance(outcome, dict) or outcome.get("wish") != wish:
        return None
    block = outcome.get("since")
    since = block if type(block) is int and 0 <= block < _LARGEST_BLOCK else None
    if (transaction_hash := _lowered(outcome.get("hash"), _HASH)) is not None:
        return Signed(transaction_hash, since, earlier=outcome.get("earlier") is True)
    why = outcome.get("why")
    return NotSigned(
        next((known for known in get_args(WhyNot) if known == why), "unreadable"), since
    )


def _lowered(text: Any, shape: re.Pattern[str]) -> str | None:
    if not isinstance(text, str) or not shape.fullmatch(text.lower()):
        return None
    return text.lower()
