"""All logs of a filter over block ranges, from nodes that each set other limits.

One request a range: what is asked for next, and of whom, is data.node.range_plan's matter. An
answer counts only if its endpoint has all the blocks it was asked for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from data.node.endpoint import Endpoint
from data.node.endpoints import Endpoints
from data.node.log_answers import (
    HEAD_METHOD,
    LOGS_METHOD,
    NoBatchError,
    bare_array,
    head_of,
    holds_something,
    logs_and_head,
)
from data.node.range_plan import Ask, Piece, RangePlan
from data.node.refusals import EndpointError, parsed

_THREADS = 32
# Answers wait in memory while others are used: no more are asked for at once than make so many
# bytes, by the size they had of late.
_MOST_HELD = 24 * 1024 * 1024


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

    piece: Piece
    logs: memoryview
    endpoint: Endpoint

    @property
    def first(self) -> int:
        return self.piece.first

    @property
    def last(self) -> int:
        return self.piece.last

    @property
    def empty(self) -> bool:
        """Whether the array holds nothing, however many blanks it is written with."""
        return not holds_something(self.logs)


@dataclass(frozen=True)
class _Body:
    """What came for an Ask: the logs, the newest block of who gave them, and what it took."""

    logs: memoryview
    head: int | None
    size: int
    took_s: float


class LogRanges:
    """The answers to one filter over some block ranges, each block once, in no fixed order.

    `of` are the only endpoints to ask, `avoid` the hosts not to ask. Where all of them rest, for
    more than `patience_s` in all since an answer was of use, what is left stays unasked. Iterate
    while there is any `left`; call `reject` for an answer that turns out to be unusable and its
    range comes again, from elsewhere. Raises NodeError when a range was tried often enough, or when
    nobody is left who has it.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        log_filter: LogFilter,
        ranges: Sequence[tuple[int, int]],
        in_flight: int | None = None,
        *,
        of: Collection[Endpoint] | None = None,
        avoid: Collection[str] = (),
        patience_s: float = math.inf,
    ) -> None:
        self._endpoints = endpoints
        self._filter = log_filter
        self._plan = RangePlan(endpoints, ranges, of, avoid, in_flight)
        self._patience_s = patience_s
        self._rejected = 0
        self._bytes_a_block = max(map(_usual_density, endpoints.all), default=0.0)

    @property
    def left(self) -> bool:
        """Whether there are ranges to ask for; a rejected answer leaves one after the last."""
        return self._plan.left

    def reject(self, answer: RangeAnswer, reason: str, lied: bool = False) -> None:
        """Ask for this answer's range again: its content cannot be what the chain holds. Who
        `lied` is asked for logs only where there is no other."""
        self._rejected += 1
        answer.endpoint.lied |= lied
        self._plan.reject(answer.piece, answer.endpoint, reason)

    def stop(self) -> None:
        """Ask for no more; what was asked for still comes."""
        self._plan.stop()

    def asked_again(self, answer: RangeAnswer) -> bool:
        """Whether an earlier answer for this range was rejected."""
        return answer.piece.again

    def __iter__(self) -> Iterator[RangeAnswer]:
        pool = ThreadPoolExecutor(_THREADS)
        running: dict[Future[_Body], Ask] = {}
        rested_s = 0.0
        try:
            while self._plan.left or running:
                asks = running.values()
                while self._room(asks) and (ask := self._plan.next_ask(asks)):
                    running[pool.submit(self._fetch, ask)] = ask
                rest_s = self._plan.wait_s()
                if not running and rested_s + rest_s > self._patience_s:
                    self.stop()
                pause_s = min(rest_s, 1.0) if self._plan.left else None
                if not running:
                    time.sleep(pause_s or 0.001)
                    rested_s += pause_s or 0.0
                    continue
                done = wait(running, pause_s, FIRST_COMPLETED).done
                if not done:
                    continue
                future = done.pop()  # one: the next is asked for before others are used
                ask = running.pop(future)
                try:
                    body = future.result()
                    density = body.size / ask.length
                    self._bytes_a_block = max(density, self._bytes_a_block * 0.75)
                    self._plan.answered(ask, body.took_s, body.size, body.head)
                except EndpointError as error:
                    self._plan.failed(ask, error)
                    continue
                rejected = self._rejected
                yield RangeAnswer(ask.piece, body.logs, ask.endpoint)
                if self._rejected == rejected:
                    self._plan.used()
                    rested_s = 0.0
        finally:
            # Requests in flight hold no state: whoever stops early does not wait for them.
            pool.shutdown(wait=not running, cancel_futures=True)

    def _room(self, running: Collection[Ask]) -> bool:
        """Whether there is room in memory for one more answer like those under way."""
        held = sum(ask.length for ask in running) * self._bytes_a_block
        return not running or held + held / len(running) <= _MOST_HELD

    def _fetch(self, ask: Ask) -> _Body:
        """What the endpoint answers to one request."""
        began = time.monotonic()
        if not ask.with_head:
            head, body = None, self._endpoints.post(ask.endpoint, self._query(ask))
            logs = bare_array(body, ask.first, ask.last)
        else:
            logs, head, body = self._with_head(ask)
        return _Body(logs, head, len(body), time.monotonic() - began)

    def _with_head(self, ask: Ask) -> tuple[memoryview, int, bytes]:
        """The logs, the newest block of who gave them, and the body that holds the logs."""
        newest = {"jsonrpc": "2.0", "id": ask.first + 1, "method": HEAD_METHOD, "params": []}
        if ask.endpoint.batches:
            body = self._endpoints.post(ask.endpoint, [newest, self._query(ask)])
            try:
                return *logs_and_head(body, ask.first, ask.last), body
            except NoBatchError:
                pass
        # The number comes first: what is younger than the logs proves nothing about them.
        head = head_of(parsed(self._endpoints.post(ask.endpoint, newest)))
        body = self._endpoints.post(ask.endpoint, self._query(ask))
        logs = bare_array(body, ask.first, ask.last)
        ask.endpoint.batches = False
        return logs, head, body

    def _query(self, ask: Ask) -> dict[str, object]:
        query = {
            "fromBlock": hex(ask.first),
            "toBlock": hex(ask.last),
            "address": list(self._filter.addresses),
            "topics": [list(alternatives) or None for alternatives in self._filter.topics],
        }
        return {"jsonrpc": "2.0", "id": ask.first, "method": LOGS_METHOD, "params": [query]}


def _usual_density(endpoint: Endpoint) -> float:
    """How many bytes of logs a block has, as far as it gave any."""
    given = endpoint.contribution
    return given.log_bytes / given.blocks if given.blocks else 0.0
