"""The endpoints of one chain: posting to them, naming what went wrong, failing over.

An endpoint says "too much" in a dozen ways. All of them become RangeTooWideError, from
which only a length is believed, never a range; everything else that may pass is
BusyError, and what no honest node says is LyingError.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import urllib3

from data import NodeError
from data.config import host_of

T = TypeVar("T")

# Beyond this a body is a fault, not an answer: a full range of logs is some 10 MB.
_LARGEST_BODY = 256 * 1024 * 1024
_TOO_WIDE = re.compile(
    r"(block|blocks?) range|range.*(limit|exceed|wide|large|support)|too wide|more than \d+ result"
    r"|limit.*\d+ ?(block|result|log)|too many (results|logs|blocks)|response (size|is too big)"
    r"|(result|response|query).*(too large|exceed|limit)|limited to",
    re.IGNORECASE,
)
_BUSY = re.compile(
    r"rate.?limit|too many requests|capacity|busy|throttl|try again later|per second", re.IGNORECASE
)
_BLOCK_RANGE = re.compile(r"(0x[0-9a-f]+)\s*(?:,|-|to)\s*(0x[0-9a-f]+)", re.IGNORECASE)


class EndpointError(NodeError):
    """One endpoint's failure at one request; another may do better."""


class BusyError(EndpointError):
    """Unreachable, slow, rate-limited, or broken in a way that may pass."""


class RangeTooWideError(EndpointError):
    """The endpoint refuses the size of the range; `length` is what it says it would take."""

    def __init__(self, message: str, length: int | None = None) -> None:
        super().__init__(message)
        self.length = length


class SlowError(BusyError):
    """No answer in time: the endpoint is dead, or the range is more than it can do."""


class LyingError(EndpointError):
    """An answer that no honest node gives: HTML, half a body, logs nobody asked for."""


@dataclass
class Endpoint:
    """One URL, how wide a range it was found to take, and until when it is left alone."""

    url: str
    span: int = 2_000
    ceiling: int = 1 << 20
    rests_until: float = 0.0
    failures: int = 0
    last_error: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def host(self) -> str:
        """The endpoint's name without what may be a key."""
        return host_of(self.url)

    def failed(self, error: EndpointError) -> None:
        """Leave the endpoint alone for a while, longer each time it fails in a row."""
        with self.lock:
            self.failures += 1
            self.last_error = str(error)
            self.rests_until = time.monotonic() + min(0.25 * 2**self.failures, 15.0)

    def answered(self) -> None:
        with self.lock:
            self.failures = 0


