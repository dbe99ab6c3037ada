"""What endpoints say instead of an answer, as what to do about it.

An endpoint says "too much" in a dozen ways. Those that mean the range become
RangeTooWideError, from which only a length is believed, never a range; what may mean the
range or the endpoint is TooMuchError; all else that may pass is BusyError, and what no
honest node says is LyingError.
"""

from __future__ import annotations

import json
import re
from typing import Any

from data import NodeError

_TOO_WIDE = re.compile(
    r"blocks? range|range.*(limit|exceed|wide|large|support)|too (wide|large|big)"
    r"|too many (result|log|block)|maximum.*blocks|more than \d+ result"
    r"|limit.*\d+ ?(block|result|log)|limited to|response size"
    r"|(result|response|query).*(exceed|limit)",
    re.IGNORECASE,
)
_TOO_MUCH = re.compile(r"tim(ed|e) ?-?out|deadline|too long|limit exceeded", re.IGNORECASE)
# Also said of a range that begins after the endpoint's newest block: another may have it.
_BUSY = re.compile(
    r"rate.?limit|too many requests|capacity|busy|throttl|quota|try again later|per (second|day)"
    r"|beyond|ahead of",
    re.IGNORECASE,
)
_RATE = re.compile(r"429|rate|too many requests|throttl|quota|per (second|day)", re.IGNORECASE)
_NO_METHOD = re.compile(
    r"method\b.{0,60}\b(not (found|supported|available|exist)|unsupported|does(n't| not) exist)"
    r"|unsupported method|unknown method|no such method",
    re.IGNORECASE,
)
_BLOCK_RANGE = re.compile(r"(0x[0-9a-f]+)\s*(?:,|-|to)\s*(0x[0-9a-f]+)", re.IGNORECASE)
# A number that counts something else than blocks is no length.
_NUMBER = re.compile(
    r"(?<![\w.])(\d[\d,]*)\b(?! ?(?:m?s|sec|min|result|log|record|entr|byte|[kmg]i?b))",
    re.IGNORECASE,
)


class EndpointError(NodeError):
    """One endpoint's failure at one request; another may do better."""

    # Whether it might be about the width of a range, though it does not say so.
    may_be_width: bool = False


class BusyError(EndpointError):
    """Unreachable, rate-limited, or broken in a way that may pass."""

    # How long it wants to be left alone, where it says so.
    retry_after_s: float | None = None


class NeverError(EndpointError):
    """The endpoint serves us no more: a key, a plan or a chain is missing."""


class PrunedError(EndpointError):
    """The endpoint keeps no blocks that old."""


class NoMethodError(EndpointError):
    """The endpoint does not have the method."""


class TooMuchError(BusyError):
    """No answer in time or the like: the endpoint is dead, or cannot do so many blocks."""


class LyingError(EndpointError):
    """An answer that no honest node gives: HTML, half a body, logs nobody asked for."""


class RangeTooWideError(EndpointError):
    """The endpoint refuses the size of the range; `length` is what it says it would take."""

    def __init__(self, message: str, length: int | None = None) -> None:
        super().__init__(message)
        self.length = length


def refusal(error: Any, asked_blocks: int) -> EndpointError:
    """What to do about the error that a node gave for `asked_blocks` blocks."""
    text = message_of(error)
    if _BUSY.search(text):
        return BusyError(text)
    if _TOO_WIDE.search(text):
        return RangeTooWideError(text, suggested_length(text, asked_blocks))
    return TooMuchError(text) if _TOO_MUCH.search(text) else BusyError(text)


def http_refusal(status: int, body: bytes) -> EndpointError | None:
    """What an HTTP status of 300 and more means; None where the body is JSON-RPC's own error."""
    if status == 429:
        return BusyError(f"too many requests (HTTP 429){_words(body)}")
    if is_error(body):
        return None
    if status == 413:
        return RangeTooWideError("the answer would be too large (HTTP 413)")
    if status in (408, 504, 524):
        return TooMuchError(f"no answer in time (HTTP {status})")
    return BusyError(f"HTTP {status}{_words(body)}")


def suggested_length(text: str, asked_blocks: int) -> int | None:
    """How many blocks an error text says are allowed; None if it names no smaller number.

    Only a length is taken: the ranges that providers suggest are wrong, or move with the head.
    """
    ranges = [int(last, 16) - int(first, 16) + 1 for first, last in _BLOCK_RANGE.findall(text)]
    plain = [int(number.replace(",", "")) for number in _NUMBER.findall(text)]
    for numbers in (ranges, plain):
        fitting = [n for n in numbers if 0 < n < asked_blocks]
        if fitting:
            return max(fitting)
    return None


def is_busy(error: Any) -> bool:
    """Whether a JSON-RPC error speaks of the endpoint and not of what was asked."""
    return bool(_BUSY.search(message_of(error)))


def lacks_method(error: Any) -> bool:
    """Whether a JSON-RPC error says that the endpoint does not have the method."""
    code = error.get("code") if isinstance(error, dict) else None
    return code == -32601 or bool(_NO_METHOD.search(message_of(error)))


def is_rate(error: EndpointError) -> bool:
    """Whether an endpoint wants fewer requests in the same time."""
    if isinstance(error, BusyError) and error.retry_after_s is not None:
        return True
    return isinstance(error, BusyError) and bool(_RATE.search(str(error)))


def message_of(error: Any) -> str:
    """The text of a JSON-RPC error, whatever shape the node gave it."""
    if isinstance(error, dict):
        return str(error.get("message") or error)[:300]
    return str(error)[:300]


def parsed(body: bytes) -> Any:
    """The JSON of a body. Raises LyingError saying what it seems to be where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        if body.lstrip()[:1] == b"<":
            text = "answered with a web page: this is no JSON-RPC endpoint"
        else:
            text = "the answer is no JSON: it broke off or came from something else"
        raise LyingError(text) from error


def is_error(body: bytes) -> bool:
    try:
        answer = parsed(body)
    except LyingError:
        return False
    return isinstance(answer, dict) and answer.get("error") is not None


def _words(body: bytes) -> str:
    """The error text of a body that is JSON but no JSON-RPC answer, else ""."""
    try:
        answer = parsed(body)
    except LyingError:
        return ""
    reason = answer.get("error") or answer.get("message") if isinstance(answer, dict) else None
    return f": {message_of(reason)}" if reason else ""
