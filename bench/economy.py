"""How many requests a whole history costs, at providers' limits: on a simulated clock, against
simulated endpoints, with the plan of ranges that a sync follows."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from data.node.endpoint import Manners
from data.node.endpoints import Endpoints
from data.node.range_plan import Ask, RangePlan
from data.node.refusals import BusyError, EndpointError, RangeTooWideError

BLOCKS = 90_000_000
_FILTERS = 3
_LATENCY_S, _BLOCKS_A_SECOND = 0.15, 20_000_000
_BYTES_A_BLOCK = 1.0
LIMITS = (1_000, 2_000, 3_000, 10_000, None)


@dataclass
class Provider:
    """A simulated endpoint: at most `limit` blocks a request, which its refusal names if it is
    `named`, and `rate` requests a second."""

    limit: int | None = None
    named: bool = True
    rate: float | None = None
    refused: int = 0
    answered: int = 0
    _recent: list[float] = field(default_factory=list)

    def reply(self, ask: Ask, now: float) -> EndpointError | None:
        """Why it refuses, or None."""
        self._recent = [at for at in self._recent if now - at < 1]
        error: EndpointError | None = None
        if self.rate is not None and len(self._recent) >= self.rate:
            error = BusyError("too many requests (HTTP 429)")
        elif self.limit is not None and ask.length > self.limit:
            error = RangeTooWideError("block range", self.limit if self.named else None)
        if error is None or isinstance(error, RangeTooWideError):
            self._recent.append(now)
        self.answered += error is None
        self.refused += error is not None
        return error

    @property
    def requests(self) -> int:
        return self.answered + self.refused


class Simulation:
    """Endpoints on one simulated clock, which remember between filters what they learnt."""

    def __init__(self, *providers: Provider) -> None:
        self.now = 0.0
        urls = tuple(f"http://provider-{number}" for number in range(len(providers)))
        self.endpoints = Endpoints(urls, Manners(), clock=lambda: self.now)
        self._providers = dict(zip(self.endpoints.all, providers, strict=True))
        for endpoint in self.endpoints.all:
            endpoint.head = BLOCKS

    def read(self, blocks: int, fault: Callable[[Ask], EndpointError | None] | None = None) -> None:
        """One filter over so many blocks."""
        plan = RangePlan(self.endpoints, [(1, blocks)])
        order = itertools.count()
        running: list[tuple[float, int, float, Ask, EndpointError | None]] = []
        covered = 0
        while plan.left or running:
            while (ask := plan.next_ask([entry[3] for entry in running])) is not None:
                error = self._providers[ask.endpoint].reply(ask, self.now)
                error = error or (fault(ask) if fault else None)
                took_s = _LATENCY_S + (0 if error else ask.length / _BLOCKS_A_SECOND)
                heapq.heappush(running, (self.now + took_s, next(order), took_s, ask, error))
            wakes_at = self.now + max(plan.wait_s(), 0.001) if plan.left else float("inf")
            if running and running[0][0] <= wakes_at:
                done_at, _, took_s, ask, error = heapq.heappop(running)
                self.now = max(self.now, done_at)
                if error is None:
                    plan.answered(ask, took_s, int(ask.length * _BYTES_A_BLOCK), None)
                    plan.used()
                    covered += ask.length
                else:
                    plan.failed(ask, error)
            else:
                self.now = wakes_at
        if covered != blocks:
            raise AssertionError(f"{covered} blocks were read, not {blocks}")


def main() -> int:
    """Print requests by limit; returns 1 where one costs more than a tenth above one a range."""
    failed = 0
    print(f"{'90 M blocks, 3 filters':26} requests  needed  beyond   hours")
    for limit in LIMITS:
        for named in (True, False) if limit else (True,):
            provider = Provider(limit, named)
            simulation = Simulation(provider)
            simulation.read(BLOCKS)
            # The other filters find the width known: three times the first is too much.
            requests = _FILTERS * provider.requests
            needed = _FILTERS * -(-BLOCKS // limit) if limit else _FILTERS
            beyond = requests / needed - 1
            failed |= limit is not None and beyond > 0.1
            name = f"limit {limit or 'none'}{'' if named else ', not named'}"
            print(
                f"{name:26}{requests:9,}{needed:8,}{beyond:8.1%}"
                f"{_FILTERS * simulation.now / 3_600:8.2f}"
            )
    slow = Provider(1_000, rate=10)
    simulation = Simulation(slow)
    simulation.read(10_000_000)
    print(f"10 a second, 10 M blocks: {slow.requests:,} requests, {slow.refused:,} refused")
    wide, narrow = Provider(), Provider(1_000)
    Simulation(wide, narrow).read(BLOCKS)
    print(f"beside one without limit, a limit of 1,000 is asked {narrow.requests:,} times")
    return int(failed)
