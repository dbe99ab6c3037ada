"""Whatever endpoints answer, each block is read once, or the reading ends with an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import NodeError
from data.ingest.coverage import merged, without
from data.node.endpoint import Manners
from data.node.endpoints import Endpoints
from data.node.range_plan import Ask, RangePlan
from data.node.refusals import (
    BusyError,
    EndpointError,
    LyingError,
    NeverError,
    NoMethodError,
    PrunedError,
    RangeTooWideError,
    StalledError,
    TooMuchError,
    UnclearError,
)

HEAD = 400
# More than any reading takes that ends.
MOST_STEPS = 4_000

REFUSALS: dict[str, Callable[[int], EndpointError]] = {
    "too wide": lambda blocks: RangeTooWideError("too wide"),
    "too wide, at most half": lambda blocks: RangeTooWideError("half", blocks // 2 or None),
    "too wide, at most 20": lambda blocks: RangeTooWideError("20", 20 if blocks > 20 else None),
    "busy": lambda blocks: BusyError("busy"),
    "busy for two seconds": lambda blocks: BusyError("busy", retry_after_s=2.0),
    "no answer in time": lambda blocks: TooMuchError("no answer in time"),
    "no answer that ends": lambda blocks: StalledError("did not end"),
    "unclear": lambda blocks: UnclearError("something went wrong"),
    "no logs": lambda blocks: LyingError("no JSON"),
    "never": lambda blocks: NeverError("no plan of yours"),
    "pruned": lambda blocks: PrunedError("missing trie node"),
    "no such method": lambda blocks: NoMethodError("no such method"),
}
GOOD, REJECTED, BEHIND = "good", "rejected", "behind"


@dataclass
class Script:
    """What one endpoint answers: these, one after the other, then the last one for ever; but no
    more than `limit` blocks at once, which its refusal `names` or not."""

    answers: list[str]
    ever_after: str
    limit: int
    names: bool
    _given: int = field(default=0)

    def answer(self, ask: Ask) -> str:
        self._given += 1
        if self._given <= len(self.answers):
            return self.answers[self._given - 1]
        return self.ever_after

    def refusal(self, ask: Ask, answer: str) -> EndpointError | None:
        if answer in REFUSALS:
            return REFUSALS[answer](ask.length)
        if ask.length > self.limit:
            return RangeTooWideError("too wide", self.limit if self.names else None)
        return None


ANSWERS = st.sampled_from([GOOD, GOOD, REJECTED, BEHIND, *REFUSALS])
SCRIPTS = st.builds(
    Script,
    st.lists(ANSWERS, max_size=12),
    st.sampled_from([GOOD, GOOD, GOOD, *REFUSALS]),
    st.sampled_from([1, 7, 50, 10**6]),
    st.booleans(),
)
RANGES = st.lists(st.tuples(st.integers(0, HEAD), st.integers(0, 200)), min_size=1, max_size=4).map(
    lambda pairs: merged((first, min(first + more, HEAD)) for first, more in pairs)
)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def read(
    plan: RangePlan,
    scripts: dict[str, Script],
    clock: Clock,
    pick: Callable[[int], int],
    taken: list[tuple[int, int]],
) -> None:
    """Read all there is, as LogRanges does; what was taken of it goes to `taken`. Raises NodeError
    as the plan does."""
    running: list[Ask] = []
    for _ in range(MOST_STEPS):
        if not plan.left and not running:
            return
        while (ask := plan.next_ask(running)) is not None:
            running.append(ask)
        clock.now += 0.01
        if not running:
            clock.now += min(plan.wait_s(), 1.0)
            continue
        ask = running.pop(pick(len(running)))
        script = scripts[ask.endpoint.url]
        answer = script.answer(ask)
        try:
            refused = script.refusal(ask, answer)
            if isinstance(refused, StalledError):
                ask.endpoint.stalls(refused)
            if refused is not None:
                raise refused
            head = ask.last - 1 if answer == BEHIND and ask.with_head else HEAD
            plan.answered(ask, took_s=0.1, size=100, head=head if ask.with_head else None)
        except EndpointError as error:
            plan.failed(ask, error)
            continue
        if answer == REJECTED:
            plan.reject(ask.piece, ask.endpoint, "holds a log of elsewhere")
        else:
            taken.append((ask.first, ask.last))
            plan.used()
    raise AssertionError(f"no end after {MOST_STEPS} steps: {taken[-3:]}")


@settings(max_examples=250, deadline=None)
@given(ranges=RANGES, scripts=st.lists(SCRIPTS, min_size=1, max_size=4), data=st.data())
def test_each_block_is_read_once_or_the_reading_ends_with_an_error(
    ranges: list[tuple[int, int]], scripts: list[Script], data: st.DataObject
) -> None:
    clock = Clock()
    urls = tuple(f"http://{number}.test" for number in range(len(scripts)))
    manners = Manners(pause_s=0.01, longest_pause_s=0.05, first_span=100)
    endpoints = Endpoints(urls, manners, clock)
    dice = data.draw(st.randoms(use_true_random=False))
    plan = RangePlan(endpoints, ranges)
    taken: list[tuple[int, int]] = []
    try:
        read(plan, dict(zip(urls, scripts, strict=True)), clock, dice.randrange, taken)
        assert merged(taken) == ranges
    except NodeError:
        assert without(taken, ranges) == []
    assert _blocks(taken) == _blocks(merged(taken)), "a block was read twice"


@pytest.mark.parametrize("names", [True, False])
def test_what_failed_once_and_is_then_refused_as_too_wide_is_asked_for_in_smaller_ranges(
    names: bool,
) -> None:
    clock = Clock()
    taken: list[tuple[int, int]] = []
    endpoints = Endpoints(("http://0.test",), Manners(first_span=100), clock)
    scripts = {"http://0.test": Script(["unclear"], GOOD, limit=7, names=names)}
    read(RangePlan(endpoints, [(0, HEAD)]), scripts, clock, lambda running: 0, taken)
    assert merged(taken) == [(0, HEAD)]


def test_what_honest_hosts_cannot_tell_is_asked_of_one_that_was_found_wrong() -> None:
    clock = Clock()
    taken: list[tuple[int, int]] = []
    urls = ("http://0.test", "http://1.test")
    endpoints = Endpoints(urls, Manners(first_span=500), clock)
    endpoints.all[1].lied = True
    scripts = {
        urls[0]: Script([], REJECTED, limit=10**6, names=False),
        urls[1]: Script([], GOOD, limit=10**6, names=False),
    }
    read(RangePlan(endpoints, [(0, HEAD)]), scripts, clock, lambda running: 0, taken)
    assert merged(taken) == [(0, HEAD)]


def _blocks(ranges: list[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in ranges)
