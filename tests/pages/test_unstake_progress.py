"""Step 4 of the Unstake page on a real network's store, by what a node tells of a hash."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from data.config import load_network
from data.live.by_log import Made
from data.live.outcome import Outcome
from data.live.reading import Reading
from data.live.set_aside import SetAside
from data.live.verdict import Expected
from pages.unstake import node
from pages.unstake.node import Live
from tests.app import of_network
from tests.shown import Show, plain, said

FTM = 10**18
HOLDER = "0x" + "ab" * 20
LOST, SIGNED, SPED_UP = ("0x" + digits * 32 for digits in ("11", "22", "33"))
UNSTAKE = Expected(HOLDER, "aFTMb", 5 * FTM)
AT = datetime(2026, 11, 20, tzinfo=UTC)
_GIVEN = {"network": "fantom", "host": "node.example", "block": 900, "at": AT, "token": "aFTMb"}
READING = Reading(**dict.fromkeys(one.name for one in fields(Reading)) | _GIVEN)


@pytest.fixture
def show_lost(show: Show, environment: pytest.MonkeyPatch) -> Show:
    """A hash that no node knows, while the pool's log holds the same unstake twice."""
    made = tuple(Made(800 + wr_id, tx, wr_id) for wr_id, tx in ((1, SIGNED), (2, SPED_UP)))
    environment.setattr(node, "live", lambda *_: Live(READING, ""))
    environment.setattr(node, "made", lambda *_: made)
    lost = Outcome("not found", "Nobody knows it.", LOST)
    environment.setattr(node, "outcome", lambda *_: lost)
    environment.setenv("FTM_NETWORK", "fantom")
    pool = load_network("fantom").pool
    stored = f"UPDATE store_info SET chain_id = 250, pool = '{pool}'"

    def run(**link: str) -> AppTest:
        return show(of_network("fantom"), stored, page="unstake", **link)

    return run


def test_another_unstake_that_was_signed_here_is_not_taken_for_the_one_that_is_lost(
    show_lost: Show,
) -> None:
    app = show_lost(
        step="4", tx=LOST, since="700", amount="5", token="aFTMb", address=HOLDER, again="1"
    )
    assert not app.exception
    labels = [one.label for one in app.button if one.label.startswith("Follow request")]
    assert labels == ["Follow request 1 of block 801", "Follow request 2 of block 802"]
    app.session_state["unstake followed"][SIGNED] = ("fantom", UNSTAKE)
    app.run()
    labels = [one.label for one in app.button if one.label.startswith("Follow request")]
    assert labels == ["Follow request 2 of block 802"]
    assert "under another hash" in plain(app)


@pytest.mark.parametrize(
    ("first", "waits", "kept_wei", "told"),
    [
        (2_300, True, FTM, "Its payment was **rejected by the receiver**. The pool keeps "),
        (2_300, False, 0, "It has **left the queue**, and the pool keeps nothing back for it: "),
        (2_300, None, None, "It has **left the queue** since: the next sync tells whether"),
        (2_000, True, FTM, ""),
    ],
)
def test_what_became_of_a_request_that_the_store_has_as_waiting_is_asked_of_the_node(
    show_lost: Show,
    environment: pytest.MonkeyPatch,
    first: int,
    waits: bool | None,
    kept_wei: int | None,
    told: str,
) -> None:
    reading = replace(READING, first_wr_id=first, at=datetime.now(UTC))
    environment.setattr(node, "live", lambda *_: Live(reading, ""))
    nothing = dict.fromkeys(one.name for one in fields(SetAside)) | {"unknown": {}, "host": "n"}
    kept = SetAside(**nothing | {"wr_id": 2_210, "block": 900, "waits": waits})
    kept = replace(kept, payout_wei=kept_wei)
    environment.setattr(node, "set_aside", lambda *_: kept)
    app = show_lost(step="4", request="2210")
    assert not app.exception
    for sentence in ("rejected by the receiver", "left the queue"):
        assert (sentence in plain(app)) == (sentence in told)
    assert told in plain(app)


@pytest.mark.parametrize("step", ["4", "5"])
def test_a_request_whose_own_log_is_missing_is_told_as_that(show_sample: Show, step: str) -> None:
    lost = "DELETE FROM requests WHERE wr_id = 1000"
    app = show_sample(lost, page="unstake", step=step, request="1000")
    assert not app.exception
    assert "Request 1,000 is missing from the store" in said(app)
