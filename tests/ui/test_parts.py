"""A part of a page that runs alone shows what the whole page would, on a real server."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.proto.Checkbox_pb2 import Checkbox
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.WidgetStates_pb2 import WidgetState

from bench.load import publish
from bench.page_times import states, typed
from bench.sessions import Session, visiting_site
from scoring.companion import companion_of
from tests.apart import apart
from tests.app import App, edited, served
from tests.screen import Place, Screen, watched
from tests.shown import Show

pytestmark = pytest.mark.node

# By link, the inputs that draw a part of the page alone.
ALONE = {
    "?network=sample": ["amount", "unstake", "range", "payouts"],
    "waits?network=sample": ["range", "days"],
    "outlook?network=sample": ["amount", "of"],
    "track?network=sample": ["find", "watch"],
}


@pytest.fixture(scope="module")
def app(tree: Path, sample_scores: Path) -> Iterator[App]:
    """A server of the sample with its odds."""
    shutil.copyfile(sample_scores, companion_of(tree / "var" / "sample.duckdb"))
    with served(tree) as app:
        yield app


def differing(alone: Screen, whole: Screen) -> list[str]:
    """What is on one screen and not on the other."""
    one, other = _shown(alone), _shown(whole)
    return [
        f"{place}: {one.get(place)} is not {other.get(place)}"
        for place in sorted(one.keys() | other.keys())
        if one.get(place) != other.get(place)
    ]


def _shown(screen: Screen) -> dict[Place, Delta]:
    """What a screen shows, without the number that a file gets anew in each run."""
    shown = {}
    for place, delta in screen.shown.items():
        shown[place] = Delta()
        shown[place].CopyFrom(delta)
        if delta.new_element.WhichOneof("type") == "download_button":
            shown[place].new_element.download_button.deferred_file_id = ""
    return shown


async def put(session: Session, key: str, state: WidgetState) -> None:
    """As `click`, with what the input then holds in the address, as a browser has it."""
    kind = str(state.WhichOneof("value"))
    value = getattr(state, kind)
    text = str(value.data[0] if "array" in kind else value)
    text = text.lower() if kind == "bool_value" else text
    if name := getattr(session.input(key), "query_param_key", ""):
        session.query = urlencode(dict(parse_qsl(session.query)) | {name: text})
    await session.click(key, state)


@asynccontextmanager
async def visited(app: App, link: str) -> AsyncIterator[tuple[Session, Screen]]:
    """A session, and what it shows."""
    async with visiting_site(app.url, link) as session:
        yield session, await watched(session)


async def every_choice(app: App, link: str, keys: list[str]) -> None:
    """Two sessions that do the same, of which one has the whole page run each time."""
    texts = typed(app.store("sample"))
    async with visited(app, link) as (one, alone), visited(app, link) as (other, whole):
        for key in keys:
            for state in possible(one.input(key), texts)[::-1]:
                await put(one, key, state)
                other.fragments = dict.fromkeys(other.fragments, "")
                await put(other, key, state)
                assert (alone.was_whole, whole.was_whole) == (False, True), key
                assert differing(alone, whole) == [], (key, state)
                assert alone.messages < whole.messages


def possible(found: Any, texts: list[str]) -> list[WidgetState]:
    """As `states`, with what some inputs can take beside."""
    match type(found).__name__:
        case "MultiSelect":
            each = (StringArray(data=found.options[:number]) for number in (1, 2))
            return [WidgetState(string_array_value=data) for data in each]
        case "DateInput":
            days = (StringArray(data=[day]) for day in ("2023-03-05", "2024-01-01"))
            return [WidgetState(string_array_value=data) for data in days]
        case "NumberInput":
            return states(found, ["20.5", "7"])
        case "TextInput" if found.label == "You unstake":
            return states(found, ["20.5", "", "7"])
        case _:
            return states(found, texts)


@pytest.mark.parametrize("link", ALONE)
def test_what_an_input_draws_alone_is_what_the_whole_page_draws(app: App, link: str) -> None:
    apart(asyncio.run, every_choice(app, link, ALONE[link]))


async def after(app: App, link: str, *clicks: tuple[str, WidgetState]) -> tuple[bool, Screen]:
    """Whether the last of these clicks has the whole page run, and what it then shows."""
    async with visited(app, link) as (session, screen):
        for key, state in clicks:
            for delta in screen.shown.values():  # boxes can be opened, and are no elements
                if name := delta.add_block.expandable.id.partition("-")[2].partition("-")[2]:
                    session.inputs[name] = delta.add_block.expandable
                    session.fragments[name] = delta.fragment_id
            await put(session, key, state)
        return screen.was_whole, screen


def headings(screen: Screen) -> list[str]:
    return [delta.new_element.heading.body for delta in screen.shown.values()]


def queries_behind(screen: Screen) -> list[str] | None:
    """The queries that are listed behind a page; None where there is no list to be opened."""
    boxes = [delta.add_block.expandable.label for delta in screen.shown.values()]
    if "Queries behind this page" not in boxes:
        return None
    pages = [delta.new_element.page_link for delta in screen.shown.values()]
    return [page.label for page in pages if "query=" in page.query_string]


def test_what_an_input_changes_elsewhere_on_the_page_is_drawn_too(app: App) -> None:
    token = WidgetState(string_array_value=StringArray(data=["aFTMb"]))
    was_whole, screen = apart(asyncio.run, after(app, "?network=sample", ("token", token)))
    assert was_whole
    assert "Who waits, aFTMb only" in headings(screen)


def test_after_a_hundred_runs_alone_the_whole_page_lets_go_of_what_they_left(app: App) -> None:
    payouts = [("payouts", state) for state in states(Checkbox(), [])] * 51
    link = "?network=sample"
    assert not apart(asyncio.run, after(app, link, *payouts[:100]))[0]
    assert apart(asyncio.run, after(app, link, *payouts[:101]))[0]


def test_the_list_of_queries_is_that_of_what_is_shown(app: App) -> None:
    link, of_days = "?network=sample", WidgetState(string_array_value=StringArray(data=["35 days"]))
    opened = ("queries behind ", WidgetState(bool_value=True))
    was_whole, screen = apart(asyncio.run, after(app, link, ("range", of_days), opened))
    assert not was_whole
    assert "Queue depth against reward claims (depth_against_claims, hour" in "".join(
        queries_behind(screen) or []
    )
    was_whole, screen = apart(asyncio.run, after(app, link, opened, ("range", of_days)))
    assert was_whole
    assert "(depth_against_claims, hour" in "".join(queries_behind(screen) or [])


async def with_news(app: App) -> list[tuple[bool, set[str]]]:
    """After each click whether the page was run, and of which blocks it speaks."""
    told = []
    store = app.store("sample")
    async with visited(app, "?network=sample") as (session, screen):
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
    app_tree: Path, sample_store: Path
) -> None:
    edited(sample_store, app_tree / "var" / "sample.duckdb")
    with served(app_tree) as own:
        first, *before, new, again, gone = apart(asyncio.run, with_news(own))
    assert not first[0]
    assert all(each == first for each in before), "of the same block as the rest of the page"
    assert new[0]
    assert len(new[1] | first[1]) == 2
    assert again == (False, new[1])
    assert gone[0]
    assert "Unstake queue" in gone[1], "the sample is made anew"


def test_a_part_that_cannot_be_drawn_has_the_page_say_so(show: Show) -> None:
    app = show("DROP TABLE hourly_flows")
    assert not app.exception
    assert [error.title for error in app.error] == ["This page has no data to show"]


@pytest.mark.parametrize("steps", [["explore", "queue"], ["queue", "explore", "queue", "explore"]])
def test_what_another_page_held_under_an_input_s_name_is_not_taken_over(
    app: App, steps: list[str]
) -> None:
    """Explore has a `token` that may be none of both, and Queue one that is one of three."""

    async def play() -> dict[str, str]:
        async with visiting_site(app.url, f"{steps[0]}?network=sample") as session:
            for page in steps[1:]:
                for key in ("query", "range"):
                    if key in session.inputs:
                        await session.click(key, states(session.input(key), ["1"])[0])
                await session.go(page)
            return dict(parse_qsl(session.query))

    assert "token" not in apart(asyncio.run, play())
