"""One waking for many messages: how threads that run pages hand over to the server's loop.

A run of a page hands over a hundred messages, and Python's loop is woken for each by a byte on a
socket: two system calls, and the interpreter goes from one thread to the other and back. Here no
byte is sent while one lies there unread, as the loop then looks at all that was handed over.
"""

from __future__ import annotations

import asyncio
from asyncio.selector_events import BaseSelectorEventLoop
from typing import Any


def few(loop: asyncio.AbstractEventLoop) -> None:
    """Have this loop woken no more than it needs; a loop of another kind stays as it is."""
    if not isinstance(loop, BaseSelectorEventLoop):
        return
    of_loop: Any = loop
    wake, read = of_loop._write_to_self, of_loop._read_from_self
    is_woken = False

    def wake_once() -> None:
        nonlocal is_woken
        if not is_woken:  # what was handed over before this is seen after `read_all`
            is_woken = True
            wake()

    def read_all() -> None:
        nonlocal is_woken
        read()
        is_woken = False

    of_loop._write_to_self = wake_once
    # The loop waits for the socket since it was made.
    of_loop._remove_reader(of_loop._ssock.fileno())
    of_loop._add_reader(of_loop._ssock.fileno(), read_all)
    of_loop._read_from_self = read_all
