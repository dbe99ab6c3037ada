"""The API as of a day of the past: what it would have said then."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from answers.past import open_at
from answers.sources import read_sources
from tests.api.conftest import Ask
from tests.api.test_served import problem

DAY = "2024-03-01"


def test_an_answer_is_of_that_day(ask: Ask) -> None:
    view = open_at(read_sources().default(), DAY, datetime.now(UTC))
    answer = ask(f"/queue?at={DAY}").json()
    about = answer["about"]
    assert (about["at"], about["block"]) == (DAY, view.info.synced_block)
    assert about["block_at"].startswith(DAY)
    assert about["age_seconds"] is None
    assert about["asked_at"] > "2025"
    pending = view.ask("pending_requests")
    assert answer["data"]["requests"] == pending.height
    assert answer["data"]["waiting"]["wei"] == str(sum(map(int, pending["payout_wei"])))
    rows = ask(f"/queries/payouts?at={DAY}").json()["data"]
    assert rows["count"] == view.ask("payouts").height
    assert ask("/queue").json()["about"]["block"] > about["block"]


def test_a_request_is_as_it_was_then(ask: Ask) -> None:
    paid = ask("/requests/1595").json()["data"]["request"]
    assert (paid["status"], paid["requested_at"][:10]) == ("paid", "2024-04-14")
    then = ask("/requests/1595?at=2024-04-20").json()["data"]["request"]
    assert (then["status"], then["paid_at"]) == ("waiting", None)
    assert then["place"] > 1
    problem(ask, "/requests/1595?at=2024-04-13", 404, "unknown-request")


def test_its_odds_are_scored_when_they_are_asked_for(ask: Ask, store: Path) -> None:
    path = f"/release-window?token=aFTMb&amount=100&at={DAY}"
    first = ask(path).json()["data"]["window"]
    ends = time.monotonic() + 120
    while (answer := ask(path)).json()["data"]["window"]["kind"] == "not_scored":
        assert "that day" in first["why"]
        assert time.monotonic() < ends
        time.sleep(0.5)
    told = answer.json()
    assert told["data"]["window"]["scores"]["provisional"] is True
    assert told["about"]["at"] == DAY
    known = ask(path, if_none_match=answer.headers["etag"])
    assert known.status_code == 304


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("yesterday", "day"),
        ("2024-02-30", "day"),
        ("-5", "day"),
        ("2031-01-01", "not"),
        ("2019-01-01", "before"),
        ("1", "before"),
        ("9999999999", "not read yet"),
        ("", "day"),
        ("2025-03-01", "newest block"),
    ],
)
def test_a_moment_that_cannot_be_shown_is_a_problem(ask: Ask, at: str, words: str) -> None:
    assert words in problem(ask, f"/queue?at={at}", 400, "bad-moment")


def test_a_moment_that_is_too_long_is_none(ask: Ask) -> None:
    problem(ask, f"/queue?at={'1' * 50}", 400, "bad-parameter")
