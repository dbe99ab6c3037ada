"""A part of a page that runs alone shows what the whole page would, on a real server."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.WidgetStates_pb2 import WidgetState

from bench.load import publish
from bench.page_times import states, typed
from bench.sessions import Session, serving, visiting
from data.config import ROOT
from scoring.companion import companion_of
from tests.apart import apart
from tests.app import edited
from tests.screen import Place, Screen, watched
from tests.shown import Show

pytestmark = pytest.mark.node

# By link, the inputs that draw a part of the page alone.
ALONE = {
    "?network=sample": ["amount", "unstake", "range", "payouts"],
}


@pytest.fixture(scope="module")
def store(
    sample_store: Path, sample_scores: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A store of the sample with odds, which may be replaced."""
    path = edited(sample_store, tmp_path_factory.mktemp("parts") / "sample.duckdb")
    shutil.copyfile(sample_scores, companion_of(path))
    return path


def differing(screen: Screen, whole: dict[Place, Delta]) -> list[str]:
    """What is on the screen and not on that of a whole run, or the other way round."""
    return [
        f"{place}: {screen.shown.get(place)} is not {whole.get(place)}"
        for place in sorted(screen.shown.keys() | whole.keys())
        if screen.shown.get(place) != whole.get(place)
    ]


async def put(session: Session, key: str, state: WidgetState) -> None:
    """As `click`, with what the input then holds in the address, as a browser has it."""
    kind = state.WhichOneof("value")
    value = state.string_array_value.data[0] if "array" in str(kind) else getattr(state, str(kind))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    session.query = urlencode(dict(parse_qsl(session.query)) | {key: text})
    await session.click(key, state)


@asynccontextmanager
async def visited(store: Path, link: str) -> AsyncIterator[tuple[Session, Screen]]:
    """A session of a server of its own, and what it shows."""
    async with (
        serving(ROOT / "app.py", f"FTM_STORE={store}") as server,
        visiting(server, link) as session,
    ):
        yield session, await watched(session)


async def every_choice(store: Path, link: str, keys: list[str], texts: list[str]) -> None:
    async with visited(store, link) as (session, screen):
        for key in keys:
            some = ["20.5", "", "7"] if key == "amount" else texts
            for state in states(session.input(key), some)[::-1]:
                await put(session, key, state)
                assert not screen.was_whole, f"{key} runs the whole page"
                alone, messages = dict(screen.shown), screen.messages
                await session.rerun()
                assert screen.was_whole
                assert differing(Screen(alone), screen.shown) == [], (key, state)
                assert messages < screen.messages


@pytest.mark.parametrize("link", ALONE)
def test_what_an_input_draws_alone_is_what_the_whole_page_draws(store: Path, link: str) -> None:
    apart(asyncio.run, every_choice(store, link, ALONE[link], typed(store)))


async def with_one_beside(store: Path) -> tuple[bool, str]:
    async with visited(store, "?network=sample") as (session, screen):
        await put(session, "token", states(session.input("token"), [])[1])
        return screen.was_whole, "\n".join(headings(screen))


def headings(screen: Screen) -> list[str]:
    return [delta.new_element.heading.body for delta in screen.shown.values()]


def test_what_an_input_changes_elsewhere_on_the_page_is_drawn_too(store: Path) -> None:
    was_whole, said = apart(asyncio.run, with_one_beside(store))
    assert was_whole
    assert "Who waits, aFTMb only" in said


async def with_news(store: Path) -> list[tuple[bool, set[str]]]:
    """After each click whether the page was run, and of which blocks it speaks."""
    told = []
    async with visited(store, "?network=sample") as (session, screen):
        clicks = cycle(states(session.input("payouts"), []))

        async def click() -> bool:
            await put(session, "payouts", next(clicks))
            told.append((screen.was_whole, blocks(screen)))
            return screen.was_whole

        await click()
        publish(store)
        for _ in range(600):  # it is made ready beside the pages
            if await click():
                break
            await asyncio.sleep(0.1)
        await click()
        store.unlink()
        await put(session, "payouts", next(clicks))
        return [*told, (screen.was_whole, set(headings(screen)) - {""})]


def blocks(screen: Screen) -> set[str]:
    bodies = [delta.new_element.markdown.body for delta in screen.shown.values()]
    return {found for body in bodies for found in re.findall("^Block ([0-9,]+)", body)}


def test_a_store_published_or_taken_away_since_has_the_whole_page_run(
    store: Path, tmp_path: Path
) -> None:
    own = edited(store, tmp_path / "sample.duckdb")
    shutil.copyfile(companion_of(store), companion_of(own))
    first, *before, new, again, gone = apart(asyncio.run, with_news(own))
    assert not first[0]
    assert all(each == first for each in before), "of the same block as the rest of the page"
    assert new[0]
    assert len(new[1] | first[1]) == 2
    assert again == (False, new[1])
    assert gone == (True, {"Nothing read from sample yet"})


def test_a_part_that_cannot_be_drawn_has_the_page_say_so(show: Show) -> None:
    app = show("DROP TABLE hourly_flows")
    assert not app.exception
    assert [error.title for error in app.error] == ["This page has no data to show"]
