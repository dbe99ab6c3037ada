"""Calls of the contracts as the bytes that are sent, and answers as the numbers in them.

Every argument and result is one 32-byte word, so no ABI library is needed, nor the second
it takes to load one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from data.pool.contracts import Function

_HEX = re.compile(r"0x[0-9a-fA-F]*")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_ERROR_SELECTOR = "0x08c379a0"  # Error(string)


def calldata(function: Function, *arguments: int | str) -> str:
    """A call's data in hex. Numbers are wei or ids, texts are addresses."""
    if len(arguments) != len(function.fields):
        raise ValueError(f"{function.canonical} takes {len(function.fields)} arguments")
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


def hash_of(header: Any) -> str:
    """A block's hash in lower case, by its header. Raises ValueError where that holds none."""
    text = header.get("hash") if isinstance(header, dict) else None
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise ValueError("no hash of 32 bytes")
    return text.lower()


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
            digits = data[10 : 10 + 64 * len(function.fields)]
            if len(digits) == 64 * len(function.fields) and _HEX.fullmatch("0x" + digits):
                return function, words("0x" + digits)
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
