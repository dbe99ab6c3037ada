"""Which blocks to ask which endpoint for next, and what its answer teaches. Knows no socket
and no thread.

Who carries most blocks a second is asked first; one that would carry little beside it is
left alone, since each of its requests brings so few. No endpoint is asked beyond its own
newest block, nor for blocks that it does not keep.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from data import NodeError
from data.node.endpoint import Endpoint
from data.node.endpoints import Endpoints
from data.node.refusals import (
    BusyError,
    EndpointError,
    LyingError,
    NeverError,
    NoMethodError,
    PrunedError,
    RangeTooWideError,
    TooMuchError,
)

_LOGS_METHOD = "eth_getLogs"
# So near to the newest block the node is asked for its number in the same breath: the
# backend of a balancer that answers may be behind the one that gave the number before.
TAIL_BLOCKS = 1_000
# Answers are held in memory until they are used.
_MOST_IN_FLIGHT = 32
# Who carries less than this share of what the best does is asked only where that one rests,
# or to see from time to time what became of it.
_LEAST_SHARE, _FORGOTTEN_S = 0.05, 120.0
_SHORT_REST_S = 1.0


@dataclass(frozen=True)
class Piece:
    """Blocks first..last still to be read, no more than `most` at once. `tried` are the
    endpoints that failed at them, `again` says that an answer was rejected, `whole` that who
    failed at them is asked for just these once more."""

    first: int
    last: int
    most: int | None = None
    failures: int = 0
    tried: frozenset[str] = frozenset()
    again: bool = False
    whole: bool = False

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def plain(self) -> bool:
        """Whether nothing is known about these blocks."""
        return self.failures == 0 and self.most is None and not self.again


@dataclass(frozen=True, eq=False)
class Ask:
    """A request for the logs of a piece; `with_head` if the endpoint's newest block is asked too,
    `trial` if it is wider than what the endpoint is known to answer."""

    piece: Piece
    endpoint: Endpoint
    with_head: bool
    trial: bool

    @property
    def first(self) -> int:
        return self.piece.first

    @property
    def last(self) -> int:
        return self.piece.last

    @property
    def length(self) -> int:
        return self.piece.length


@dataclass
class RangePlan:
    """What is left of some block ranges. `of` are the only endpoints to ask, `avoid` hosts not to
    ask."""

    endpoints: Endpoints
    ranges: Sequence[tuple[int, int]]
    of: Collection[Endpoint] | None = None
    avoid: Collection[str] = ()
    most_in_flight: int | None = None
    _todo: deque[Piece] = field(init=False)
    _in_vain: int = 0

    def __post_init__(self) -> None:
        self._todo = deque(Piece(first, last) for first, last in self.ranges)

    @property
    def left(self) -> bool:
        return bool(self._todo)

    def stop(self) -> None:
        """Leave the rest unasked."""
        self._todo.clear()

    def next_ask(self, running: Collection[Ask]) -> Ask | None:
        """The next request while these are under way; None if none can begin now. Raises
        NodeError where no endpoint can be asked at all."""
        if not self._todo or len(running) >= (self.most_in_flight or _MOST_IN_FLIGHT):
            return None
        piece = self._todo[0]
        endpoint = self._choose(piece, running)
        if endpoint is None:
            return None
        self._todo.popleft()
        # Pieces that were cut for one narrow request are one again.
        while self._todo and piece.plain and self._todo[0].plain:
            if self._todo[0].first != piece.last + 1:
                break
            piece = replace(piece, last=self._todo.popleft().last)
        trying = self._trying(endpoint, running)
        blocks = min(endpoint.width.ask(trying), piece.most or piece.length)
        if piece.whole and endpoint.url in piece.tried:
            blocks = piece.length
        end = piece.first + blocks - 1
        if endpoint.head is not None and endpoint.head >= piece.first:
            end = min(end, endpoint.head)
        if end < piece.last:
            # What follows a dense stretch may be less dense.
            wider = None if piece.most is None else piece.most * 2
            rest = replace(
                piece, first=end + 1, most=wider, failures=0, tried=frozenset(), whole=False
            )
            self._todo.appendleft(rest)
            piece = replace(piece, last=end)
        with_head = endpoint.head is None or piece.last > endpoint.head - TAIL_BLOCKS
        width = endpoint.width
        trial = piece.length > width.blocks or (not width.answered and piece.length == width.blocks)
        endpoint.asked_range()
        return Ask(piece, endpoint, with_head, trial)

    def wait_s(self) -> float:
        """Seconds until an endpoint that rests, or has a rate, can be asked again."""
        waits = [
            wait_s
            for endpoint in self._usable()
            if (wait_s := max(endpoint.pause_s, endpoint.pace.wait_s(endpoint.clock()))) > 0
        ]
        return min(waits, default=math.inf)

    def answered(self, ask: Ask, took_s: float, size: int, head: int | None) -> None:
        """Learn from an answer of `size` bytes. Raises BusyError where the `head` it came with,
        the newest block of who answered, is older than what was asked for."""
        endpoint = ask.endpoint
        if ask.with_head and head is not None:
            endpoint.head = head
            if head < ask.last:
                raise BusyError(f"is at block {head}, and was asked up to block {ask.last}")
        endpoint.answered_range(ask.length, took_s, size)

    def used(self) -> None:
        """An answer was taken: what failed before was not in vain."""
        self._in_vain = 0

    def failed(self, ask: Ask, error: EndpointError) -> None:
        """Ask for these blocks again, fewer at once or elsewhere as the error has it. Raises
        NodeError where they were asked for often enough."""
        piece, endpoint = ask.piece, ask.endpoint
        endpoint.unanswered()
        if isinstance(error, RangeTooWideError):
            proved = endpoint.width.answered and piece.length <= endpoint.width.blocks
            endpoint.refused_range(error, piece.length, error.length)
            if piece.length > 1:
                # Refused though so many were answered before: here are many logs.
                if proved and error.length is None:
                    piece = replace(piece, most=piece.length // 2)
                self._todo.appendleft(replace(piece, whole=False))
                return
            error = BusyError(f"refuses even one block ({error})")
        doubtful = error.may_be_width or isinstance(error, TooMuchError)
        # Once may be the endpoint's mood, twice is the range.
        twice = doubtful and piece.failures > 0
        narrower = twice and endpoint.refused_range(error, piece.length, certain=False)
        pruned_before = endpoint.keeps_history is False
        endpoint.failed(error)
        if isinstance(error, NoMethodError):
            endpoint.lacks_method(_LOGS_METHOD)
        gone = isinstance(error, NeverError | NoMethodError)
        if gone or (isinstance(error, PrunedError) and not pruned_before):
            self._todo.appendleft(piece)  # it is not asked again
        elif narrower and ask.trial:
            self._todo.appendleft(replace(piece, whole=False))
        else:
            if twice:
                piece = replace(piece, most=max(1, piece.length // 4))
            piece = replace(piece, whole=doubtful and not twice)
            self._put_back(piece, endpoint, error, at_once=doubtful)

    def reject(self, piece: Piece, endpoint: Endpoint, reason: str) -> None:
        """Ask for these blocks again, elsewhere where there is an elsewhere."""
        error = LyingError(reason)
        endpoint.failed(error)
        endpoint.unanswered()
        self._put_back(replace(piece, again=True), endpoint, error, at_once=True)

    def _put_back(
        self, piece: Piece, endpoint: Endpoint, error: EndpointError, at_once: bool
    ) -> None:
        piece = replace(piece, failures=piece.failures + 1, tried=piece.tried | {endpoint.url})
        self._in_vain += 1
        attempts = self.endpoints.attempts
        if piece.failures >= attempts or self._in_vain >= attempts * 4:
            blocks = f"blocks {piece.first} to {piece.last}"
            if piece.length == 1:
                blocks = f"block {piece.first}"
            raise NodeError(
                f"{blocks}: no endpoint gave a usable answer. {self.endpoints.faults()}"
            ) from error
        if at_once:
            self._todo.appendleft(piece)
        else:
            self._todo.append(piece)  # all else comes first

    def _usable(self, stalled: bool = False) -> list[Endpoint]:
        """Those that may be asked; with those whose answers did not end where `stalled`, else with
        them where nobody else serves us."""
        endpoints = self.endpoints
        return [
            endpoint
            for endpoint in (endpoints.all if stalled else endpoints.serving)
            if (self.of is None or endpoint in self.of)
            and endpoint.host not in self.avoid
            and not endpoint.aside
            and _LOGS_METHOD not in endpoint.lacks
        ]

    def _able(self, piece: Piece) -> list[Endpoint]:
        """The endpoints that may have these blocks, those first thought of that surely do."""
        usable = self._usable()
        keeping = [endpoint for endpoint in usable if endpoint.keeps(piece.first)]
        if not keeping and self.of is None:
            usable = self._usable(stalled=True)
            keeping = [endpoint for endpoint in usable if endpoint.keeps(piece.first)]
        if not usable:
            raise NodeError(f"no endpoint is left to ask. {self.endpoints.faults()}")
        if not keeping:
            raise NodeError(
                f"no endpoint keeps blocks as old as {piece.first}: name one that does with "
                f"--rpc-url. {self.endpoints.faults()}"
            )
        proved = [endpoint for endpoint in keeping if endpoint.keeps_history is not None]
        honest = [endpoint for endpoint in proved or keeping if not endpoint.lied]
        able = honest or proved or keeping
        if piece.again and all(endpoint.url in piece.tried for endpoint in able):
            able = proved or keeping  # what these gave was refused: who was wrong before may know
        ahead = [e for e in able if e.head is None or e.head >= piece.first]
        return ahead or able

    def _choose(self, piece: Piece, running: Collection[Ask]) -> Endpoint | None:
        able = self._able(piece)
        awake = [endpoint for endpoint in able if endpoint.pause_s < _SHORT_REST_S]
        fresh = [endpoint for endpoint in awake if endpoint.url not in piece.tried] or awake
        best = max((e.carries for e in fresh if e.width.answered), default=0.0)
        choices: list[tuple[float, Endpoint]] = []
        for endpoint in fresh:
            now = endpoint.clock()
            under_way = sum(ask.endpoint is endpoint for ask in running)
            free = 1 - under_way / int(endpoint.pace.at_once)
            if free <= 0 or endpoint.pause_s > 0 or endpoint.pace.wait_s(now) > 0:
                continue
            if endpoint.width.ask(self._trying(endpoint, running)) == 0:
                continue
            if endpoint.carries < best * _LEAST_SHARE and now - endpoint.asked_at < _FORGOTTEN_S:
                continue
            choices.append((free * endpoint.carries, endpoint))
        return max(choices, key=lambda choice: choice[0], default=(0.0, None))[1]

    @staticmethod
    def _trying(endpoint: Endpoint, running: Collection[Ask]) -> bool:
        return any(ask.trial for ask in running if ask.endpoint is endpoint)
