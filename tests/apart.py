"""What runs an event loop of its own, beside a browser that may keep this thread's busy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def apart(call: Callable[..., Any], *arguments: Any) -> Any:
    """What the call returns or raises, in a thread of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call, *arguments).result()
