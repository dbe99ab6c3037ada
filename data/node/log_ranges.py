"""All logs of a filter over a block range, from nodes that each set other limits.

Ranges grow while answers are quick and small and shrink when an endpoint objects, down
to one block. An empty answer is the one lie that costs nothing to tell: it is believed
when a second ask, at another endpoint if there is one, is empty too. Where one was caught
lying, more asks must agree, and what was believed before is asked again.
"""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from data import NodeError
from data.node.endpoint import Endpoint
from data.node.endpoints import Endpoints
from data.node.refusals import (
    BusyError,
    EndpointError,
    LyingError,
    RangeTooWideError,
    TooMuchError,
    parsed,
    refusal,
)

_ASKS_OF_A_LIAR = 5
_MOST_IN_FLIGHT = 8


@dataclass(frozen=True)
class LogFilter:
    """What eth_getLogs is asked for.

    `names` are how coverage names it: one for each delegator where one filter serves several.
    """

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    topics: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class RangeAnswer:
    """The logs of blocks first..last as the bare JSON array the node sent."""

    first: int
    last: int
    logs: memoryview
    endpoint: Endpoint

    @property
    def empty(self) -> bool:
        return len(self.logs) < 64 and not self.logs[1:-1].tobytes().strip()


class LogRanges:
    """The answers to one filter over some block ranges, in no fixed order; a range may come
    twice.

    Iterate while there is any `left`; call `reject` for an answer that turns out to be
    unusable and its range comes again, from elsewhere. Raises NodeError when a range was
    tried often enough.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        log_filter: LogFilter,
        ranges: list[tuple[int, int]],
        in_flight: int | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._filter = log_filter
        self._todo = deque(ranges)
        self._in_flight = in_flight or min(4 * len(endpoints.all), _MOST_IN_FLIGHT)
        self._failures: Counter[int] = Counter()
        self._in_vain = 0
        self._slow: set[tuple[int, int]] = set()
        self._rejected: set[int] = set()
        self._believed: list[tuple[int, int]] = []

    @property
    def left(self) -> bool:
        """Whether there are ranges to ask for; a rejected answer leaves one after the last."""
        return bool(self._todo)

    def reject(self, answer: RangeAnswer, reason: str) -> None:
        """Ask for this answer's range again: its content cannot be what the chain holds."""
        error = LyingError(reason)
        answer.endpoint.failed(error)
        self._rejected.add(answer.first)
        self._count_failure(answer.first, answer.last, error)
        self._todo.appendleft((answer.first, answer.last))

    def asked_again(self, answer: RangeAnswer) -> bool:
        """Whether an earlier answer for this range was rejected."""
        return answer.first in self._rejected

    def __iter__(self) -> Iterator[RangeAnswer]:
        pool = ThreadPoolExecutor(self._in_flight)
        running: dict[Future[RangeAnswer], tuple[int, int, Endpoint]] = {}
        liars = self._liars()
        try:
            while self._todo or running:
                while self._todo and len(running) < self._in_flight:
                    endpoint = self._endpoints.next()
                    first, last = self._take(endpoint)
                    running[pool.submit(self._fetch, first, last, endpoint)] = first, last, endpoint
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    first, last, endpoint = running.pop(future)
                    try:
                        answer = future.result()
                    except EndpointError as error:
                        self._put_back(first, last, endpoint, error)
                        continue
                    if answer.empty:
                        self._believed.append((first, last))
                    in_vain = self._in_vain
                    yield answer
                    if self._in_vain == in_vain:  # it was not rejected
                        self._in_vain = 0
                if self._liars() > liars:
                    liars = self._liars()
                    self._todo.extend(self._believed)
                    self._believed.clear()
        finally:
            # Requests in flight hold no state: whoever stops early does not wait for them.
            pool.shutdown(wait=not running, cancel_futures=True)

    def _take(self, endpoint: Endpoint) -> tuple[int, int]:
        """The next blocks to ask for, as many as the endpoint is thought to take."""
        first, last = self._todo.popleft()
        end = first + endpoint.width(last - first + 1) - 1
        if end < last:
            self._todo.appendleft((end + 1, last))
        return first, end

    def _put_back(self, first: int, last: int, endpoint: Endpoint, error: EndpointError) -> None:
        """Blocks without an answer, back to be asked for again; the endpoint learns from the
        error."""
        length = last - first + 1
        if isinstance(error, RangeTooWideError):
            self._todo.appendleft((first, last))
            return
        if isinstance(error, TooMuchError):
            self._todo.appendleft((first, last))
            # Once may be the endpoint's mood, twice is the range.
            if (first, last) in self._slow and 1 < length <= endpoint.span:
                endpoint.refused(error, length, length // 8)
            self._slow.add((first, last))
        else:
            self._todo.append((first, last))  # all else comes first
        self._count_failure(first, last, error)

    def _count_failure(self, first: int, last: int, error: EndpointError) -> None:
        """Give up on blocks that failed often enough, or when nothing succeeds any more."""
        self._failures[first] += 1
        self._in_vain += 1
        attempts = self._endpoints.attempts
        if self._failures[first] >= attempts or self._in_vain >= attempts * self._in_flight:
            blocks = f"block {first}" if first == last else f"blocks {first} to {last}"
            raise NodeError(
                f"{blocks}: no endpoint gave a usable answer. {self._endpoints.faults()}"
            ) from error

    def _liars(self) -> int:
        return sum(endpoint.lied for endpoint in self._endpoints.all)

    def _fetch(self, first: int, last: int, endpoint: Endpoint) -> RangeAnswer:
        """One endpoint's answer. An empty one counts only when enough others agree."""
        answer = self._ask(endpoint, first, last)
        asks = tries = 1
        while answer.empty and asks < (_ASKS_OF_A_LIAR if endpoint.lied else 2):
            other = self._endpoints.next(avoid=[endpoint], blocks=last - first + 1)
            try:
                answer = self._ask(other, first, last)
                asks += 1
            except EndpointError:
                tries += 1
                if tries > self._endpoints.attempts:
                    raise
        if asks > 1 and not answer.empty:
            endpoint.lied = True
            endpoint.last_error = "answered with no logs where another answer had some"
        return answer

    def _ask(self, endpoint: Endpoint, first: int, last: int) -> RangeAnswer:
        """What the endpoint answers to one request. It learns from an error as from an answer."""
        length = last - first + 1
        time.sleep(endpoint.pause_s)
        began = time.monotonic()
        try:
            body = self._endpoints.post(endpoint, self._query(first, last))
            logs = bare_array(body, first, last)
        except EndpointError as error:
            if isinstance(error, RangeTooWideError):
                endpoint.refused(error, length, error.length or length // 2)
                if length == 1:
                    error = BusyError(f"refuses even one block ({error})")
            if not isinstance(error, RangeTooWideError):
                if isinstance(error, TooMuchError) and length > endpoint.span:
                    endpoint.refused(error, length, endpoint.span)
                endpoint.failed(error)
            raise error from error.__cause__
        endpoint.answered_range(length, time.monotonic() - began, len(body))
        return RangeAnswer(first, last, logs, endpoint)

    def _query(self, first: int, last: int) -> dict[str, object]:
        query = {
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "address": list(self._filter.addresses),
            "topics": [list(alternatives) or None for alternatives in self._filter.topics],
        }
        return {"jsonrpc": "2.0", "id": first, "method": "eth_getLogs", "params": [query]}


def bare_array(body: bytes, first: int, last: int) -> memoryview:
    """The array of logs within a JSON-RPC answer, cut out unparsed.

    Checks the envelope around it: that it answers this request, with a list and no error.
    Raises EndpointError for anything else.
    """
    start, end = body.find(b"["), body.rfind(b"]")
    try:
        envelope = json.loads(body[:start] + b"[]" + body[end + 1 :] if start >= 0 else body)
    except (ValueError, RecursionError):
        envelope = parsed(body)
    if not isinstance(envelope, dict):
        raise LyingError("the answer is no JSON-RPC answer")
    if envelope.get("error") is not None:
        raise refusal(parsed(body)["error"], last - first + 1)
    if str(envelope.get("id")) != str(first):  # some send it as text
        raise LyingError("answered another request than it was asked")
    if not isinstance(envelope.get("result"), list) or end < start:
        raise LyingError(f"answered {str(envelope.get('result'))[:40]!r} where a list was due")
    return memoryview(body)[start : end + 1]
