"""How many blocks an endpoint is asked for at once, learnt from what it answers.

A limit that a refusal names is used as it stands. One that has no name is looked for among
the numbers that providers choose. What a narrower range does not cure is no matter of width,
and the width goes back.
"""

from __future__ import annotations

from dataclasses import dataclass

_WIDEST = 1 << 25  # blocks
_COMMON_LIMITS = (
    *(1, 5, 10, 50, 100, 200, 250, 256, 500, 512, 800, 1_000, 1_024, 2_000, 2_048, 2_500),
    *(3_000, 3_500, 4_000, 5_000, 8_000, 10_000, 10_240, 15_000, 20_000, 25_000, 30_000),
    *(50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000),
)
# What an answer is to take, and what is too slow: nodes give up after five seconds.
_WANTED_S, _SLOW_S = 3.0, 6.0
_WANTED_BYTES, _LARGE_BYTES = 6_000_000, 12_000_000
_MOST_GROWTH, _LEAST_GROWTH = 4.0, 1.25
# Good answers before a wider range is tried where one was refused, at the most.
_AFTER_A_NAMED_LIMIT, _LATEST_TRIAL = 64, 4_096
_AFTER_A_DOUBT, _LATEST_AFTER_A_DOUBT = 2, 64
_STEPS_WITHOUT_CURE = 3
# So much less is asked for at the most where an answer's size tells how many blocks are worth it.
_MOST_STEP = 64
_DEAF_ANSWERS = 64


@dataclass
class Width:
    """`blocks` is how many to ask for, a guess until `answered`."""

    blocks: int
    answered: bool = False
    # The narrowest range that was refused beyond `blocks`.
    _refused: int = _WIDEST + 1
    # A wider range than that is tried after so many good answers; how many there were.
    _trial_after: int = 1
    _good_answers: int = 0
    _growth: float = _MOST_GROWTH
    # Failures in a row at a width that was good; the width before, and the steps down from it.
    _objections: int = 0
    _before: int = 0
    _steps: int = 0
    # Good answers still to come before a failure is again thought to be about width.
    _deaf: int = 0
    _first: int = 0

    def __post_init__(self) -> None:
        self._first = self.blocks

    def ask(self, trying: bool) -> int:
        """How many blocks to ask for now; 0 while the first answer is not there. `trying` says
        that a wider range than `blocks`, or the first one, is asked for already."""
        if not self.answered:
            return 0 if trying else self.blocks
        if trying or self._growth < _LEAST_GROWTH:
            return self.blocks
        if self._good_answers < (1 if self._room() else self._trial_after):
            return self.blocks
        return self._wider()

    def good(self, length: int, took_s: float, size: int) -> None:
        """Learn from an answer over `length` blocks, of `size` bytes."""
        self._deaf = max(0, self._deaf - 1)
        short = length < self.blocks and took_s <= _SLOW_S and size <= _LARGE_BYTES
        if short and not self.answered:
            return  # so few were left to ask for: that tells nothing of more
        growth = min(_MOST_GROWTH, _WANTED_S / max(took_s, 0.001), _WANTED_BYTES / max(size, 1))
        if not self.answered or length > self.blocks:
            if self.answered:
                self._trial_after = max(1, self._trial_after // 2)
            self.answered = True
            self.blocks = length
            self._objections = self._good_answers = 0
            if length >= self._refused:
                self._refused = _WIDEST + 1
        if size > _LARGE_BYTES:
            self.blocks = max(1, min(self.blocks, int(length * growth)))
        elif took_s > _SLOW_S:
            if length >= self.blocks:
                self._narrow(length // 2)
        elif length * 2 >= self.blocks:
            self._objections = self._before = self._steps = 0
        if length >= self.blocks:
            self._good_answers += 1
            self._growth = growth

    def objected(
        self,
        length: int,
        named: int | None = None,
        certain: bool = True,
        size: int | None = None,
    ) -> bool:
        """Learn from a refusal of `length` blocks; `named` is what it says it would take. Not
        `certain` is a failure that may be about something else. `size` is that of an answer in
        bytes that was too large to take. Returns whether fewer blocks are asked for from now on."""
        former = self.blocks if self.answered else length
        self._good_answers = 0
        if named is not None:
            self.blocks, self._refused = named, named + 1
            later = max(_AFTER_A_NAMED_LIMIT, self._trial_after * 4)
            self._trial_after = min(later, _LATEST_TRIAL)
            return named < length
        if not self.answered:
            self._step_down(length, certain, size)
        elif length > self.blocks:
            self._refused = min(self._refused, length)
            if not self._room():
                most = _LATEST_TRIAL if certain else _LATEST_AFTER_A_DOUBT
                later = max(_AFTER_A_DOUBT, self._trial_after * (4 if certain else 2))
                self._trial_after = min(later, max(most, self._trial_after))
            return True
        elif length * 2 > self.blocks:
            self._objections += 1
            if self._objections > 1:  # once may be the endpoint's mood
                self._narrow(length // 2 if certain else length // 8)
        return self.blocks < former

    def _step_down(self, length: int, certain: bool, size: int | None) -> None:
        """Nothing was answered so far: ask for fewer, and go back where that brings nothing."""
        if certain:
            self._refused = min(self._refused, length)
            fitting = length if size is None else length * _WANTED_BYTES // size
            self.blocks = max(1, length // _MOST_STEP, min(length // 4, fitting))
        elif not self._deaf:
            self.blocks = max(1, length // 8)
            if length == 1:
                self.blocks, self._deaf = self._first, _DEAF_ANSWERS

    def _narrow(self, blocks: int) -> None:
        """Fewer blocks than were good before; back to those where that is no cure."""
        if self._deaf:
            return
        self._objections = 0
        self._before = self._before or self.blocks
        self._steps += 1
        if self._steps > _STEPS_WITHOUT_CURE:
            self.blocks, self._deaf = self._before, _DEAF_ANSWERS
            self._before = self._steps = 0
        else:
            self.blocks = max(1, min(self.blocks, blocks))

    def _room(self) -> bool:
        """Whether there are widths worth a trial below the narrowest that was refused."""
        return self._refused > _WIDEST or self._between() is not None

    def _between(self) -> int | None:
        common = [limit for limit in _COMMON_LIMITS if self.blocks < limit < self._refused]
        if common:
            return common[len(common) // 2]
        if self._refused - self.blocks > max(1, self.blocks // 8):
            return (self.blocks + self._refused) // 2
        return None

    def _wider(self) -> int:
        if self._refused > _WIDEST:
            wider = int(self.blocks * self._growth)
        else:
            wider = min(self._between() or self.blocks * 2, int(self.blocks * self._growth) + 1)
        return min(max(wider, self.blocks + 1), _WIDEST)
