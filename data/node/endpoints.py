"""The endpoints of one chain: posting to them, and failing over from one to the next.

What goes wrong is named in data.node.refusals; one that failed is left alone for a while.
How wide a range of blocks each takes is learnt by trial: a refusal narrows at once, and each
one makes the next trial of a wider range come later, so that a provider's fixed limit is
seldom run into again. No message carries the path or user of a URL, which may be a key.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import socket
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import urllib3

from data import NodeError
from data.config import host_of
from data.node.refusals import (
    BusyError,
    EndpointError,
    LyingError,
    RangeTooWideError,
    TooMuchError,
    http_refusal,
    is_busy,
    message_of,
    parsed,
)

T = TypeVar("T")
# Null is an answer to these: the node knows no such transaction.
_NULLABLE = ("eth_getTransactionByHash", "eth_getTransactionReceipt")
_WIDEST = 1 << 20  # blocks
_LATEST_TRIAL = 64  # good answers, at the most, before a wider range is tried
_QUICK_S, _SLOW_S = 2.0, 12.0
_SMALL_BYTES, _LARGE_BYTES = 4_000_000, 24_000_000


@dataclass(frozen=True)
class Manners:
    """How endpoints are treated.

    One attempt takes four `timeout_s` at most; between attempts lies `pause_s`, doubled with
    each failure in a row. No attempt begins once a question has taken `patience_s`.
    `first_span` is how many blocks are asked for at first. Several answers are held at once,
    so a body beyond `largest_body` is refused.
    """

    timeout_s: float = 30.0
    attempts: int = 8
    pause_s: float = 0.5
    longest_pause_s: float = 15.0
    first_span: int = 2_000
    largest_body: int = 48 * 1024 * 1024
    patience_s: float = math.inf


@dataclass(eq=False)
class Endpoint:
    """One URL and what was learnt about it; shared by the threads that ask it."""

    url: str
    manners: Manners
    # How many blocks it is asked for at once.
    span: int = field(init=False)
    # No range up to this was refused lately; 0 where even one block was.
    ceiling: int = _WIDEST
    # Whether it left out logs that there are, and whether it takes batches.
    lied: bool = False
    batches: bool = True
    last_error: str = ""
    _rests_until: float = 0.0
    _failures: int = 0
    # A wider range is tried after so many good answers; how many there were since, and whether
    # such a trial is under way.
    _trial_after: int = 1
    _good_answers: int = 0
    _trying: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.span = self.manners.first_span

    @property
    def host(self) -> str:
        """The endpoint's name without what may be a key."""
        return host_of(self.url)

    @property
    def pause_s(self) -> float:
        """How many seconds it is still to be left alone."""
        return max(0.0, self._rests_until - time.monotonic())

    def failed(self, error: EndpointError) -> None:
        """Leave the endpoint alone for a while, longer each time it fails in a row. Requests
        that fail together fail once."""
        with self._lock:
            self.last_error = self.redacted(error)
            if self.pause_s == 0:
                pause_s = self.manners.pause_s * 2.0**self._failures
                self._rests_until = time.monotonic() + min(pause_s, self.manners.longest_pause_s)
                self._failures += 1
            if self._trying:
                self._good_answers, self._trying = 0, False

    def redacted(self, error: object) -> str:
        """An error as text, without what may be a key: nodes quote the URL they were asked at."""
        parts = urlsplit(self.url)
        words = [parts.username or "", parts.password or ""]
        words += re.split(r"[/?&=]", f"{parts.path}?{parts.query}")
        text = str(error)
        for word in sorted(words, key=len, reverse=True):
            if len(word) >= 6:
                text = text.replace(word, "...")
        return text[:300]

    def width(self, blocks: int) -> int:
        """How many blocks to ask for, of `blocks` that are wanted: now and then more than ever
        before."""
        with self._lock:
            if blocks > self.span and self._good_answers >= self._trial_after and not self._trying:
                self._trying = True
                return min(blocks, self.span * 2, _WIDEST)
            return min(blocks, self.span)

    def refused(self, error: EndpointError, length: int, fits: int) -> None:
        """Ask for at most `fits` blocks from now on, after a refusal of `length` blocks."""
        with self._lock:
            self.last_error = self.redacted(error)
            self.ceiling = min(self.ceiling, fits)
            if fits < self.span or (length > self.span and self._trying):
                self.span = max(1, min(self.span, fits))
                self._trial_after = min(self._trial_after * 4, _LATEST_TRIAL)
                self._good_answers, self._trying = 0, False

    def answered(self) -> None:
        with self._lock:
            self._failures = 0

    def answered_range(self, length: int, took_s: float, size: int) -> None:
        """Learn from a good answer over `length` blocks: ask for fewer if it was slow, more if
        quick."""
        with self._lock:
            self._failures = 0
            if took_s > _SLOW_S or size > _LARGE_BYTES:
                self.span = max(1, min(self.span, length // 2))
                self._trying = False
            elif took_s < _QUICK_S and size < _SMALL_BYTES and length >= self.span:
                self._good_answers += 1
                if length > self.span:
                    self.span = length
                    self.ceiling = max(self.ceiling, length)
                    self._trial_after = max(1, self._trial_after // 2)
                    self._good_answers, self._trying = 1, False


class Endpoints:
    """All endpoints of a chain behind one socket pool; `request` fails over between them."""

    def __init__(self, urls: tuple[str, ...], manners: Manners) -> None:
        self.all = [Endpoint(url, manners) for url in urls]
        self.attempts = max(manners.attempts, len(self.all))
        self._manners = manners
        self._turn = itertools.count()
        self._ids = itertools.count(1)
        self._pool = urllib3.PoolManager(
            maxsize=16,
            timeout=urllib3.Timeout(connect=min(10.0, manners.timeout_s), read=manners.timeout_s),
            retries=False,
        )

    def drop(self, endpoint: Endpoint) -> None:
        """Use this endpoint no more."""
        self.all.remove(endpoint)

    def next(self, avoid: Collection[Endpoint] = (), blocks: int = 1) -> Endpoint:
        """The endpoint whose turn it is among the rested ones that take so many blocks;
        one of `avoid` only where there is no other."""
        able = [endpoint for endpoint in self.all if endpoint.ceiling >= blocks] or self.all
        rested = [endpoint for endpoint in able if endpoint.pause_s == 0]
        choices = [endpoint for endpoint in rested if endpoint not in avoid] or rested
        if choices:
            return choices[next(self._turn) % len(choices)]
        return min(able, key=lambda endpoint: endpoint.pause_s)

    def attempt(self, method: str, ask: Callable[[Endpoint], T]) -> T:
        """The first good answer to `ask`, trying endpoint after endpoint, a bounded number of times
        and with a pause.

        Raises NodeError with the last error of each where no answer is good.
        """
        tried: list[Endpoint] = []
        deadline = time.monotonic() + self._manners.patience_s
        for _ in range(self.attempts):
            # Each is asked before any is asked again, and that is then not the last one.
            endpoint = self.next(avoid=tried)
            tried = [*(tried if len(tried) < len(self.all) - 1 else ()), endpoint]
            if time.monotonic() + endpoint.pause_s > deadline:
                break
            time.sleep(endpoint.pause_s)
            try:
                answer = ask(endpoint)
            except EndpointError as error:
                endpoint.failed(error)
            else:
                endpoint.answered()
                return answer
        raise NodeError(f"no endpoint gave a usable answer to {method}. {self.faults()}")

    def faults(self) -> str:
        """Each endpoint's last error, and what to do about it."""
        errors = "; ".join(f"{e.host}: {e.last_error}" for e in self.all if e.last_error)
        return f"{errors}. What was fetched is kept: try again later, or name another --rpc-url"

    def request(self, method: str, params: Any) -> dict[str, Any]:
        """One JSON-RPC answer, its `error` included.

        An error that the node means, such as a reverted call, is the caller's to read. Any other is
        asked again: another endpoint may have what one lacks.
        """
        answer: dict[str, Any] = {}
        requests = [(method, params)]
        for _ in range(max(3, len(self.all))):
            answer = self.attempt(method, lambda endpoint: self._ask(endpoint, requests)[0])
            if "error" not in answer or "revert" in message_of(answer["error"]):
                break
        return answer

    def request_batch(self, requests: list[tuple[str, Any]]) -> list[dict[str, Any]]:
        """Answers in the order of the requests, as one HTTP batch where the endpoint takes it."""
        return self.attempt(requests[0][0], lambda endpoint: self.ask_batch(endpoint, requests))

    def ask_batch(
        self, endpoint: Endpoint, requests: list[tuple[str, Any]]
    ) -> list[dict[str, Any]]:
        """This endpoint's answers in the order of the requests, errors included, one by one
        where it takes no batches. Raises EndpointError where one of them is none."""
        deadline = time.monotonic() + self._manners.patience_s
        if endpoint.batches:
            try:
                return self._ask(endpoint, requests, batch=True)
            except EndpointError as error:  # it may know no batches and else be well
                if isinstance(error, TooMuchError) or is_busy(str(error)):
                    raise
        answers = []
        for request in requests:
            if time.monotonic() > deadline:
                raise TooMuchError("takes no batches, and too long one by one")
            answers += self._ask(endpoint, [request])
        endpoint.batches = False
        return answers

    def ask_one(self, endpoint: Endpoint, method: str, params: Any) -> Any:
        """The result of one call at this endpoint. Raises EndpointError for anything else."""
        answer = self._ask(endpoint, [(method, params)])[0]
        if "error" in answer:
            raise BusyError(f"{method}: {message_of(answer['error'])}")
        return answer["result"]

    def post(self, endpoint: Endpoint, payload: Any) -> bytes:
        """The body of one HTTP answer, JSON-RPC's own errors included, within four times the
        timeout. Raises EndpointError for anything else."""
        headers = {"content-type": "application/json", "accept-encoding": "gzip"}
        parts = urlsplit(endpoint.url)
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers |= urllib3.make_headers(basic_auth=user)
        body = json.dumps(payload).encode()
        response: urllib3.BaseHTTPResponse | None = None
        deadline = time.monotonic() + 3 * self._manners.timeout_s
        try:
            response = self._pool.request(
                "POST", endpoint.url, body=body, headers=headers, preload_content=False
            )
            body = _read(response, deadline, self._manners.largest_body)
        except urllib3.exceptions.ReadTimeoutError as error:
            raise TooMuchError("no answer in time") from error
        except urllib3.exceptions.HTTPError as error:
            if response is None:
                raise BusyError(f"cannot be reached ({_root(error)})") from error
            raise LyingError(f"the answer broke off in the middle ({_root(error)})") from error
        refused = http_refusal(response.status, body) if response.status >= 300 else None
        if refused is not None:
            raise refused
        return body

    def _ask(
        self, endpoint: Endpoint, requests: list[tuple[str, Any]], batch: bool = False
    ) -> list[dict[str, Any]]:
        payload = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params or []}
            for method, params in requests
        ]
        answers = parsed(self.post(endpoint, payload if batch else payload[0]))
        if not batch:
            answers = [answers]
        if not isinstance(answers, list) or len(answers) != len(payload):
            raise LyingError("answered a batch with something else")
        by_id = {}
        nullable = {str(request["id"]) for request in payload if request["method"] in _NULLABLE}
        for answer in answers:
            if not isinstance(answer, dict):
                raise LyingError("the answer is no JSON-RPC answer")
            if answer.get("error") is None:
                answer.pop("error", None)  # some send a null beside the result
                null_result = "result" in answer and str(answer.get("id")) in nullable
                if answer.get("result") is None and not null_result:
                    raise LyingError("answered with no result")
            elif is_busy(answer["error"]):
                raise BusyError(message_of(answer["error"]))
            by_id[str(answer.get("id"))] = answer
        if not batch and "error" in answers[0]:
            return answers  # an error to a request that was not understood has no id
        try:
            return [by_id[str(request["id"])] for request in payload]
        except KeyError as error:
            raise LyingError("answered another request than it was asked") from error


def _read(response: urllib3.BaseHTTPResponse, deadline: float, most: int) -> bytes:
    """A body, read in pieces: a socket times out between two pieces, and a slow body has many."""
    pieces, size = [], 0
    while piece := response.read1(1 << 20, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            response.close()
            raise RangeTooWideError("the answer is too large to hold")
        if time.monotonic() > deadline:
            response.close()
            raise TooMuchError("the answer did not end in time")
    response.release_conn()
    return b"".join(pieces)


def _root(error: BaseException) -> str:
    """The innermost reason of a connection error, without the URL that urllib3 puts in."""
    reason = getattr(error, "reason", None) or error.__cause__
    if isinstance(reason, BaseException) and reason is not error:
        return _root(reason)
    if isinstance(error, socket.gaierror):
        return "the host name cannot be resolved"
    return type(error).__name__
