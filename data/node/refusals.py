"""What endpoints say instead of an answer, as what to do about it.

A refusal of the width becomes RangeTooWideError, from which only a length is believed, never
a range. What the width may be to blame for says so in `may_be_width`: no answer in time, a
broken connection, words that nobody understands. What no honest node says is LyingError.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json

from data import NodeError
from data.config import host_of
from data.node.wordings import (
    kind_of,
    moment_in_header,
    suggested_length,
    wait_in_header,
    wait_in_words,
)

_READ = 1_000  # characters of an error that are looked at
_SHOWN = 300
_NAMELESS = ("message", "data", "payload", "error", "code", "details", "reason")
_RATE = re.compile(r"429|rate|too many requests|throttl|quota|per (second|day)", re.IGNORECASE)
_NO_METHOD = re.compile(
    r"method\b.{0,60}\b(not (found|supported|available|exist)|unsupported|does(n't| not) exist)"
    r"|unsupported method|unknown method|no such method",
    re.IGNORECASE,
)
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|.?)|\x9b[0-?]*[ -/]*[@-~]", re.DOTALL
)


class EndpointError(NodeError):
    """One endpoint's failure at one request; another may do better.

    `may_be_width`: fewer blocks may cure it. `retry_after_s`: when the endpoint wants to be
    asked again, where it says so.
    """

    may_be_width = False

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        may_be_width: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        if may_be_width is not None:
            self.may_be_width = may_be_width


class BusyError(EndpointError):
    """Unreachable, rate-limited, or broken in a way that may pass."""


class UnclearError(BusyError):
    """An error that nobody understands: it may pass, or be the width."""

    may_be_width = True


class TooMuchError(BusyError):
    """No answer in time or the like: the endpoint is dead, or cannot do so many blocks."""

    may_be_width = True


class StalledError(TooMuchError):
    """An answer that began to come, and would not end in any time worth waiting for."""


class NeverError(EndpointError):
    """This endpoint will not serve us: a key, a plan, a chain that it left, a month used up."""


class PrunedError(EndpointError):
    """The endpoint does not keep blocks, or their state, that old."""


class NoMethodError(EndpointError):
    """The endpoint does not have the method."""


class LyingError(EndpointError):
    """An answer that no honest node gives: HTML, half a body, logs nobody asked for."""


class NoResultError(LyingError):
    """Neither a result nor an error: null, where there is something."""


class RangeTooWideError(EndpointError):
    """The endpoint refuses the size of the range; `length` is what it says it would take. Or its
    answer is too large to hold, of `size` bytes where that is known."""

    may_be_width = True

    def __init__(self, message: str, length: int | None = None, size: int | None = None) -> None:
        super().__init__(message)
        self.length = length
        self.size = size


def refusal(error: Any, asked_blocks: int, now: datetime | None = None) -> EndpointError:
    """What to do about the error that a node gave for `asked_blocks` blocks. `now` is what a
    moment named in it counts from."""
    text, shown = _all_words(error), message_of(error)
    match kind_of(text, error.get("code") if isinstance(error, dict) else None):
        case "range":
            return RangeTooWideError(shown, suggested_length(text, asked_blocks))
        case "never" | "off":
            return NeverError(shown)
        case "old":
            return PrunedError(shown)
        case "slow":
            return TooMuchError(shown, retry_after_s=wait_in_words(text, now))
        case "busy" | "ahead":
            return BusyError(shown, retry_after_s=wait_in_words(text, now))
        case "unclear":
            return UnclearError(shown)


def refused_whatever_is_asked(error: Any, now: datetime | None = None) -> EndpointError | None:
    """The refusal, where a JSON-RPC error speaks of the endpoint and not of what was asked."""
    kind = kind_of(_all_words(error), error.get("code") if isinstance(error, dict) else None)
    return refusal(error, 1, now) if kind in ("busy", "never") else None


def lacks_method(error: Any) -> bool:
    """Whether a JSON-RPC error says that the endpoint does not have the method."""
    code = error.get("code") if isinstance(error, dict) else None
    return code == -32601 or bool(_NO_METHOD.search(message_of(error)))


def is_rate(error: EndpointError) -> bool:
    """Whether an endpoint wants fewer requests in the same time."""
    return isinstance(error, BusyError) and (
        error.retry_after_s is not None or bool(_RATE.search(str(error)))
    )


def http_refusal(
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> EndpointError | None:
    """What an HTTP status of 300 and more means; None where the body is JSON-RPC's own error
    about what was asked."""
    headers = headers or {}
    now = moment_in_header(headers.get("date", ""))
    after_s = wait_in_header(headers.get("retry-after", ""), now)
    error, is_page = _error_of(body)
    known = None if error is None else refusal(error, 1, now)
    words = f"HTTP {status}{f': {message_of(error)}' if error else ''}"
    if status == 429:
        words = words.replace("HTTP 429", "too many requests (HTTP 429)")
        named_s = known.retry_after_s if known else None
        return BusyError(words, retry_after_s=named_s if after_s is None else after_s)
    if 300 <= status < 400:
        return BusyError(_redirect(status, headers.get("location", "")))
    if is_error(body) and isinstance(known, RangeTooWideError | PrunedError | TooMuchError):
        return None
    if status in (401, 402, 403, 451):
        return _denied(status, words, known, is_page, after_s)
    if is_error(body):
        about_all = refused_whatever_is_asked(read_json(body)["error"], now)
        if about_all is not None and after_s is not None:
            about_all.retry_after_s = after_s
        return about_all
    if status == 413:
        return RangeTooWideError(f"the answer would be too large ({words})")
    if status in (408, 504, 522, 524, 598, 599):
        return TooMuchError(f"no answer in time ({words})", retry_after_s=after_s)
    if after_s is not None:
        return BusyError(words, retry_after_s=after_s)
    if status >= 500 and isinstance(known, NeverError):
        known = None  # a gateway's word about the servers behind it
    if known is None or isinstance(known, UnclearError) or is_page:
        is_servers = status >= 500 or status in (400, 405, 415, 422)
        return (UnclearError if is_servers else BusyError)(words)
    known.args = (words,)
    return known


def _denied(
    status: int,
    words: str,
    known: EndpointError | None,
    is_page: bool,
    after_s: float | None,
) -> EndpointError:
    """Who is sent away: for good where a key, a plan or a price is named, else for a while. A
    web page is a guard that mistakes us for a robot."""
    if isinstance(known, BusyError) and not isinstance(known, UnclearError):
        if after_s is None:
            after_s = known.retry_after_s
        return BusyError(words, retry_after_s=after_s)
    if not is_page and (isinstance(known, NeverError) or status in (402, 451)):
        return NeverError(words)
    return BusyError(words, retry_after_s=after_s)


def _redirect(status: int, location: str) -> str:
    """Where a redirect points, without what may be a key."""
    try:
        parts = urlsplit(location)
        place = f"{parts.scheme or 'https'}://{host_of(location)}" if parts.hostname else ""
    except ValueError:
        place = ""
    if not place:
        return f"HTTP {status}: redirects to another path, which is not followed"
    return f"HTTP {status}: has moved to {plain(place)}: name the new address if you trust it"


def message_of(error: Any) -> str:
    """The text of a JSON-RPC error, whatever shape the node gave it, fit to be shown."""
    if isinstance(error, dict):
        sentences = [text for text in _words(error.get("data")) if " " in text]
        message = next(_words(error.get("message")), "")
        more = next((text for text in sentences if text not in message), "")
        text = ": ".join(filter(None, (message, more))) or " ".join(_words(error))
    else:
        text = " ".join(_words(error))
    return plain(text)[:_SHOWN] or "an error without words"


def plain(text: str) -> str:
    """A node's text on one line, without what a terminal or a page would obey."""
    text = _ESCAPES.sub(" ", text[: 4 * _READ])
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def read_json(body: bytes) -> Any:
    """The JSON that a stranger sent. Raises ValueError where it is none, or too deep.

    Python's own reader goes as deep as the recursion limit lets it, which a library of web3's
    raises beyond what the stack holds.
    """
    return from_json(body.removeprefix(BOM_UTF8))


