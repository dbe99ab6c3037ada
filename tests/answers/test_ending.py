"""What is known of a chain's end, as values and in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from answers import ending_words
from answers.ending import Ending, end_of_chain
from data.config import Network, load_network
from data.store.reader import StoreInfo
from tests.made_forecasts import INFO

DAY = date(2026, 12, 31)
OVER = datetime(2027, 1, 1, tzinfo=UTC)
FANTOM = load_network("fantom").model_copy(update={"ends_on": DAY, "ends_told_by": "a notice"})
MINUTE, HOUR, LONG = timedelta(minutes=1), timedelta(hours=1), timedelta(days=2, minutes=1)
REPORT = "Fantom is reported to be retired on 31 Dec 2026 (told by a notice; not confirmed by its"


def synced(newest_at: datetime, after: timedelta = MINUTE, **changes: object) -> StoreInfo:
    """A store read to the chain's newest block, so long `after` that was made."""
    given = {"synced_at": newest_at, "published_at": newest_at + after} | changes
    return replace(INFO, **given)


def known(
    newest_at: datetime,
    now: datetime,
    after: timedelta = MINUTE,
    of: Network | None = FANTOM,
    **changes: object,
) -> Ending:
    return end_of_chain(of, synced(newest_at, after, **changes), now)


@pytest.mark.parametrize(
    ("now", "kind"),
    [(OVER - 40 * 24 * HOUR, "reported"), (OVER - MINUTE, "reported"), (OVER, "passed")],
)
def test_the_day_itself_is_not_over_until_midnight(now: datetime, kind: str) -> None:
    ending = known(now - HOUR, now)
    assert ending.kind == kind
    assert ending.ahead == (DAY if kind == "reported" else None)
    assert ending.is_final == (kind == "passed")


def test_where_nothing_is_reported_nothing_is_said() -> None:
    quiet = FANTOM.model_copy(update={"ends_on": None})
    for network in (quiet, None):
        ending = known(OVER, OVER + 400 * 24 * HOUR, of=network)
        assert ending.kind == "none"
        assert ending_words.notice(ending) == ending_words.reported(ending) == ""
        assert ending_words.no_node(ending, "it is silent") == "it is silent"


def test_a_chain_with_blocks_after_its_day_goes_on() -> None:
    ending = known(OVER, OVER + HOUR)
    assert (ending.kind, ending.went_on, ending.is_final) == ("passed", True, False)
    assert "It has made blocks since: the newest read is of 1 Jan 2027" in ending_words.notice(
        ending
    )
    assert known(OVER, OVER + LONG, after=LONG).kind == "stopped"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "stopped"),
        ({"head_block": None}, "none"),  # a file was read, and no node asked
        ({"head_block": 701}, "none"),  # it has newer ones
        ({"synced_at": None, "synced_block": None}, "none"),
        ({"network": "devnet"}, "none"),  # it makes blocks on demand
        ({"simulated": True}, "none"),
    ],
)
def test_a_chain_stopped_only_where_a_node_was_asked_and_had_nothing_newer(
    changes: dict[str, object], kind: str
) -> None:
    quiet = FANTOM.model_copy(update={"ends_on": None})
    assert known(OVER, OVER + LONG, LONG, quiet, **changes).kind == kind
    assert known(OVER, OVER + 9 * LONG, HOUR, quiet, **changes).kind == "none", "merely not synced"


def test_of_a_chain_that_stopped_early_both_are_told() -> None:
    newest_at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    ending = known(newest_at, newest_at + 9 * 24 * HOUR, after=9 * 24 * HOUR)
    assert ending_words.notice(ending) == (
        "The newest block is of 20 Nov 2026, 10:00 UTC: the chain has made no block for 9 d, or "
        "the nodes that were asked on 29 Nov 2026, 10:00 UTC are behind."
    )
    assert ending_words.reported(ending) == f"{REPORT} operator)."


def test_a_simulations_time_stands_still() -> None:
    assert known(OVER - HOUR, OVER + LONG, simulated=True).kind == "reported"
    assert known(OVER, OVER - LONG, simulated=True).kind == "passed"


def test_a_network_without_a_store_has_its_report_too() -> None:
    ending = end_of_chain(FANTOM, None, OVER - HOUR)
    assert ending_words.notice(ending) == f"{REPORT} operator)."
    assert end_of_chain(FANTOM, None, OVER).is_final
    told = FANTOM.model_copy(update={"ends_told_by": "", "ends_confirmed": True})
    ending = end_of_chain(told, None, OVER)
    assert ending_words.notice(ending) == (
        "Fantom was reported to be retired on 31 Dec 2026 (who reported it is not recorded; "
        "confirmed by its operator)."
    )


@pytest.mark.parametrize(
    ("ending", "silent_after"),
    [
        (known(OVER - HOUR, OVER), HOUR),
        (known(OVER - HOUR, OVER - MINUTE), LONG - MINUTE),
        (known(OVER, OVER + HOUR), LONG - MINUTE),  # it went on
        (known(OVER - HOUR, OVER - MINUTE, of=None), LONG - MINUTE),
    ],
)
def test_a_node_is_believed_until_its_newest_block_is_old(
    ending: Ending, silent_after: timedelta
) -> None:
    assert not ending.is_silent(OVER, OVER + silent_after)
    assert ending.is_silent(OVER, OVER + silent_after + MINUTE)
    told = ending_words.silent(ending, "rpc.example", OVER, OVER + silent_after)
    assert "the newest block that rpc.example knows is" in told
    assert told.startswith("Fantom was reported") == ending.is_final


def test_the_devnet_makes_blocks_on_demand_and_is_never_silent() -> None:
    devnet = end_of_chain(load_network("devnet"), None, OVER)
    assert not devnet.is_silent(OVER - 99 * LONG, OVER)
