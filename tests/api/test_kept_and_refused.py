"""What may not be kept, what may not be told to strangers, and who counts as one client."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from answers.sources import read_sources
from tests.api.conftest import Ask, asked_of, server
from tests.api.test_served import problem
from tests.app import edited, of_network

WINDOW = "/release-window?token=aFTMb&amount=100"


def at_clock(environment: pytest.MonkeyPatch, moment: datetime) -> None:
    """Have answers be given at this time."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return moment

    environment.setattr("api.served.datetime", Clock)


def test_the_official_days_of_a_new_unstake_run_from_the_hour_in_which_it_is_asked(
    ask: Ask, scored_store: Path, environment: pytest.MonkeyPatch
) -> None:
    """Also where nothing was synced meanwhile, as after a chain's end."""
    edited(
        scored_store,
        scored_store,
        "UPDATE store_info SET simulated = FALSE, network = 'fantom'",
    )
    at_clock(environment, datetime(2025, 3, 1, 12, tzinfo=UTC))
    first = ask(WINDOW)
    at_clock(environment, datetime(2025, 3, 9, 12, tzinfo=UTC))
    later = ask(WINDOW, if_none_match=first.headers["etag"])
    assert later.status_code == 200
    sentences = [each.json()["data"]["window"]["sentence"] for each in (first, later)]
    assert ["5 Apr 2025" in sentences[0], "13 Apr 2025" in sentences[1]] == [True, True]


def test_what_is_known_of_the_chains_end_and_of_checks_stands_in_every_answer(
    ask: Ask, store: Path, environment: pytest.MonkeyPatch
) -> None:
    edited(
        store,
        store,
        of_network("fantom"),
        "INSERT INTO checks VALUES ('made up', 'failed', 7, NULL, 'x')",
    )
    environment.setenv("FTM_NETWORK", "fantom")
    environment.setenv("FTM_ENDS_ON", "2020-01-31")
    environment.setenv("FTM_ENDS_TOLD_BY", "a notice")
    read_sources.cache_clear()
    about = ask("/queue").json()["about"]
    assert about["failed_checks"] == 1
    assert about["chain_end"] == {
        "kind": "passed",
        "day": "2020-01-31",
        "told_by": "a notice",
        "is_confirmed": False,
        "notice": about["chain_end"]["notice"],
    }
    assert "31 Jan 2020" in about["chain_end"]["notice"]


def test_a_place_behind_a_lost_log_is_unknown(ask: Ask, store: Path) -> None:
    edited(store, store, "UPDATE requests SET ahead_wei = NULL WHERE wr_id = 2300")
    told = ask(WINDOW).json()["data"]
    assert (told["place"], told["ahead"]) == (None, None)


def test_odds_that_are_still_to_come_are_not_kept(ask: Ask, store: Path) -> None:
    answer = ask(WINDOW)
    assert answer.json()["data"]["window"]["kind"] == "not_scored"
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_nothing_of_the_past_is_scored_where_scoring_is_off(
    ask: Ask, store: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_SCORING", "off")
    window = ask(f"{WINDOW}&at=2024-05-01").json()["data"]["window"]
    assert (window["kind"], window["why"]) == (
        "not_scored",
        "The odds of that day cannot be tested here.",
    )
    from answers import past_odds

    assert not [version for version in past_odds._runs if str(store.parent) in version[0]]


def test_a_store_that_breaks_is_not_the_askers_fault(ask: Ask, store: Path) -> None:
    assert ask("/queue").status_code == 200
    with store.open("r+b") as file:  # under the reader
        file.truncate(store.stat().st_size // 3)
    for path in ("/queries/daily_flows", "/queries/release_curve", "/queries/payouts"):
        answer = ask(path)
        assert answer.status_code in (200, 503), answer.text
        assert ".duckdb" not in answer.text


def test_a_moment_that_cannot_be_rebuilt_names_no_folder(ask: Ask, store: Path) -> None:
    store.with_name(f"{store.name}.past").write_text("in the way")
    text = problem(ask, "/queue?at=2024-03-01", 503, "not-built")
    assert text == "This moment cannot be rebuilt just now."


def test_a_network_without_a_store_has_no_past(ask: Ask) -> None:
    problem(ask, "/queue?network=fantom&at=2024-03-01", 503, "no-store")


@pytest.mark.parametrize("setting", ["FTM_API_ROWS", "FTM_SCORING"])
def test_a_wrong_setting_is_told_by_every_route(
    ask: Ask, environment: pytest.MonkeyPatch, setting: str
) -> None:
    environment.setenv(setting, "-1")
    for path in ("/queue", "/queries/queue_depth", WINDOW, "/networks"):
        problem(ask, path, 503, "not-set-up")


def test_who_asked_too_often_is_told_when_to_ask_again_on_any_page(
    store: Path, loop: BlockingPortal, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_API_PER_MINUTE", "1")
    ask = asked_of(loop, server())
    assert ask("/queue").status_code == 200
    refused = ask("/queue", origin="https://dashboard.test")
    assert refused.status_code == 429
    assert refused.headers["access-control-allow-origin"] == "*"
    preflight = ask(
        "/queue",
        "OPTIONS",
        origin="https://dashboard.test",
        access_control_request_method="GET",
    )
    assert preflight.status_code == 200


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_a_client_is_an_address_or_a_network_of_ipv6(
    store: Path,
    loop: BlockingPortal,
    environment: pytest.MonkeyPatch,
    one: str,
    other: str,
    same: bool,
) -> None:
    environment.setenv("FTM_API_PER_MINUTE", "1")
    application = server()
    statuses = []
    for address in (one, other):
        transport = httpx.ASGITransport(application, client=(address, 1))

        async def send(transport: httpx.ASGITransport = transport) -> int:
            url = "http://localhost/api/v1/queue"
            async with httpx.AsyncClient(transport=transport) as client:
                return (await client.get(url)).status_code

        statuses.append(loop.call(send))
    assert statuses == [200, 429 if same else 200]


def test_below_a_path_all_addresses_are_below_it(store: Path, loop: BlockingPortal) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from api import app

    below = Starlette(routes=[Mount("/base", Starlette(routes=app.routes("/base")))])
    transport = httpx.ASGITransport(below)

    def ask(path: str) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.get(f"http://localhost/base/api/v1{path}")

        return loop.call(send)

    assert ask("/requests/2210").json()["data"]["request"]["page"].startswith("/base/track?")
    assert ask("/requests/99999").json()["type"] == "/base/api/v1/docs#unknown-request"
    assert ask("/openapi.json").json()["servers"] == [{"url": "/base/api/v1"}]
    assert '"/base/api/v1/queue"' in ask("/docs").text


def test_a_request_of_a_day_of_the_past_leads_to_that_day(ask: Ask) -> None:
    page = ask("/requests/1595?at=2024-04-20").json()["data"]["request"]["page"]
    assert page == "/track?network=sample&at=2024-04-20&find=1595"
