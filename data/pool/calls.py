"""Calls of the contracts as the bytes that are sent, and answers as the numbers in them.

Every argument and result is one 32-byte word, so no ABI library is needed, nor the second
it takes to load one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.pool.contracts import Field

_HEX = re.compile(r"0x[0-9a-fA-F]*")
_ERROR_SELECTOR = "0x08c379a0"  # Error(string)


@dataclass(frozen=True)
class Function:
    """One function: `arguments` as (name, type), `selector` the first bytes of its hash."""

    name: str
    selector: str
    arguments: tuple[Field, ...] = ()

    @property
    def canonical(self) -> str:
        """The text that the selector is the hash of."""
        return f"{self.name}({','.join(field.type for field in self.arguments)})"


def _one(name: str, kind: str = "uint256") -> tuple[Field, ...]:
    return (Field(name, kind),)


_TO_AND_AMOUNT = (Field("to", "address"), Field("amount", "uint256"))

BURN_CERTS = Function("burnCerts", "0xa79eb06e", _one("shares"))
BURN_BONDS = Function("burnBonds", "0xf93b909c", _one("amount"))
BURN = Function("burn", "0x42966c68", _one("amount"))
WITHDRAW_MANUAL = Function("withdrawManual", "0x7c8ed2dc", _one("wrId"))

FIRST_WR_ID = Function("firstWrId", "0xb23220c3")
LAST_WR_ID = Function("lastWrId", "0xb9b4070e")
WITHDRAWALS = Function("withdrawals", "0x5cc07076", _one("wrId"))
MARKED = Function("markedForManualWithdrawal", "0xe6506847", _one("wrId"))
STASHED = Function("stashedForManualWithdrawals", "0x3f6b13cc")
BURN_FEE = Function("getBurnFee", "0xad20d2e6", _one("amount"))
MIN_FEE_RATIO = Function("minFeeRatio", "0xfa4d6142")
MAX_FEE_RATIO = Function("maxFeeRatio", "0x701f7e1d")
FEE_INCREASE_START = Function("feeIncreaseStart", "0xcd71ef26")
FEE_INCREASE_STOP = Function("feeIncreaseStop", "0x46e9929d")
FEE_SHIFT = Function("feeShift", "0xf4ca2d4c")
MINIMUM_STAKE = Function("getMinimumStake", "0xd9bbd278")
RATIO = Function("ratio", "0x71ca337d")
SHARES_OF = Function("sharesOf", "0xf5eb42dc", _one("account", "address"))
TOTAL_SUPPLY = Function("totalSupply", "0x18160ddd")
BALANCE_OF = Function("balanceOf", "0x70a08231", _one("account", "address"))

# What else is sent to the pool and its tokens, to say of a stranger's transaction what it was.
POOL_FUNCTIONS = (
    BURN_CERTS,
    BURN_BONDS,
    BURN,
    WITHDRAW_MANUAL,
    Function("stakeAndClaimBonds", "0x9f893188"),
    Function("stakeAndClaimCerts", "0xff0a42de"),
    Function("withdrawLast", "0xd129c5c6"),
)
TOKEN_FUNCTIONS = (
    Function("transfer", "0xa9059cbb", _TO_AND_AMOUNT),
    Function("approve", "0x095ea7b3", (Field("spender", "address"), Field("amount", "uint256"))),
    Function("transferFrom", "0x23b872dd", (Field("from", "address"), *_TO_AND_AMOUNT)),
    Function("lockShares", "0x6482a22f", _one("shares")),
    Function("unlockShares", "0xee031373", _one("shares")),
)


def calldata(function: Function, *arguments: int | str) -> str:
    """A call's data in hex. Numbers are wei or ids, texts are addresses."""
    if len(arguments) != len(function.arguments):
        raise ValueError(f"{function.canonical} takes {len(function.arguments)} arguments")
    numbers = [int(a, 16) if isinstance(a, str) else a for a in arguments]
    return function.selector + "".join(number.to_bytes(32).hex() for number in numbers)


def call(to: str, function: Function, *arguments: int | str) -> dict[str, str]:
    """The first parameter of an eth_call."""
    return {"to": to, "data": calldata(function, *arguments)}


def words(text: Any) -> list[int]:
    """The 32-byte words of a hex text. Raises ValueError where it is not made of them."""
    if not isinstance(text, str) or not _HEX.fullmatch(text) or (len(text) - 2) % 64:
        raise ValueError("no 32-byte words")
    return [int(text[start : start + 64], 16) for start in range(2, len(text), 64)]


def quantity(text: Any) -> int:
    """A JSON-RPC number such as 0x1a. Raises ValueError for anything else."""
    if not isinstance(text, str) or not _HEX.fullmatch(text) or not 3 <= len(text) <= 66:
        raise ValueError("no number")
    return int(text, 16)


def address_in(word: int) -> str:
    """The address in a word, in lower case."""
    return f"0x{word % (1 << 160):040x}"


def find_function(data: str, functions: Sequence[Function]) -> tuple[Function, list[int]] | None:
    """The function that `data` calls with the words given to it; None for any other.

    More words than it takes are ignored, as a contract does.
    """
    for function in functions:
        if data[:10].lower() == function.selector:
            given = data[10 : 10 + 64 * len(function.arguments)]
            if len(given) == 64 * len(function.arguments) and _HEX.fullmatch("0x" + given):
                return function, words("0x" + given)
    return None


def revert_reason(error: Any) -> str | None:
    """Why a call was reverted, in the contract's words; "" where it gave none, and None
    where the error is no revert."""
    message = str(error.get("message") or "") if isinstance(error, Mapping) else str(error)
    data = error.get("data") if isinstance(error, Mapping) else None
    if isinstance(data, str) and data.startswith(_ERROR_SELECTOR):
        return _text_in(data[10:])
    if "revert" not in message.lower():
        return None
    after = re.split(
        r"revert(?:ed)?(?: with reason)?(?: string)?:?\s*", message, maxsplit=1, flags=re.IGNORECASE
    )
    return after[-1].strip(" '\"")[:200]


def _text_in(digits: str) -> str:
    """The string of an Error(string), as far as it can be read."""
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        return ""
    length = int.from_bytes(raw[32:64])
    text = raw[64 : 64 + min(length, 200)].decode(errors="replace")
    return "".join(letter for letter in text if letter.isprintable())
