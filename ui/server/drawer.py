"""Draws pictures in a process of its own: half a second of one takes all of Python's attention.

`python -m ui.server.drawer` reads orders from its input and writes PNGs to its output, each after
its length in four bytes, until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from ui.server.card import Card, card_svg

_MOST_WAITING = 8  # who comes later is told to come again
_MOST_SECONDS = 20.0
_IDLE_SECONDS = 60.0  # it takes 140 MB while it lives
_MOST_PICTURES = 200  # of one process, whose memory grows with each
_LENGTH_BYTES = 4
_VEGA_LITE = "6.4"  # that Altair writes


class BusyError(Exception):
    """Too many wait for a picture."""


class Drawer:
    """One process that draws one picture at a time; it starts with the first, and ends where none
    is asked for any more. Belongs to one event loop."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._drawn = 0
        self._ending: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Whether one more would be refused."""
        return self._waiting >= _MOST_WAITING

    async def draw(
        self, card: Card, chart: dict[str, Any] | None, known: Callable[[], bytes | None]
    ) -> bytes:
        """The PNG of a card with its chart, a Vega-Lite spec, or what is `known` of it once those
        before it are drawn.

        Raises BusyError, and OSError where it cannot be drawn.
        """
        if self.is_busy:
            raise BusyError
        order = json.dumps({"card": asdict(card), "chart": chart}).encode()
        self._waiting += 1
        try:
            async with self._turn:
                return known() or await self._answer(order)
        finally:
            self._waiting -= 1

    async def _answer(self, order: bytes) -> bytes:
        if self._ending is not None:
            self._ending.cancel()
        if self._process is None or self._process.returncode is not None:
            self._process = await _started()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        picture = b""
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                process.stdin.write(len(order).to_bytes(_LENGTH_BYTES) + order)
                await process.stdin.drain()
                length = int.from_bytes(await process.stdout.readexactly(_LENGTH_BYTES))
                picture = await process.stdout.readexactly(length)
        except EOFError as error:
            raise OSError("the process that draws has ended") from error
        finally:
            self._drawn += 1
            if not picture or self._drawn >= _MOST_PICTURES:
                await self.close()
            else:
                self._ending = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self.end)
        if not picture:
            raise OSError("the picture could not be drawn")
        return picture

    def end(self) -> None:
        """Let the process go; the next picture starts another."""
        process, self._process, self._drawn = self._process, None, 0
        if self._ending is not None:
            self._ending.cancel()
        if process is not None and process.returncode is None:
            process.kill()

    async def close(self) -> None:
        """Let the process go, and wait until it is gone."""
        process = self._process
        self.end()
        if process is not None:
            await process.wait()


async def _started() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ui.server.drawer"),
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is the server's: this one ends with its input
    )


def drawn(card: Card, chart: dict[str, Any] | None) -> bytes:
    """The PNG, in this process. Nothing is loaded: of charts only their own data, of fonts those
    that lie here. Raises ValueError."""
    import vl_convert

    svg = ""
    if chart is not None:
        svg = vl_convert.vegalite_to_svg(chart, vl_version=_VEGA_LITE, allowed_base_urls=[])
    return vl_convert.svg_to_png(card_svg(card, svg))


def serve(orders: BinaryIO, pictures: BinaryIO) -> None:
    """Answer each order, with nothing where it cannot be drawn, until there are no more."""
    while length := orders.read(_LENGTH_BYTES):
        order = json.loads(orders.read(int.from_bytes(length)))
        card, chart = Card(**order["card"]), order["chart"]
        try:
            picture = drawn(card, chart)
        except ValueError as error:
            from data.logs import begin  # it brings what this process has no need of else

            begin("ui")
            logging.getLogger("ui").warning(f"a chart could not be drawn: {error}")
            picture = drawn(card, None)
        pictures.write(len(picture).to_bytes(_LENGTH_BYTES) + picture)
        pictures.flush()


if __name__ == "__main__":
    os.nice(10)  # pages come first
    serve(sys.stdin.buffer, sys.stdout.buffer)