def parsed(body: bytes) -> Any:
    """The JSON of a body. Raises LyingError saying what it seems to be where it is none."""
    try:
        return read_json(body)
    except ValueError as error:
        if body.lstrip()[:1] == b"<":
            raise LyingError("answered with a web page: this is no JSON-RPC endpoint") from error
        raise LyingError(
            "the answer is no JSON: it broke off or came from something else", may_be_width=True
        ) from error


def is_error(body: bytes) -> bool:
    try:
        answer = parsed(body)
    except LyingError:
        return False
    return isinstance(answer, dict) and answer.get("error") is not None


def _error_of(body: bytes) -> tuple[Any, bool]:
    """The error that a body tells: a JSON-RPC error, other JSON, a page's title or a plain text;
    None where it says nothing. The second is whether it is a web page."""
    text = body[:_READ].decode(errors="replace").strip()
    if text.startswith("<"):
        title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
        return (plain(title[1]) or None) if title else None, True
    try:
        answer = read_json(body)
    except ValueError:
        return text or None, False
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict | str):
        return answer["error"] or None, False
    return answer or None, False


def _all_words(error: Any) -> str:
    """All that an error says, with the names of what it says: `try again in 748ms`."""
    named = " ".join(_words(error, named=True))
    return plain(named[:_READ])


def _words(value: Any, named: bool = False, depth: int = 0) -> Iterator[str]:
    """The texts in a JSON value, a few levels deep; numbers too. Hex is a contract's."""
    if isinstance(value, str):
        if not re.match(r"0x[0-9a-fA-F]{20}", value):
            yield value[:_READ]
    elif isinstance(value, bool | int | float):
        yield str(value)[:40]
    elif isinstance(value, list) and depth < 5:
        for item in value[:20]:
            yield from _words(item, named, depth + 1)
    elif isinstance(value, dict) and depth < 5:
        for key, item in list(value.items())[:20]:
            if named and key not in _NAMELESS:
                yield re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", str(key)[:40])
            if key != "code":
                yield from _words(item, named, depth + 1)
