"""The endpoints of one chain: posting to them, and failing over from one to the next.

What goes wrong is named in data.node.refusals; one that failed is left alone for a while.
"""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import urllib3

from data import NodeError
from data.node.endpoint import Endpoint, Manners
from data.node.refusals import (
    BusyError,
    EndpointError,
    LyingError,
    NoMethodError,
    RangeTooWideError,
    TooMuchError,
    http_refusal,
    is_busy,
    lacks_method,
    message_of,
    parsed,
)

T = TypeVar("T")
# Null is an answer to these: the node knows no such transaction.
_NULLABLE = ("eth_getTransactionByHash", "eth_getTransactionReceipt")


class Endpoints:
    """All endpoints of a chain behind one socket pool; `request` fails over between them."""

    def __init__(
        self,
        urls: tuple[str, ...],
        manners: Manners,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.all = [Endpoint(url, manners, clock) for url in urls]
        self.ever = tuple(self.all)
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
        """Use this endpoint no more; `ever` still holds it."""
        self.all = [other for other in self.all if other is not endpoint]

    def next(self, method: str = "", avoid: Collection[Endpoint] = ()) -> Endpoint:
        """The endpoint whose turn it is among the rested ones that have `method`; one of `avoid`
        only where there is no other. Raises NodeError where none has it."""
        served = [endpoint for endpoint in self.all if not endpoint.aside]
        able = [endpoint for endpoint in served if method not in endpoint.lacks]
        if not able:
            what = f"no endpoint has {method}" if served else "no endpoint is left to ask"
            raise NodeError(f"{what}. {self.faults()}")
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
            endpoint = self.next(method, avoid=tried)
            tried = [*(tried if len(tried) < len(self.all) - 1 else ()), endpoint]
            if time.monotonic() + endpoint.pause_s > deadline:
                break
            time.sleep(endpoint.pause_s)
            try:
                answer = ask(endpoint)
            except NoMethodError:
                endpoint.lacks_method(method)
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
            answer = self.attempt(
                method, lambda endpoint: _having(self._ask(endpoint, requests))[0]
            )
            if "error" not in answer or "revert" in message_of(answer["error"]):
                break
        return answer

    def request_batch(self, requests: list[tuple[str, Any]]) -> list[dict[str, Any]]:
        """Answers in the order of the requests, as one HTTP batch where the endpoint takes it."""
        ask = self.ask_batch
        return self.attempt(requests[0][0], lambda endpoint: _having(ask(endpoint, requests)))

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


def _having(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same answers. Raises NoMethodError where the endpoint does not have a method."""
    for answer in answers:
        if "error" in answer and lacks_method(answer["error"]):
            raise NoMethodError(message_of(answer["error"]))
    return answers


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
