"""The watch list of the Track page: what it names, what it leaves out, and a line for each."""

from __future__ import annotations

import pytest

from data.pool.identifiers import Address, RequestId
from pages.track import watch
from tests.shown import Show, plain, said

OFTEN = "0x6799f72c51c83434b82a36ed47168a1657c502bc"
NOBODY = "0x" + "1" * 40


@pytest.mark.parametrize(
    "text",
    [
        f"2210 {OFTEN} 1927",
        f"2210,{OFTEN},1927",
        f" #2210;\n{OFTEN.upper()},, https://ftmscan.com/x?y 1927 2210 ",
    ],
)
def test_a_list_is_read_as_people_write_it_and_names_each_once(text: str) -> None:
    assert watch.read(text, "fantom").items == (RequestId(2210), Address(OFTEN), RequestId(1927))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2,210", "one request or several"),
        ("198,199,200", "one request or several"),
        ("banana", "cannot be looked up"),
        (OFTEN[:-1], "39 hex digits"),
        ("0x" + "ab" * 32, "This is a transaction"),
    ],
)
def test_what_cannot_be_watched_is_named_and_never_guessed_at(text: str, why: str) -> None:
    watched = watch.read(f"41 {text}", "fantom")
    assert watched.items == (RequestId(41),)
    ((part, told),) = watched.wrong
    assert part == text
    assert why in told


def test_a_list_has_an_end() -> None:
    watched = watch.read(" ".join(map(str, range(watch.MOST + 2))), "fantom")
    assert len(watched.items) == watch.MOST
    assert [part for part, _ in watched.wrong] == [str(watch.MOST), str(watch.MOST + 1)]


def test_a_link_shows_a_line_for_each(show_scored: Show) -> None:
    app = show_scored(page="track", watch=f"2208 {OFTEN} 41 1927 999999 {NOBODY} 2,210")
    assert not app.exception
    (table,) = [frame.value for frame in app.dataframe]
    assert table["status"].to_list() == [
        "waiting",
        "7 of 99 waiting",
        "paid",
        "rejected",
        "no such request",
        "made no request",
    ]
    assert table["place"].to_list()[:2] == [11, 11]  # 2208 is the first of that address
    assert table["payout_ftm"].to_list()[:2] == [10.6235, 462.0953]
    assert table["half_by"].to_list()[0] == table["half_by"].to_list()[1]
    assert table["half_by"].isna().to_list() == [False, False, True, True, True, True]
    assert table["find"][1].startswith(f"?find={OFTEN}&network=shown&watch=2208+0x6799")
    assert "`2,210` is left out." in plain(app)


def test_without_scores_the_list_has_no_dates_and_with_none_nothing_is_named(show: Show) -> None:
    (table,) = [frame.value for frame in show(page="track", watch="2208").dataframe]
    assert table["most_by"].isna().all()
    assert not show(page="track").warning


def test_a_list_stands_beside_what_is_found(show: Show) -> None:
    text = said(show(page="track", watch="41", find="2210"))
    assert "Request 2,210 for 20.7088 FTM is at place 13." in text
    assert "Watch list" in text


def test_a_list_that_is_too_long_is_named(show: Show) -> None:
    app = show(page="track", watch="1 " * 600)
    assert not app.exception
    assert "not a text of at most 1,000 letters" in plain(app)