class Endpoints:
    """All endpoints of a chain behind one socket pool; `request` fails over between them."""

    def __init__(self, urls: tuple[str, ...], timeout_s: float, attempts: int = 6) -> None:
        self.all = [Endpoint(url) for url in urls]
        self.attempts = max(attempts, len(self.all))
        self._turn = itertools.count()
        self._ids = itertools.count(1)
        self._pool = urllib3.PoolManager(
            maxsize=16,
            timeout=urllib3.Timeout(connect=min(10.0, timeout_s), read=timeout_s),
            retries=False,
            headers={"content-type": "application/json", "accept-encoding": "gzip"},
        )

    def drop(self, endpoint: Endpoint) -> None:
        """Use this endpoint no more."""
        self.all.remove(endpoint)

    def next(self, avoid: Endpoint | None = None) -> Endpoint:
        """The endpoint whose turn it is: rested ones first, `avoid` only if it is alone."""
        choices = [endpoint for endpoint in self.all if endpoint is not avoid] or self.all
        now = time.monotonic()
        rested = [endpoint for endpoint in choices if endpoint.rests_until <= now]
        if rested:
            return rested[next(self._turn) % len(rested)]
        return min(choices, key=lambda endpoint: endpoint.rests_until)

    def attempt(self, ask: Callable[[Endpoint], T], endpoint: Endpoint | None = None) -> T:
        """The first good answer to `ask`, trying endpoint after endpoint, a bounded number
        of times and with a pause. RangeTooWideError passes through: the caller narrows.

        Raises NodeError with each endpoint's last words where none answers.
        """
        for _ in range(self.attempts):
            endpoint = endpoint or self.next()
            pause = endpoint.rests_until - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            try:
                answer = ask(endpoint)
            except RangeTooWideError:
                raise
            except EndpointError as error:
                endpoint.failed(error)
                endpoint = self.next(avoid=endpoint)
            else:
                endpoint.answered()
                return answer
        raise NodeError(f"no endpoint gave a usable answer. {self.faults()}")

    def faults(self) -> str:
        """Each endpoint's last error, and what to do about it."""
        told = "; ".join(f"{e.host}: {e.last_error}" for e in self.all if e.last_error)
        return f"{told}. What was fetched is kept: try again later, or name another --rpc-url"

    def request(self, method: str, params: Any) -> dict[str, Any]:
        """One JSON-RPC answer, whole, its `error` included: errors a node means, such as a
        reverted call, are the caller's."""
        answers = self.attempt(lambda endpoint: self._ask(endpoint, [(method, params)], False))
        return answers[0]

    def request_batch(self, requests: list[tuple[str, Any]]) -> list[dict[str, Any]]:
        """Answers in the order of the requests, as one HTTP batch where the endpoint takes it."""
        try:
            return self.attempt(lambda endpoint: self._ask(endpoint, requests, True))
        except NodeError:
            return [self.request(method, params) for method, params in requests]

    def ask_one(self, endpoint: Endpoint, method: str, params: Any) -> Any:
        """The result of one call at this endpoint. Raises EndpointError for anything else."""
        answer = self._ask(endpoint, [(method, params)], False)[0]
        if "error" in answer:
            raise BusyError(f"{method}: {message_of(answer['error'])}")
        return answer["result"]

    def post(self, endpoint: Endpoint, payload: Any) -> bytes:
        """The body of one successful HTTP answer. Raises EndpointError for anything else."""
        try:
            response = self._pool.request(
                "POST", endpoint.url, body=json.dumps(payload).encode(), preload_content=False
            )
            body = response.read(_LARGEST_BODY, decode_content=True)
            response.release_conn()
        except urllib3.exceptions.ReadTimeoutError as error:
            raise SlowError("no answer in time") from error
        except urllib3.exceptions.IncompleteRead as error:
            raise LyingError("the answer broke off in the middle") from error
        except urllib3.exceptions.HTTPError as error:
            raise BusyError(f"cannot be reached ({_root(error)})") from error
        if response.status == 413:
            raise RangeTooWideError("the answer would be too large (HTTP 413)")
        if len(body) >= _LARGEST_BODY:
            raise RangeTooWideError("the answer is too large to hold")
        if response.status >= 400 and not body.lstrip().startswith(b"{"):
            raise BusyError(f"HTTP {response.status}")
        return bytes(body)

    def _ask(
        self, endpoint: Endpoint, requests: list[tuple[str, Any]], batch: bool
    ) -> list[dict[str, Any]]:
        payload = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params or []}
            for method, params in requests
        ]
        body = self.post(endpoint, payload if batch else payload[0])
        try:
            answers = json.loads(body)
        except ValueError as error:
            raise LyingError(no_json(body)) from error
        if not batch:
            answers = [answers]
        if not isinstance(answers, list) or len(answers) != len(payload):
            raise LyingError("answered a batch with something else")
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        try:
            ordered = [by_id[asked["id"]] for asked in payload]
        except KeyError as error:
            raise LyingError("answered another request than it was asked") from error
        for answer in ordered:
            if "error" not in answer and "result" not in answer:
                raise LyingError("answered with neither a result nor an error")
            if "error" in answer and _BUSY.search(message_of(answer["error"])):
                raise BusyError(message_of(answer["error"]))
        return ordered


def refusal(error: Any, asked_blocks: int) -> EndpointError:
    """A node's error to a range of `asked_blocks` blocks, as what to do about it."""
    text = message_of(error)
    if _TOO_WIDE.search(text) and not _BUSY.search(text):
        return RangeTooWideError(text, suggested_length(text, asked_blocks))
    return BusyError(text)


def suggested_length(text: str, asked_blocks: int) -> int | None:
    """How many blocks an error text says are allowed; None if it names nothing smaller.

    Only a length is taken: providers suggest ranges that are wrong or move with the head.
    """
    ranges = [int(last, 16) - int(first, 16) + 1 for first, last in _BLOCK_RANGE.findall(text)]
    plain = [int(number.replace(",", "")) for number in re.findall(r"(?<![\w.])\d[\d,]*\b", text)]
    for numbers in (ranges, plain):
        fitting = [n for n in numbers if 0 < n < asked_blocks]
        if fitting:
            return max(fitting)
    return None


def message_of(error: Any) -> str:
    """The text of a JSON-RPC error, whatever shape the node gave it."""
    if isinstance(error, dict):
        return str(error.get("message") or error)[:300]
    return str(error)[:300]


def no_json(body: bytes) -> str:
    """What a body that does not parse seems to be."""
    if body.lstrip()[:1] == b"<":
        return "answered with a web page: this is no JSON-RPC endpoint"
    return "the answer is no JSON: it broke off or came from something else"


def _root(error: BaseException) -> str:
    """The innermost reason of a connection error, without the URL that urllib3 puts in."""
    reason = getattr(error, "reason", None) or error.__cause__
    if isinstance(reason, BaseException) and reason is not error:
        return _root(reason)
    return type(error).__name__
