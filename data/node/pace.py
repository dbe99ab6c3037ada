"""How fast an endpoint is asked: requests at once, and requests a second where it sets a rate."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_BEGIN, _MOST = 3.0, 16.0  # at once
_WINDOW_S = 10.0
_NO_RATE = 100.0  # requests a second
_RECOVERY = 1.003
_SOON = 64  # good answers


@dataclass
class Pace:
    """`at_once` requests may be under way; `rate` is how many may begin in a second, None where
    no rate was ever refused. `most` is a rate that is never exceeded. Times are a clock's
    seconds."""

    at_once: float = 1.0
    rate: float | None = None
    most: float | None = None
    _next_at: float = 0.0
    _begun: deque[float] = field(default_factory=lambda: deque(maxlen=256), repr=False)
    _good_answers: int = 0

    def __post_init__(self) -> None:
        self.rate = self.rate or self.most

    def wait_s(self, now: float) -> float:
        """Seconds until the rate lets a request begin."""
        return 0.0 if self.rate is None else max(0.0, self._next_at - now)

    def begun(self, now: float) -> None:
        self._begun.append(now)
        if self.rate is not None:
            self._next_at = max(self._next_at, now) + 1 / self.rate

    def good(self, quick: bool) -> None:
        """Dare one more at once for each round of good answers, and a little higher rate."""
        self._good_answers += 1
        if self.at_once < _BEGIN:
            self.at_once = min(_BEGIN, self.at_once + 1)
        elif quick:
            self.at_once = min(_MOST, self.at_once + 1 / self.at_once)
        if self.rate is not None:
            self.rate *= _RECOVERY
            if self.most is not None:
                self.rate = min(self.rate, self.most)
            elif self.rate > _NO_RATE:
                self.rate = None

    def busy(self) -> None:
        self.at_once = max(1.0, self.at_once / 2)

    def too_fast(self, now: float, longest_pause_s: float) -> None:
        """A rate was refused: half of it from now on, three quarters where it was held long, but
        one request in `longest_pause_s` all the same."""
        if self.rate is None:
            recent = [at for at in self._begun if now - at <= _WINDOW_S]
            rate = len(recent) / max(1.0, now - recent[0]) / 2 if recent else 1.0
        else:
            rate = self.rate * (0.75 if self._good_answers > _SOON else 0.5)
        self.rate = min(max(1 / longest_pause_s, rate), self.most or _NO_RATE)
        self._next_at = now + 1 / self.rate
        self._good_answers = 0
