"""What the pages say of a chain that is reported to end, has ended, or stands still."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from answers import words
from data.config import load_network
from data.live.reading import Reading
from pages.unstake import node
from pages.unstake.node import Live
from tests.app import of_network
from tests.shown import Show, said

PAGES = ["", "waits", "unstake", "track", "outlook", "explore", "status"]
# The sample's time stands still on 1 March 2025.
ENDS_ON = '[sample]\nends_on = 2025-04-15\nends_told_by = "a *notice*"\n'
REPORT = "Sample is reported to be retired on 15 Apr 2025 (told by a *notice*; not confirmed by its"
CHANCE = "Chance **before 15 Apr 2025**, the chain's reported end: **"
AHEAD, OVER = timedelta(days=30), timedelta(days=-30)
HOLDER = "0x" + "ab" * 20
NOT_READ = dict.fromkeys(one.name for one in fields(Reading))
NOT_READ |= {"network": "fantom", "host": "node.example", "block": 900, "amount_wei": 5 * 10**18}


@pytest.fixture
def networks_file(
    environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A networks file of our own, to be written."""
    own = tmp_path_factory.mktemp("own") / "networks.toml"
    environment.setenv("FTM_NETWORKS_FILE", str(own))
    return own


@pytest.fixture
def told(networks_file: Path) -> None:
    """The sample is reported to end."""
    networks_file.write_text(ENDS_ON)


@pytest.fixture
def show_fantom(show: Show, environment: pytest.MonkeyPatch) -> Show:
    """A store of Fantom, last synced when `synced_ago`, whose end is so far `off` from today:
    `show_fantom(OVER, "40 days", page="status")`."""

    def run(off: timedelta | None, synced_ago: str, *statements: str, **more: str) -> AppTest:
        environment.setenv("FTM_NETWORK", "fantom")
        day = datetime.now(UTC).date() + off if off else "none"
        environment.setenv("FTM_ENDS_ON", str(day))
        pool = f"UPDATE store_info SET pool = '{load_network('fantom').pool}'"
        return show(of_network("fantom", synced_ago), pool, *statements, **more)

    return run


def plain(app: AppTest) -> str:
    """What it says, without the escapes that keep foreign text from being markup."""
    return said(app).replace("\\", "")


def warned(app: AppTest) -> str:
    return " ".join(str(warning.value) for warning in app.warning)


@pytest.mark.parametrize("page", PAGES)
def test_a_reported_end_is_told_on_every_page_once_in_large_and_then_in_small(
    told: None, show: Show, page: str
) -> None:
    app = show(page=page)
    assert not app.exception
    (notice,) = [one.value for one in app.info if "retired" in one.value]
    assert notice.replace("\\", "").startswith(REPORT)
    assert "a *notice*" not in notice, "it is no markup"
    app.session_state["told of the end"] = ("Sample", "reported", "elsewhere")
    app.run()
    assert not [one for one in app.info if "retired" in one.value]
    assert [one for one in app.caption if "retired" in one.value]


@pytest.mark.parametrize("page", PAGES)
def test_where_no_end_is_reported_none_is_told(show_scored: Show, page: str) -> None:
    app = show_scored(page=page, **({"find": "2210"} if page == "track" else {}))
    assert not app.exception
    assert "retired" not in said(app)
    assert "reported end" not in said(app)


@pytest.mark.parametrize(
    ("page", "link", "times"),
    [
        ("", {}, 5),  # the amount, three others and the head
        ("track", {"find": "2210"}, 1),
        ("unstake", {"amount": "100"}, 1),
        ("outlook", {}, 1),
        ("unstake", {"step": "5", "request": "2210"}, 1),
    ],
)
def test_the_chance_before_the_end_stands_beside_the_other_odds(
    told: None, show_scored: Show, page: str, link: dict[str, str], times: int
) -> None:
    app = show_scored(page=page, **link)
    assert not app.exception
    assert said(app).count(CHANCE) == times


@pytest.mark.parametrize(("day", "chance"), [("2025-08-15", "%"), ("2025-12-31", "unknown")])
def test_an_end_somewhat_later_than_what_is_usually_forecast_has_a_chance_too(
    networks_file: Path, show_scored: Show, day: str, chance: str
) -> None:
    networks_file.write_text(ENDS_ON.replace("2025-04-15", day))
    text = said(show_scored(page="outlook"))
    before = text.partition(f"Chance **before {words.day(date.fromisoformat(day))}**")[2]
    assert chance in before.partition(".")[0]


def test_where_odds_are_not_scored_no_chance_is_told(told: None, show: Show) -> None:
    assert CHANCE not in said(show())
    assert CHANCE not in said(show(page="unstake", amount="100"))


