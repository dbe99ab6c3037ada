"""What somebody pasted, as an address, a transaction or a request id, or why it is none.

Read generously, as people paste: spaces around it, a link of an explorer, a thousands
separator. Refused exactly: a wrong checksum or a missing digit is never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from data import ConfigError
from data.config import parse_address
from data.pool.pasted import visible

TAKES = "an address (0x and 40 hex digits), a transaction hash (0x and 64) or a request id"
_ADDRESS_DIGITS, _HASH_DIGITS = 40, 64
_MOST_DIGITS = 18  # what fits a BIGINT whatever the digits
_WHOLE_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_LONGEST = 2_000  # a link; some patterns here take the square of a text's length
_HEX = re.compile(r"0x[0-9a-f]*", re.IGNORECASE)
_BARE = re.compile(rf"[0-9a-f]{{{_ADDRESS_DIGITS}}}|[0-9a-f]{{{_HASH_DIGITS}}}", re.IGNORECASE)
_REQUEST = re.compile(r"(?:request\s*)?#?\s*([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)", re.IGNORECASE)
_NEGATIVE = re.compile(r"#?\s*[-\u2212\u2013]\s*[0-9][0-9,]*")
_SHORTENED = re.compile(r"0x[0-9a-f]*(?:\u2026|\.{2,})[0-9a-f]*", re.IGNORECASE)
_NAME = re.compile(r"[^\s/?#:@]+\.[^\W\d_]{2,}")
_LINK = re.compile(r"\w+://|[^\s/]+\.[^\s/]+/|[^\s]*[?&][a-z]+=", re.IGNORECASE)
# The network before an address: `ftm:0x...` (EIP-3770), `eip155:250:0x...` (CAIP-10), and a payment
# request, `ethereum:0x...@250` (EIP-681).
_ON_NETWORK = re.compile(
    r"(?P<network>eip155:[0-9]+|[a-z][a-z0-9-]*):(?:pay-)?(?P<hex>0x[0-9a-z]+)"
    r"(?:@(?P<chain>[0-9]+))?(?:[/?].*)?",
    re.IGNORECASE,
)
# What a page or a person writes before it, which is no network's name.
_LABEL = re.compile(
    r"(?:(?:address|account|wallet|from|to|staker|sender|receiver|recipient|owner|holder|contract"
    r"|transaction|txn|tx|hash|id)[ _-]?)+\s*:\s*(?=0x)",
    re.IGNORECASE,
)
_OURS = {"ftm", "fantom", "tftm", "eip155:250", "eip155:4002", "ethereum@250", "ethereum@4002"}
_HEX_IN_LINK = re.compile(r"(?<![0-9a-z])0x[0-9a-z]*", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """Twenty bytes, as the store writes them: 0x and 40 lower-case digits."""

    text: str


@dataclass(frozen=True)
class Transaction:
    """A transaction's hash, as the store writes it: 0x and 64 lower-case digits."""

    text: str


@dataclass(frozen=True)
class RequestId:
    """The number of a request, which may not exist."""

    number: int


@dataclass(frozen=True)
class Unreadable:
    """Why a text is none of them. `why` repeats nothing of the text but numbers."""

    why: str


Identifier = Address | Transaction | RequestId


def read_identifier(
    text: str, network: str = "", digits: int = 0
) -> Identifier | Unreadable | None:
    """What `text` names; None where there is nothing but space.

    A link to this page names its network: one that is not `network` is refused. Of a link that
    names several, what has so many hex `digits` comes first.
    """
    text = _trimmed(text)
    if not text:
        return None
    if len(text) > _LONGEST:
        return Unreadable(f"It has {len(text):,} characters, more than any of these.")
    text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    if found := _ON_NETWORK.fullmatch(text):
        return _on_network(found)
    if _LINK.match(text):
        return _in_link(text, network, digits)
    if match := _REQUEST.fullmatch(text):
        bare = _BARE.fullmatch(text)
        return _from_hex("0x" + text) if bare else _request(match[1].replace(",", ""))
    if _NEGATIVE.fullmatch(text):
        return Unreadable("Request ids are not negative: the first request is 0.")
    if _SHORTENED.fullmatch(text):
        return Unreadable("It is shortened in the middle: copy the whole address or hash.")
    if _BARE.fullmatch(text):
        return _from_hex("0x" + text)
    if text[:2].lower() == "0x":
        return _from_hex(text)
    if _NAME.fullmatch(text):
        return Unreadable(
            "Names are not looked up: paste the address that the name stands for, "
            "0x and 40 hex digits."
        )
    return Unreadable(_not_any(text))


def _trimmed(text: str) -> str:
    """The text without what copying picks up, and without the marks of a sentence around it."""
    return visible(text).strip("\"'`<>()[];:,.! ")


def _on_network(found: re.Match[str]) -> Address | Transaction | Unreadable:
    """What is written with its network before it: of another one it may be somebody else's."""
    name = found["network"].lower() + (f"@{found['chain']}" if found["chain"] else "")
    if name in _OURS or name == "ethereum":
        return _from_hex(found["hex"])
    return Unreadable(
        f"It is written for another network, {name[:20]}: if it is the same on Fantom, paste what "
        "begins with 0x alone."
    )


