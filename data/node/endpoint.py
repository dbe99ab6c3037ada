"""One endpoint and what was learnt about it: when it rests, and how wide a range it takes.

A refusal narrows the range at once, and each one makes the next trial of a wider range come
later, so that a provider's fixed limit is seldom run into again. No message carries the path
or user of a URL, which may be a key.
"""

from __future__ import annotations

import math
import re
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from data.config import host_of
from data.node.refusals import EndpointError, NeverError

_WIDEST = 1 << 20  # blocks
_LATEST_TRIAL = 64  # good answers, at the most, before a wider range is tried
_QUICK_S, _SLOW_S = 2.0, 12.0
_SMALL_BYTES, _LARGE_BYTES = 4_000_000, 24_000_000


@dataclass(frozen=True)
class Manners:
    """How endpoints are treated.

    A wait for the next bytes takes `timeout_s` at most; a whole attempt, from the connection to
    the last byte, `deadline_s`, else four times that. A body that after `grace_s` comes at less
    than `least_bytes_per_s` is given up. Between attempts lies `pause_s`, doubled with
    each failure in a row. No attempt begins once a question has taken `patience_s`. Who will
    not serve us is put aside for `aside_s`.
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
    deadline_s: float | None = None
    grace_s: float = 10.0
    least_bytes_per_s: float = 1_000.0
    aside_s: float = math.inf

    @property
    def whole_s(self) -> float:
        """How many seconds a whole attempt may take."""
        return 4 * self.timeout_s if self.deadline_s is None else self.deadline_s


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
    _aside_until: float = 0.0
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

    @property
    def aside(self) -> bool:
        """Whether it said that it will not serve us."""
        return time.monotonic() < self._aside_until

    def failed(self, error: EndpointError) -> None:
        """Leave the endpoint alone for a while, longer each time it fails in a row. Requests
        that fail together fail once."""
        with self._lock:
            self.last_error = self.redacted(error)
            if isinstance(error, NeverError):
                self._aside_until = time.monotonic() + self.manners.aside_s
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
