"""Reward claims and the lock-ups they follow: by hand, and added up or played back."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from tests.queries.answers import january, rows


def _lock_up(con: Connection, stub: str, day: int, days: int, ftm: int) -> None:
    """A lock-up at validator 7 from midnight of a day in January 2024 on."""
    locked_at = january(day)
    values = [locked_at, locked_at + timedelta(days=days), 100 * day, stub, ftm * 10**18]
    con.execute(
        "INSERT INTO lock_ups BY NAME SELECT ? AS locked_at, ? AS ends_at, ? AS block, "
        "'0xl' AS tx, ? AS stub, 7 AS validator_id, ?::HUGEINT AS amount_wei",
        values,
    )


def test_claims_add_up_by_who_made_them(con: Connection) -> None:
    # 30, 12 and 8 FTM of '0xstub' at validator 7, and 5 restaked; a stub more at two of them:
    con.execute("""
        INSERT INTO reward_claims BY NAME
        SELECT * REPLACE ('0xother' AS stub, 8 AS validator_id, 150e18 AS reward_wei)
        FROM reward_claims WHERE block = 700
        UNION ALL
        SELECT * REPLACE ('0xother' AS stub) FROM reward_claims WHERE restaked
    """)
    days = (january(2, 12), january(2, 13), january(7), january(10, 12))
    assert rows(con, "claims_summary") == [
        ("0xother", None, 1, 150, 0.75, 1, 5, 2, days[1], days[2]),  # of 200 FTM in all
        ("0xstub", None, 3, 50, 0.25, 1, 5, 1, days[0], days[3]),
    ]
    assert rows(con, "claims_summary", per="validator") == [
        (None, 8, 1, 150, 0.75, 0, 0, 1, days[2], days[2]),
        (None, 7, 3, 50, 0.25, 2, 10, 2, days[0], days[3]),
    ]
    second = {"since": "2024-01-02", "until": "2024-01-02"}
    columns = ("reward_ftm", "share", "restaked_ftm")
    assert rows(con, "claims_summary", *columns, per="validator", **second) == [(30, 1, 10)]
    assert rows(con, "claims_summary", *columns, **second) == [(30, 1, 5), (0, 0, 5)]


def test_an_unknown_reward_hides_the_shares(con: Connection) -> None:
    con.execute("UPDATE reward_claims SET reward_wei = NULL WHERE block = 700")
    columns = ("reward_ftm", "share", "restaked_ftm")
    for per in ("stub", "validator"):
        assert rows(con, "claims_summary", *columns, per=per) == [(None, None, 5)]
    con.execute("UPDATE reward_claims SET reward_wei = 0")
    assert rows(con, "claims_summary", "reward_ftm", "share") == [(0, None)]


def test_the_calendar_has_the_lock_up_that_counts(con: Connection) -> None:
    columns = ("stub", "locked_at", "ends_at", "days_to_end", "amount_ftm", "claimed_ftm")
    _lock_up(con, "0xstub", 1, 3, 900)  # ended on the 4th, before the next
    _lock_up(con, "0xstub", 5, 4, 100)  # to the 9th
    _lock_up(con, "0xstub", 6, 3, 20)  # adds to it, to the same end
    _lock_up(con, "0xother", 10, 14, 5)  # no claim of its own
    _lock_up(con, "0xedge", 1, 2, 7)
    _lock_up(con, "0xedge", 3, 1, 2)  # as the one before ends: it still adds
    assert rows(con, "lock_up_calendar", *columns) == [
        ("0xedge", january(1), january(4), -6.5, 9, 0),
        ("0xstub", january(5), january(9), -1.5, 120, 20),  # 12 on the 7th, 8 on the 10th
        ("0xother", january(10), january(24), 13.5, 5, 0),
    ]
    last_claims = rows(con, "lock_up_calendar", "validator_id", "last_claim_at")
    assert last_claims == [(7, None), (7, january(10, 12)), (7, None)]
    ended = rows(con, "lock_up_calendar", "stub", since="2024-01-09", until="2024-01-09")
    assert ended == [("0xstub",)]
    assert rows(con, "lock_up_calendar", "stub", since="2024-01-10") == [("0xother",)]


def test_what_is_not_known_of_a_lock_up_is_null(con: Connection) -> None:
    _lock_up(con, "0xstub", 5, 4, 100)
    con.execute("UPDATE lock_ups SET ends_at = NULL, amount_wei = NULL")
    con.execute("UPDATE reward_claims SET reward_wei = NULL WHERE block = 700")
    columns = ("ends_at", "days_to_end", "amount_ftm", "claimed_ftm")
    assert rows(con, "lock_up_calendar", *columns) == [(None, None, None, None)]


@pytest.mark.parametrize("days", [{}, {"since": "2024-12-01", "until": "2025-01-31"}])
def test_claims_by_stub_and_by_validator_are_all_claims(
    sample: Connection, days: dict[str, str]
) -> None:
    claims = queries.run(sample, "reward_claims", **days)
    taken, restaked = (claims.filter(pl.col("restaked") == again) for again in (False, True))
    assert taken.height > 20
    for per in ("stub", "validator"):
        sums = queries.run(sample, "claims_summary", per=per, **days)
        assert sums["claims"].sum() == taken.height
        assert sums["restakes"].sum() == restaked.height
        assert sums["reward_ftm"].sum() == pytest.approx(taken["reward_ftm"].sum())
        assert sums["restaked_ftm"].sum() == pytest.approx(restaked["reward_ftm"].sum())
        assert sums["share"].sum() == pytest.approx(1)
        assert sums["reward_ftm"].is_sorted(descending=True)
    flows = queries.run(sample, "daily_flows", **days)
    assert flows["claims"].sum() == taken.height
    assert flows["claimed_ftm"].sum() == pytest.approx(taken["reward_ftm"].sum())


def test_the_calendar_is_the_lock_ups_played_back(sample: Connection) -> None:
    running: dict[tuple[str, int], tuple[datetime, datetime, int]] = {}
    for locked_at, ends_at, stub, validator, wei in sample.execute(
        "SELECT locked_at, ends_at, stub, validator_id, amount_wei::HUGEINT FROM lock_ups "
        "ORDER BY rowid"
    ).fetchall():
        began_at, end, sum_wei = running.get((stub, validator), (None, None, 0))
        if end is None or locked_at > end:
            began_at, sum_wei = locked_at, 0
        running[stub, validator] = (began_at, ends_at, sum_wei + wei)
    calendar = queries.run(sample, "lock_up_calendar")
    columns = ("stub", "validator_id", "locked_at", "ends_at", "amount_ftm")
    assert calendar["ends_at"].is_sorted()
    assert len(running) == calendar.height
    for stub, validator, began_at, ends_at, amount_ftm in calendar.select(columns).rows():
        assert running[stub, validator][:2] == (began_at, ends_at)
        assert amount_ftm == pytest.approx(running[stub, validator][2] / 1e18)
    claims = queries.run(sample, "reward_claims").filter(~pl.col("restaked"))
    claimed = claims.join(calendar, on=["stub", "validator_id"])
    since = claimed.filter(pl.col("claimed_at") >= pl.col("locked_at"))["reward_ftm"].sum()
    assert calendar["claimed_ftm"].sum() == pytest.approx(since)
    assert calendar["last_claim_at"].max() == claimed["claimed_at"].max()
