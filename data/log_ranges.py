"""All logs of a filter over a block range, from nodes that each set other limits.

Ranges grow while answers are quick and small and shrink when an endpoint objects, down
to one block. An empty answer is the one lie that costs nothing to tell: it is believed
when a second ask, at another endpoint if there is one, is empty too.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from data import NodeError
from data.endpoints import (
    Endpoint,
    Endpoints,
    LyingError,
    RangeTooWideError,
    SlowError,
    no_json,
    refusal,
)

_QUICK_S, _SLOW_S = 2.0, 12.0
_SMALL_BYTES, _LARGE_BYTES = 4_000_000, 32_000_000


@dataclass(frozen=True)
class LogFilter:
    """What eth_getLogs is asked for. `name` is how coverage remembers it, one name for each
    delegator where a filter serves several at once."""

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    topics: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Answer:
    """The logs of blocks first..last as the bare JSON array the node sent."""

    first: int
    last: int
    logs: memoryview
    endpoint: Endpoint

    @property
    def empty(self) -> bool:
        return not self.logs[1:-1].tobytes().strip() if len(self.logs) < 64 else False


class LogRanges:
    """The answers to one filter over some block ranges, in no fixed order.

    Iterate; call `reject` for an answer that turns out to be unusable and its range comes
    again, from elsewhere. Raises NodeError when a range was tried often enough.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        log_filter: LogFilter,
        ranges: list[tuple[int, int]],
        in_flight: int = 4,
    ) -> None:
        self._endpoints = endpoints
        self._filter = log_filter
        self._todo = deque(ranges)
        self._in_flight = in_flight
        self._rejected: dict[int, int] = {}

    def reject(self, answer: Answer, reason: str) -> None:
        """Ask for this answer's range again: its content cannot be what the chain holds."""
        answer.endpoint.failed(LyingError(reason))
        self._rejected[answer.first] = self._rejected.get(answer.first, 0) + 1
        if self._rejected[answer.first] >= self._endpoints.attempts:
            raise NodeError(
                f"blocks {answer.first} to {answer.last}: {reason}. {self._endpoints.faults()}"
            )
        self._todo.appendleft((answer.first, answer.last))

    def asked_again(self, answer: Answer) -> bool:
        """Whether an earlier answer for this range was rejected."""
        return answer.first in self._rejected

    def __iter__(self) -> Iterator[Answer]:
        with ThreadPoolExecutor(self._in_flight) as pool:
            running: set[Future[Answer | list[tuple[int, int]]]] = set()
            try:
                while self._todo or running:
                    while self._todo and len(running) < self._in_flight:
                        endpoint = self._endpoints.next()
                        running.add(pool.submit(self._fetch, *self._take(endpoint), endpoint))
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        outcome = future.result()
                        if isinstance(outcome, Answer):
                            yield outcome
                        else:
                            self._todo.extendleft(reversed(outcome))
            finally:
                for future in running:
                    future.cancel()

    def _take(self, endpoint: Endpoint) -> tuple[int, int]:
        """The next piece of work, as wide as the endpoint is known to take."""
        first, last = self._todo.popleft()
        end = min(last, first + endpoint.span - 1)
        if end < last:
            self._todo.appendleft((end + 1, last))
        return first, end

    def _fetch(self, first: int, last: int, chosen: Endpoint) -> Answer | list[tuple[int, int]]:
        """The answer, or the halves to ask for instead."""
        asked = chosen

        def ask(endpoint: Endpoint) -> Answer:
            nonlocal asked
            asked = endpoint
            try:
                return self._ask(endpoint, first, last)
            except SlowError as error:
                if last == first or endpoint.failures >= 2:
                    raise  # it is the endpoint, not the range
                endpoint.failed(error)
                raise RangeTooWideError(str(error)) from error

        try:
            answer = self._endpoints.attempt(ask, chosen)
            if answer.empty:
                answer = self._endpoints.attempt(ask, self._endpoints.next(avoid=asked))
        except RangeTooWideError as error:
            return self._narrower(asked, first, last, error)
        return answer

    def _narrower(
        self, endpoint: Endpoint, first: int, last: int, error: RangeTooWideError
    ) -> list[tuple[int, int]]:
        length = last - first + 1
        if length == 1:
            raise NodeError(
                f"block {first}: {endpoint.host} refuses even this one block ({error}): "
                "name another --rpc-url"
            )
        fits = error.length if error.length and error.length < length else length // 2
        with endpoint.lock:
            endpoint.ceiling = endpoint.span = max(1, min(endpoint.span, fits))
        return [(start, min(start + fits - 1, last)) for start in range(first, last + 1, fits)]

    def _ask(self, endpoint: Endpoint, first: int, last: int) -> Answer:
        began = time.monotonic()
        query = {
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "address": list(self._filter.addresses),
            "topics": [list(alternatives) or None for alternatives in self._filter.topics],
        }
        body = self._endpoints.post(
            endpoint, {"jsonrpc": "2.0", "id": first, "method": "eth_getLogs", "params": [query]}
        )
        logs = bare_array(body, first, last)
        self._learn(endpoint, last - first + 1, time.monotonic() - began, len(body))
        return Answer(first, last, logs, endpoint)

    @staticmethod
    def _learn(endpoint: Endpoint, length: int, took_s: float, size: int) -> None:
        with endpoint.lock:
            if took_s > _SLOW_S or size > _LARGE_BYTES:
                endpoint.span = max(1, min(endpoint.span, length // 2))
            elif took_s < _QUICK_S and size < _SMALL_BYTES and length >= endpoint.span:
                # What refused a dense stretch may take more again, a little at a time.
                endpoint.ceiling += endpoint.ceiling // 50
                endpoint.span = min(endpoint.span * 2, endpoint.ceiling)


def bare_array(body: bytes, first: int, last: int) -> memoryview:
    """The array of logs within a JSON-RPC answer, cut out unparsed.

    Checks the envelope around it: that it answers this request, with a list and no error.
    Raises EndpointError for anything else.
    """
    start, end = body.find(b"["), body.rfind(b"]")
    try:
        envelope = json.loads(body[:start] + b"[]" + body[end + 1 :] if start >= 0 else body)
    except ValueError:
        envelope = _whole(body)
    if not isinstance(envelope, dict):
        raise LyingError("the answer is no JSON-RPC answer")
    if envelope.get("error") is not None:
        raise refusal(_whole(body)["error"], last - first + 1)
    if envelope.get("id") != first:
        raise LyingError("answered another request than it was asked")
    if not isinstance(envelope.get("result"), list) or end < start:
        raise LyingError(f"answered {str(envelope.get('result'))[:40]!r} where a list was due")
    return memoryview(body)[start : end + 1]


def _whole(body: bytes) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise LyingError(no_json(body)) from error
    return answer if isinstance(answer, dict) else {}
