"""The picture of a link: its words fit, its chart is drawn as large as there is room for, and the
process that draws it loads nothing and can be lost."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from xml.etree import ElementTree

import pytest
from anyio.from_thread import start_blocking_portal
from PIL import Image, ImageFont

from answers.sources import read_sources
from answers.store_view import open_view
from ui.parts.preview import Preview, plain
from ui.server.card import Card, card_svg, width_of, wrapped
from ui.server.drawer import BusyError, Drawer, drawn
from ui.server.previews import _face

FONT = Path("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf")
SENTENCE = "126 requests (14,896 FTM) are waiting. 90 % chance by 12 Mar 2025, 50 % by 1 Feb 2025."
CHART: dict[str, Any] = {
    "data": {"values": [{"a": 1, "b": 2}, {"a": 2, "b": 3}]},
    "mark": "bar",
    "encoding": {
        "x": {"field": "a", "type": "ordinal"},
        "y": {"field": "b", "type": "quantitative"},
    },
    "width": 500,
    "height": 150,
}
T = TypeVar("T")
CARD = Card("Unstake queue", SENTENCE, "As of block 1")


def in_a_loop(draw: Callable[[], Awaitable[T]]) -> T:
    """What it returns in a loop of its own: a browser's tests leave one running in this thread."""
    with start_blocking_portal() as portal:
        return portal.call(draw)


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("RGB")


@pytest.mark.skipif(not FONT.exists(), reason="the font is not installed here")
@pytest.mark.parametrize("text", [SENTENCE, "WWW mmm %%%", "illicit, fit: 1.1", "0x6231…d6ad"])
def test_widths_are_those_of_the_font_or_a_little_more(text: str) -> None:
    real = ImageFont.truetype(FONT, 100).getlength(text)
    assert real <= width_of(text, 100) * 1.005
    assert width_of(text, 100) <= 1.15 * real


def test_words_are_wrapped_a_number_stays_with_its_unit_and_what_is_too_long_is_cut() -> None:
    lines = wrapped(SENTENCE, 50, 9, 400)
    assert " ".join(lines).replace("\u00a0", " ") == SENTENCE
    assert all(width_of(line, 50) <= 400 for line in lines)
    assert not any(line.split(" ")[-1].isdigit() for line in lines[:-1])
    assert wrapped(SENTENCE, 50, 2, 400)[-1].endswith("…")
    (word,) = wrapped("a" * 500, 50, 1, 400)
    assert word.endswith("a…")
    assert width_of(word, 50) <= 400
    assert wrapped("", 50, 1) == [""]


@pytest.mark.parametrize("text", ["<script>\"&'", "]]>", "a\x00b\ud800c\x0b", "漢字 🙂"])
def test_whatever_words_hold_the_picture_is_xml(text: str) -> None:
    card = Card(text, text * 30, text, text, text, text)
    ElementTree.fromstring(card_svg(card, '<svg viewBox="0 0 10 10"><g/></svg>'))
    assert opened(drawn(card, None)).size == (1200, 630)


def test_markup_of_a_page_is_left_out() -> None:
    marked = r"**7,761 FTM** of `0x62\u2060…d6ad`; [support](https://a.example/(x) takes a\.b \*"
    assert plain("**a** `b` [c](https://d.example) e\\.f\\* 0x62…\u2060ad") == "a b c e.f* 0x62…ad"
    assert "**" not in plain(marked)


def test_odds_that_no_longer_hold_are_told_with_a_warning(
    sample_store: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_STORE", str(sample_store))
    source = read_sources().default()
    view = open_view(source, source.version(), datetime.now(UTC))
    assert view is not None
    face = _face(view, Preview("Outlook", "90 % chance by **1 May 2025**", warning="No longer."))
    assert face.card.warning == "No longer."
    assert face.description.startswith("90 % chance by 1 May 2025. As of block 99,772,823")
    assert face.description.endswith(" No longer.")


def test_a_chart_that_would_be_loaded_is_refused() -> None:
    with pytest.raises(ValueError, match="not allowed"):
        drawn(CARD, CHART | {"data": {"url": "http://127.0.0.1:9/a.csv"}})


def test_the_process_draws_a_chart_and_without_it_where_it_cannot() -> None:
    async def draw() -> tuple[bytes, bytes, bytes]:
        drawer = Drawer()
        try:
            whole = await drawer.draw(CARD, CHART, lambda: None)
            bad = await drawer.draw(CARD, CHART | {"mark": "nonsense"}, lambda: None)
            return whole, bad, await drawer.draw(CARD, CHART, lambda: b"kept")
        finally:
            await drawer.close()

    whole, bad, kept = in_a_loop(draw)
    assert kept == b"kept"
    assert opened(bad).tobytes() == opened(drawn(CARD, None)).tobytes()
    assert opened(whole).tobytes() == opened(drawn(CARD, CHART)).tobytes() != opened(bad).tobytes()


def test_a_lost_process_is_replaced_and_too_many_are_refused() -> None:
    async def draw() -> None:
        drawer = Drawer()
        try:
            await drawer.draw(CARD, None, lambda: None)
            process = drawer._process
            assert process is not None
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            assert opened(await drawer.draw(CARD, None, lambda: None)).size == (1200, 630)
            stopped = drawer._process
            assert stopped is not None
            os.kill(stopped.pid, signal.SIGSTOP)
            waiting = [asyncio.create_task(drawer.draw(CARD, None, lambda: None)) for _ in range(8)]
            await asyncio.sleep(0.1)
            with pytest.raises(BusyError):
                await drawer.draw(CARD, None, lambda: None)
            os.kill(stopped.pid, signal.SIGCONT)
            assert len({*await asyncio.gather(*waiting)}) == 1
            dying = asyncio.create_task(drawer.draw(CARD, CHART, lambda: None))
            await asyncio.sleep(0)
            os.kill(stopped.pid, signal.SIGKILL)
            with pytest.raises(OSError, match=r"ended|drawn|reset|closed|lost|Broken"):
                await dying
        finally:
            await drawer.close()

    in_a_loop(draw)
