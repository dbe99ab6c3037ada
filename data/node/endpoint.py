"""One endpoint and what was learnt about it: when it rests, how wide a range it takes, how
fast it may be asked, what it keeps and what it lacks.

No message carries the path or user of a URL, which may be a key.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from data.config import host_of, settings
from data.node.pace import Pace
from data.node.refusals import (
    BusyError,
    EndpointError,
    NeverError,
    PrunedError,
    RangeTooWideError,
    is_rate,
)
from data.node.width import Width

_QUICK_S = 2.0
_NO_BLOCK = 1 << 63


@dataclass(frozen=True)
class Manners:
    """How endpoints are treated.

    A wait for the next bytes takes `timeout_s` at most; a whole attempt, from the connection to
    the last byte, `deadline_s`, else four times that, and to the end of the headers `begin_s`. A
    body that after `grace_s` comes at less than `least_bytes_per_s` is given up. Between attempts
    lies `pause_s`, doubled with each failure in a row up to `longest_pause_s`; or what the endpoint
    asks for, up to `longest_rest_s`. No attempt begins once a question has taken `patience_s`. Who
    will not serve us is put aside for `aside_s`, and so is, where others serve us, whose answer did
    not end. For what is nice to know, and not needed, nobody waits longer than `idle_s`.
    `first_span` is how many blocks are asked for at first: too many costs one refusal, which
    names the limit. Several answers are held at once, so a body beyond `largest_body` is refused.
    `most_a_second` are the requests for logs that an endpoint gets in a second at the most, None
    for as many as it takes.
    """

    timeout_s: float = 30.0
    attempts: int = 8
    pause_s: float = 0.5
    longest_pause_s: float = 15.0
    longest_rest_s: float = 300.0
    first_span: int = 100_000
    largest_body: int = 32 * 1024 * 1024
    patience_s: float = math.inf
    idle_s: float = 5.0
    deadline_s: float | None = None
    grace_s: float = 10.0
    least_bytes_per_s: float = 1_000.0
    aside_s: float = 3_600.0
    most_a_second: float | None = None

    @classmethod
    def of_settings(cls, most_a_second: float | None = None) -> Manners:
        """Those of a sync, with what the environment sets of their answers. Raises ConfigError."""
        given = settings()
        least, most = given.answer_least_bytes, given.answer_most_mb
        return cls(
            most_a_second=most_a_second,
            deadline_s=given.answer_seconds,
            least_bytes_per_s=cls.least_bytes_per_s if least is None else least,
            largest_body=cls.largest_body if most is None else int(most * 2**20),
        )

    @property
    def whole_s(self) -> float:
        """How many seconds a whole attempt may take."""
        return 4 * self.timeout_s if self.deadline_s is None else self.deadline_s

    @property
    def begin_s(self) -> float:
        """How many seconds an attempt may take until the headers are there: who thinks so long
        sends nothing meanwhile."""
        return self.connect_s + self.timeout_s

    @property
    def connect_s(self) -> float:
        """How many seconds a connection may take."""
        return min(10.0, self.timeout_s)


@dataclass(frozen=True)
class Contribution:
    """What one endpoint gave to reading logs. `refusals` are requests without a usable answer;
    `widest` is the widest range it answered, in blocks."""

    host: str
    requests: int = 0
    refusals: int = 0
    blocks: int = 0
    log_bytes: int = 0
    widest: int = 0

    def __str__(self) -> str:
        refused = f", {self.refusals:,} in vain" if self.refusals else ""
        return (
            f"{self.host}: {self.requests:,} requests for logs{refused}; {self.blocks:,} blocks, "
            f"at most {self.widest:,} at once"
        )


@dataclass(eq=False)
class Endpoint:
    """One URL and what was learnt about it; shared by the threads that ask it."""

    url: str
    manners: Manners
    clock: Callable[[], float] = time.monotonic
    # Its name without what may be a key.
    host: str = field(init=False)
    width: Width = field(init=False)
    pace: Pace = field(init=False)
    # The newest block it is known to have.
    head: int | None = None
    # A block, and the hash that it gave for it at first.
    anchor: tuple[int, str] | None = None
    # Whether it gave a log that is known to exist; if not, it is asked from this block on.
    keeps_history: bool | None = None
    keeps_from: int = 0
    # The methods it said it does not have.
    lacks: set[str] = field(default_factory=set)
    # Whether it left out logs that there are, and whether it takes batches.
    lied: bool = False
    batches: bool = True
    last_error: str = ""
    contribution: Contribution = field(init=False)
    # What happened to it, in sentences that nobody has taken yet.
    notes: list[str] = field(default_factory=list)
    # When it was last asked for logs, and how long its answers take.
    asked_at: float = field(init=False)
    took_s: float = 0.5
    _rests_until: float = 0.0
    _failures: int = 0
    _aside_until: float = 0.0
    _stalled_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.host = host_of(self.url)
        self.width = Width(self.manners.first_span)
        self.pace = Pace(most=self.manners.most_a_second)
        self.contribution = Contribution(self.host)
        self.asked_at = self.clock()

    @property
    def pause_s(self) -> float:
        """How many seconds it is still to be left alone."""
        return max(0.0, self._rests_until - self.clock())

    @property
    def aside(self) -> bool:
        """Whether it said that it will not serve us. It is asked again later."""
        if self._aside_until and self.clock() >= self._aside_until:
            self._aside_until = 0.0
            self.notes.append(f"{self.host} is tried again")
        return bool(self._aside_until)

    @property
    def stalled(self) -> bool:
        """Whether an answer of it did not end of late: it is asked where there is no other."""
        return self.clock() < self._stalled_until

    @property
    def carries(self) -> float:
        """About how many blocks a second it brings; infinite where that is yet to be tried."""
        if not self.width.answered and not self.contribution.blocks:
            return math.inf
        return self.width.blocks * self.pace.at_once / max(self.took_s, 0.05)

    def failed(self, error: EndpointError) -> None:
        """Leave the endpoint alone for a while, longer each time it fails in a row. Requests
        that fail together fail once."""
        with self._lock:
            self.last_error = self.redacted(error)
            if isinstance(error, NeverError) and not self._aside_until:
                self._aside_until = self.clock() + self.manners.aside_s
                self.notes.append(f"{self.host} is not used: {self.last_error}")
            if isinstance(error, PrunedError):
                self.forgets(self.last_error)
            elif self.pause_s == 0:
                doubled = self.manners.pause_s * 2.0 ** min(self._failures, 32)
                pause_s = min(doubled, self.manners.longest_pause_s)
                if isinstance(error, BusyError) and error.retry_after_s is not None:
                    pause_s = max(pause_s, min(error.retry_after_s, self.manners.longest_rest_s))
                self._rests_until = self.clock() + pause_s
                self._failures += 1
                self.pace.busy()
                if is_rate(error):
                    self.pace.too_fast(self.clock(), self.manners.longest_pause_s)

    def stalls(self, why: object) -> None:
        """An answer did not end. Leave the endpoint to itself for long, where there are others."""
        with self._lock:
            if not self.stalled:
                reason = self.redacted(why)
                self.notes.append(f"{self.host} is asked only where there is no other: {reason}")
            self._stalled_until = self.clock() + self.manners.aside_s

    def forgets(self, why: str) -> None:
        """Ask for nothing older than its newest block from now on."""
        if self.keeps_history is not False:
            self.notes.append(f"{self.host} keeps no old blocks: used for the newest only ({why})")
        self.keeps_history = False
        self.keeps_from = max(self.keeps_from, _NO_BLOCK if self.head is None else self.head)

    def keeps(self, block: int) -> bool:
        """Whether it can be asked for logs of `block`."""
        return self.keeps_history is not False or block >= self.keeps_from

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

    def lacks_method(self, method: str) -> None:
        """Never ask it for this method again."""
        if method not in self.lacks:
            self.lacks.add(method)
            self.notes.append(f"{self.host} has no {method}: others are asked for that")

    def answered(self) -> None:
        with self._lock:
            self._failures = 0

    def asked_range(self) -> None:
        """A request for logs begins."""
        with self._lock:
            self.asked_at = self.clock()
            self.pace.begun(self.asked_at)
            self._contributed(requests=1)

    def answered_range(self, length: int, took_s: float, size: int) -> None:
        """Learn from a good answer over `length` blocks, of `size` bytes."""
        with self._lock:
            self._failures = 0
            self.took_s += (took_s - self.took_s) / 8
            self.width.good(length, took_s, size)
            self.pace.good(took_s < _QUICK_S)
            widest = max(self.contribution.widest, length) - self.contribution.widest
            self._contributed(blocks=length, log_bytes=size, widest=widest)

    def refused_range(
        self, error: EndpointError, length: int, named: int | None = None, certain: bool = True
    ) -> bool:
        """Learn from a range without an answer, as Width.objected does."""
        with self._lock:
            self.last_error = self.redacted(error)
            size = error.size if isinstance(error, RangeTooWideError) else None
            return self.width.objected(length, named, certain, size)

    def unanswered(self) -> None:
        """A request for logs brought nothing usable."""
        with self._lock:
            self._contributed(refusals=1)

    def _contributed(self, **more: int) -> None:
        sums = {name: getattr(self.contribution, name) + more[name] for name in more}
        self.contribution = replace(self.contribution, **sums)