def _request(digits: str) -> RequestId | Unreadable:
    shorn = digits.lstrip("0") or "0"
    if len(shorn) > _MOST_DIGITS:
        return Unreadable(
            f"A number of {len(shorn):,} digits is no request id: requests are counted from 0."
        )
    return RequestId(int(shorn))


def _from_hex(text: str) -> Address | Transaction | Unreadable:
    """An address or a transaction from a text that begins with 0x."""
    digits = text[2:]
    if re.search(r"\s", digits):
        return Unreadable("There is a space in it: paste one address or hash, in one piece.")
    if not _HEX.fullmatch(text):
        place = next(i for i, d in enumerate(digits, 1) if not re.match("[0-9a-fA-F]", d))
        return Unreadable(
            f"Character {place} after 0x is no hex digit: those are 0 to 9 and a to f, "
            "so never the letters O, I or l."
        )
    if len(digits) == _HASH_DIGITS:
        return Transaction("0x" + digits.lower())
    if len(digits) != _ADDRESS_DIGITS:
        return Unreadable(_miscounted(len(digits)))
    try:
        return Address(parse_address("0x" + digits))
    except ConfigError:
        return Unreadable(
            "Its capital letters do not fit its checksum, so a letter or digit is probably "
            "mistyped: copy the address again. All in small letters it is taken unchecked."
        )


def _miscounted(count: int) -> str:
    """That the number of digits is wrong; the kind it is nearer to is named first."""
    address = f"an address has {_ADDRESS_DIGITS}"
    transaction = f"a transaction hash has {_HASH_DIGITS}"
    near, far = (address, transaction)
    if abs(count - _HASH_DIGITS) < abs(count - _ADDRESS_DIGITS):
        near, far = far, near
    return f"It has {count:,} hex digit{'' if count == 1 else 's'}, {near} ({far})."


def _in_link(text: str, network: str, digits: int) -> Identifier | Unreadable:
    """The address, transaction or request that a link is about; what has `digits` first."""
    try:
        parts = urlsplit(text)
        query = parse_qs(parts.query)
    except ValueError:
        return Unreadable("This link cannot be read: paste the address or hash alone.")
    if "find" in query and network and query.get("network", [network])[-1] != network:
        return Unreadable(f"This link is of another network than {network}: open it by itself.")
    if "find" in query and not _LINK.match(_trimmed(query["find"][-1])):  # a link to this page
        identifier = read_identifier(query["find"][-1])
        if identifier is not None:
            return identifier
    holder = query.get("a", [""])[-1]  # of a token's page: whose tokens
    kinds = re.findall(r"/(?:tx|address)/(0x[0-9a-z]*)", unquote(parts.path), re.IGNORECASE)
    candidates = [*_HEX_IN_LINK.findall(holder), *kinds, *_HEX_IN_LINK.findall(unquote(text))]
    if not candidates:
        return Unreadable("This link holds no address and no transaction hash.")
    whole = [text for text in candidates if len(text) - 2 in (_ADDRESS_DIGITS, _HASH_DIGITS)]
    wanted = [text for text in whole if len(text) - 2 == digits]
    return _from_hex([*wanted, *whole, *candidates][0])


def _not_any(text: str) -> str:
    """Why a text is nothing that can be looked up; counts the digits of hex without its 0x."""
    if re.fullmatch("[0-9a-f]{16,}", text, re.IGNORECASE):
        return _miscounted(len(text))
    if re.fullmatch(r"#?\s*[0-9][0-9.,\s]*", text):
        return "A request id is a whole number, such as 1490, #1490 or 1,490."
    return "This cannot be looked up."


def read_address(text: str, network: str = "") -> str | Unreadable | None:
    """The address that `text` names, in lower case, or why it is none; None of no text."""
    match read_identifier(text, network, _ADDRESS_DIGITS):
        case Address(address):
            return address
        case Transaction():
            return Unreadable("This is a transaction's hash: an address has 0x and 40 hex digits.")
        case RequestId():
            return Unreadable("This is a number: an address has 0x and 40 hex digits.")
        case unreadable:
            return unreadable


def read_hash(text: str, network: str = "") -> str | Unreadable | None:
    """The hash of the transaction that `text` names, as `read_address` does it."""
    match read_identifier(text, network, _HASH_DIGITS):
        case Transaction(tx):
            return tx
        case Address():
            return Unreadable("This is an address: a transaction's hash has 0x and 64 hex digits.")
        case RequestId():
            return Unreadable("This is a number: a transaction's hash has 0x and 64 hex digits.")
        case unreadable:
            return unreadable


def parse_hash(text: str) -> str:
    """A transaction's hash in lower case. Raises ConfigError where `text` is none."""
    if not _WHOLE_HASH.fullmatch(text):
        raise ConfigError("a transaction hash is 0x and 64 hex digits: copy the whole of it")
    return text.lower()