def test_each_who_waits_has_that_chance_in_the_list(told: None, show_scored: Show) -> None:
    listed = show_scored().dataframe[0].value["before"].to_list()
    assert len(listed) == 126
    assert set(listed[100:]) != {""}
    assert all(chance == "" or chance.endswith(" %") for chance in listed)


def test_step_one_tells_what_is_known_of_the_rest_and_only_then(
    told: None, show: Show, environment: pytest.MonkeyPatch
) -> None:
    text = plain(show(page="unstake", amount="100"))
    assert "If the chain ends on 15 Apr 2025" in text
    assert "**may never be paid**" in text
    assert "(https://my.soniclabs.com/upgrade)" in text
    environment.delenv("FTM_NETWORKS_FILE")
    assert "may never be paid" not in plain(show(page="unstake", amount="100"))


@pytest.mark.parametrize("page", PAGES)
def test_after_the_day_the_store_is_final_and_not_stale(show_fantom: Show, page: str) -> None:
    app = show_fantom(OVER, "40 days", page=page)
    assert not app.exception
    text = plain(app)
    assert "Fantom was reported to be retired on " in text
    assert "This store is final: its newest block is of " in text
    assert "make sync" not in text
    assert not app.warning


def test_odds_after_the_day_say_what_they_hold_by(show_fantom: Show, show_scored: Show) -> None:
    app = show_fantom(OVER, "40 days", page="track", find="2210")
    text = plain(app)
    assert "the newest block here. It holds only if the chain goes on." in text
    assert "days old: they count" not in text
    assert "reported end" not in text


def test_after_the_day_a_sync_can_be_tried_and_says_why_it_may_bring_nothing(
    show_fantom: Show,
) -> None:
    app = show_fantom(OVER, "40 days", page="status")
    assert "Whatever nodes still answer can be read" in plain(app)
    assert [one for one in app.button if one.label == "Sync now"]
    unknown = show_fantom(OVER, "40 days", page="track", find="999999")
    assert "Nothing newer is expected: Fantom was reported" in plain(unknown)


def test_a_chain_that_goes_on_after_the_day_is_stale_as_before(show_fantom: Show) -> None:
    app = show_fantom(OVER, "3 days")
    assert "It has made blocks since" in plain(app)
    assert "reads newer data" in warned(app)


@pytest.mark.parametrize("off", [AHEAD, None])
def test_a_chain_that_stopped_early_is_told_apart_from_a_store_that_was_not_synced(
    show_fantom: Show, off: timedelta | None
) -> None:
    asked = "UPDATE store_info SET published_at = now() - INTERVAL '1 hour'"
    stopped = show_fantom(off, "9 days 1 hour", asked, page="waits")
    told = warned(stopped).replace("\\", "")
    assert "the chain has made no block for 9 d, or the nodes that were asked on" in told
    assert "reads newer data" not in told
    assert ("retired" in plain(stopped)) == (off is not None)
    behind = show_fantom(off, "9 days 1 hour", page="waits")
    assert "reads newer data" in warned(behind)
    assert "no block for" not in plain(behind)


@pytest.mark.parametrize(
    ("off", "block_age", "why"),
    [
        (OVER, timedelta(minutes=10), ""),  # it goes on: nothing is kept from who can still sign
        (OVER, timedelta(hours=3), "Fantom was reported to be retired on {day}, and the newest"),
        (AHEAD, timedelta(hours=3), ""),
        (AHEAD, timedelta(days=3), "knows is 3 d old: the chain stands still, or that node is"),
        (OVER, None, "Fantom was reported to be retired on {day}, and no endpoint of fantom"),
        (AHEAD, None, "No node was read: no endpoint of fantom"),
    ],
)
def test_the_live_steps_rest_only_where_a_node_is_silent_or_its_newest_block_is_old(
    show_fantom: Show,
    environment: pytest.MonkeyPatch,
    off: timedelta,
    block_age: timedelta | None,
    why: str,
) -> None:
    live = Live(None, "no endpoint of fantom answered")
    if block_age is not None:
        now = datetime.now(UTC)
        given = {"at": now - block_age, "token": "aFTMb", "unknown": {}}
        live = Live(Reading(**NOT_READ | given), "")
    environment.setattr(node, "live", lambda *_: live)
    link = {"amount": "5", "token": "aFTMb", "address": HOLDER}
    app = show_fantom(off, "40 days", page="unstake", step="2", **link)
    assert not app.exception
    text = plain(app)
    day: date = datetime.now(UTC).date() + off
    assert why.format(day=words.day(day)) in text
    assert ("Nothing of this address can be checked" in text) == bool(why)
    assert bool([one for one in app.button if one.label == "Continue to sign"]) == (not why)
