"""What a store that lies elsewhere has to be, so that its local copy can be kept at the newest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

Tell = Callable[[int, int], None]  # so much of so much is there


class Fetched(Protocol):
    """A network's store at an address, and its local copy at `path`."""

    @property
    def network(self) -> str: ...

    @property
    def path(self) -> Path: ...

    def is_news(self) -> bool:
        """Whether there is another than the copy. It is asked every few seconds by every machine,
        so it is to cost next to nothing. Raises TrackerError."""

    def fetch(self, tell: Tell) -> None:
        """Replace the copy by the newest, whole or not at all, and `tell` how far it is. Raises
        TrackerError."""
