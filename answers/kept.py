"""Answers that were given before, bounded by the bytes they take: who asks chooses how large they
are, and a bound on their number would be none."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import polars as pl

T = TypeVar("T")
MOST_BYTES = 64 * 2**20
_LEAST = 4_096  # what one answer takes, however few its rows


class Kept:
    """Values by their key, none of them None; those asked for longest ago go first. Thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        """No more than that many bytes, or the newest value alone if it is larger."""
        self._most_bytes = most_bytes
        self._values: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._being_made: dict[str, threading.Lock] = {}

    def get(self, key: str, make: Callable[[], T], size_of: Callable[[T], int]) -> T:
        """What `make()` returned for this key, made once however many wait for it.

        `size_of` tells how many bytes a value takes. What `make` raises is not kept.
        """
        with self._lock:
            making = self._being_made.setdefault(key, threading.Lock())
        try:
            with making:
                value: T | None = self._found(key)
                if value is None:
                    value = make()
                    self._put(key, value, size_of(value) + len(key) + _LEAST)
        finally:
            with self._lock:
                self._being_made.pop(key, None)
        return value

    def found(self, key: str) -> Any:
        """The value of this key, None where none is kept: nobody waits."""
        return self._found(key)

    def _found(self, key: str) -> Any:
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def _put(self, key: str, value: Any, size: int) -> None:
        with self._lock:
            _, before = self._values.pop(key, (None, 0))  # two may have made it, one after another
            self._bytes -= before
            self._values[key] = value, size
            self._bytes += size
            while self._bytes > self._most_bytes and len(self._values) > 1:
                _, (_, freed) = self._values.popitem(last=False)
                self._bytes -= freed


def size_of(rows: pl.DataFrame) -> int:
    """How many bytes a frame takes."""
    return int(rows.estimated_size())


ANSWERS = Kept(MOST_BYTES)  # of all queries, and of all SQL
