"""Which runs of a page are under way: two at once, while the others wait for their turn.

Python works for one thread at a time. Of fifty runs that share it each ends late; of fifty that
come one after the other most end early, and less is lost to changing from one to the next.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_AT_ONCE = 2
# No longer than this: who has a turn may himself wait, for what `aside` does not know of.
_LONGEST_S = 0.25
_free = threading.Semaphore(_AT_ONCE)
_mine = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Wait for a turn, or for a quarter of a second; it ends with the block, however that ends."""
    before = getattr(_mine, "has_turn", False)
    _mine.has_turn = _free.acquire(timeout=_LONGEST_S)
    try:
        yield
    finally:
        if _mine.has_turn:
            _free.release()
        _mine.has_turn = before


@contextmanager
def aside() -> Iterator[None]:
    """Leave the turn to others while this run itself waits: for a node, or for a long statement.
    Who has none, as a thread that runs no page, needs none afterwards."""
    had_turn = getattr(_mine, "has_turn", False)
    if had_turn:
        _mine.has_turn = False
        _free.release()
    try:
        yield
    finally:
        if had_turn:
            _mine.has_turn = _free.acquire(timeout=_LONGEST_S)
