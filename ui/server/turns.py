"""Which runs of a page are under way: two at once, while the others wait for their turn.

Python works for one thread at a time. Of fifty runs that share it each ends late; of fifty that
come one after the other most end early, and less is lost to changing from one to the next.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_AT_ONCE = 2
# No longer than this: who has a turn may himself wait, for a node or a long query.
_LONGEST_S = 0.25
_free = threading.Semaphore(_AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Wait for a turn, or for a quarter of a second; it ends with the block, however that ends."""
    has_turn = _free.acquire(timeout=_LONGEST_S)
    try:
        yield
    finally:
        if has_turn:
            _free.release()
