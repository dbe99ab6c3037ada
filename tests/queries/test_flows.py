"""What moved the queue and what will: by hand on tests/small_store.py, and sums that must agree."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from data.store.reader import open_reader
from tests.queries.answers import january, rows


def test_each_day_has_what_moved_on_it(con: Connection) -> None:
    con.execute("""
        INSERT INTO stakes BY NAME SELECT
            TIMESTAMPTZ '2024-01-04 23:59:59Z' AS staked_at, 70e18 AS amount_wei
    """)
    # Requests made and paid, claims, stake returned and staked; the 5 FTM restaked are not in.
    assert rows(con, "daily_flows") == [
        (january(1), 2, 150, 1, 100, 0, 0, 0, 0),
        (january(2), 1, 200, 0, 0, 1, 30, 0, 0),
        (january(3), 1, 10, 1, 50, 0, 0, 500, 0),  # the refusal moved no money
        (january(4), 0, 0, 0, 0, 0, 0, 0, 70),
        (january(5), 2, 1020, 0, 0, 0, 0, 0, 0),
        (january(6), 0, 0, 1, 200, 0, 0, 0, 0),  # claimed by hand
        (january(7), 0, 0, 0, 0, 1, 12, 0, 0),
        (january(8), 1, 0, 0, 0, 0, 0, 0, 0),
        (january(9), 0, 0, 0, 0, 0, 0, 0, 0),
        (january(10), 1, 0.5, 0, 0, 1, 8, 0, 0),
    ]
    range_ = {"since": "2024-01-02", "until": "2024-01-03"}
    assert rows(con, "daily_flows", "requested_ftm", **range_) == [(200,), (10,)]
    con.execute("UPDATE requests SET payout_wei = NULL WHERE wr_id = 5")
    requested = queries.run(con, "daily_flows")["requested_ftm"].to_list()
    assert requested == [150, 200, 10, 0, None, 0, 0, 0, 0, 0.5]


def test_how_long_nothing_came(con: Connection) -> None:
    assert rows(con, "days_since") == [
        ("payout", january(6, 6), 4.25),
        ("request", january(10), 0.5),
        ("returned stake", january(3, 1), 7 + 11 / 24),
        ("reward claim", january(10, 12), 0),
    ]
    con.execute("DELETE FROM reward_claims WHERE NOT restaked; DELETE FROM payouts")
    assert rows(con, "days_since")[0] == ("payout", None, None)
    assert rows(con, "days_since")[3] == ("reward claim", None, None)


def test_runs_end_where_the_pause_is_longer(con: Connection) -> None:
    columns = ("payouts", "paid_ftm", "refused", "stashed_ftm", "days_since_previous")
    # The head moved on the 1st 20:00, 3rd 00:00, 3rd 06:00 and 4th 12:00; the 6th was by hand.
    assert rows(con, "operator_runs", *columns) == [
        (0, 0, 1, 10, 1.25),
        (0, 0, 1, 200, 0.25),
        (1, 50, 0, 0, 28 / 24),
        (1, 100, 0, 0, None),
    ]
    # A pause of six hours is within a run of gaps up to 360 minutes, not of 359.
    assert rows(con, "operator_runs", gap_minutes=360)[1] == (
        (january(3), january(3, 6), 1, 50, 1, 200, 28 / 24)
    )
    assert len(rows(con, "operator_runs", gap_minutes=359)) == 4
    whole = rows(con, "operator_runs", *columns, gap_minutes=10**6)
    assert whole == [(2, 150, 2, 210, None)]
    days = {"since": "2024-01-03", "until": "2024-01-03"}
    assert rows(con, "operator_runs", "days_since_previous", **days) == [(0.25,), (28 / 24,)]
    with pytest.raises(queries.QueryError, match="gap_minutes: want 1 or more"):
        queries.run(con, "operator_runs", gap_minutes=0)
    con.execute("UPDATE head_moves SET payout_wei = NULL WHERE wr_id = 2")
    assert rows(con, "operator_runs", "paid_ftm", "stashed_ftm", gap_minutes=360)[1] == (50, None)


def test_flows_make_the_depth(sample: Connection) -> None:
    flows, depth = queries.run(sample, "daily_flows"), queries.run(sample, "queue_depth")
    assert set(flows["day"].diff().drop_nulls()) == {timedelta(days=1)}
    both = flows.with_columns(
        ftm=(pl.col("requested_ftm") - pl.col("paid_ftm")).cum_sum(),
        open=(pl.col("requests") - pl.col("payouts")).cum_sum(),
    ).join(depth, left_on="day", right_on="at")
    assert both.height == depth.height
    assert (both["ftm"] - both["depth_ftm"] - both["manual_ftm"]).abs().max() < 1e-6
    stashed = both.filter(pl.col("manual_ftm") == 0)
    assert stashed.height > 500
    assert (stashed["open"] == stashed["requests_right"]).all()


@pytest.mark.parametrize("gap_minutes", [1, 60, 1440])
def test_runs_are_the_head_moves_between_pauses(sample: Connection, gap_minutes: int) -> None:
    runs = queries.run(sample, "operator_runs", gap_minutes=gap_minutes).reverse()
    payouts = queries.run(sample, "payouts").filter(~pl.col("manual"))
    assert runs["payouts"].sum() == payouts.height
    assert runs["paid_ftm"].sum() == pytest.approx(payouts["payout_ftm"].sum())
    moved = sample.execute("SELECT moved_at FROM head_moves WHERE NOT by_hand ORDER BY position")
    times = [at for (at,) in moved.fetchall()]
    gap = timedelta(minutes=gap_minutes)
    firsts = [b for a, b in pairwise([times[0] - 2 * gap, *times]) if b - a > gap]
    assert runs["started_at"].to_list() == firsts
    pauses = (runs["started_at"] - runs["ended_at"].shift()).dt.total_seconds() / 86400
    assert (runs["days_since_previous"] - pauses).abs().max() < 1e-9


def test_days_since_end_where_the_lists_do(sample: Connection) -> None:
    last = dict(rows(sample, "days_since", "event", "last_at"))
    claims = queries.run(sample, "reward_claims").filter(~pl.col("restaked"))
    assert last["payout"] == queries.run(sample, "payouts")["paid_at"].max()
    assert last["reward claim"] == claims["claimed_at"].max()
    assert last["request"] == queries.run(sample, "pending_requests")["requested_at"].max()


# Reward claims and the lock-ups they follow


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


# Batches and needs, as forecasts read them


def test_claims_are_batches_without_what_was_restaked(con: Connection) -> None:
    claims = [(january(2, 12), 30), (january(7), 12), (january(10, 12), 8)]
    assert queries.run(con, "funding").rows() == claims
    returned = (january(3, 1), 500)
    assert queries.run(con, "funding", source="inflows").rows() == sorted([*claims, returned])


def test_payouts_near_each_other_are_one_batch_that_ends_with_the_last(con: Connection) -> None:
    first, last = (january(1, 20), 100), (january(4, 12), 10)
    apart = queries.run(con, "funding", source="payouts").rows()
    # Requests 1 and 2, six hours after it: the refused one was paid for all the same.
    assert apart == [first, (january(3), 50), (january(3, 6), 200), last]
    joined = queries.run(con, "funding", source="payouts", gap_minutes=360).rows()
    assert joined == [first, (january(3, 6), 250), last]


def test_an_unknown_amount_makes_its_batch_unknown(con: Connection) -> None:
    con.execute("UPDATE reward_claims SET reward_wei = NULL WHERE block = 700")
    assert queries.run(con, "funding")["amount_ftm"].to_list() == [30, None, 8]


def test_each_request_needs_what_stood_ahead_and_its_own(con: Connection) -> None:
    needs = queries.run(con, "request_needs")
    assert needs.select("wr_id", "payout_ftm", "ahead_ftm", "head_ftm").rows() == [
        (0, 100, 0, 100),
        (1, 50, 0, 50),
        (2, 200, 50, 50),
        (3, 10, 0, 10),  # request 2 was passed in the same block
        (4, 1000, 0, 1000),
        (5, 20, 1000, 1000),
        (6, 0, 1020, 1000),
        (7, 0.5, 1020, 1000),
    ]
    # Released when the head passed it: request 2 was refused three days before it was claimed.
    assert needs["released_at"].to_list()[:4] == [
        january(1, 20),
        january(3),
        january(3, 6),
        january(4, 12),
    ]
    assert needs["released_at"].null_count() == 4
    only = queries.run(con, "request_needs", since="2024-01-03", until="2024-01-05")
    assert only["wr_id"].to_list() == [3, 4, 5]


@pytest.mark.parametrize("source", ["claims", "inflows", "payouts"])
def test_batches_lose_nothing(source: str, sample_store: Path) -> None:
    totals = {
        "claims": "SELECT sum(reward_wei) FROM reward_claims WHERE NOT restaked",
        "payouts": "SELECT sum(payout_wei) FROM head_moves WHERE NOT by_hand",
        "inflows": "SELECT sum(reward_wei) + (SELECT sum(amount_wei) FROM returned_stakes) "
        "FROM reward_claims WHERE NOT restaked",
    }
    with open_reader(sample_store) as con:
        batches = queries.run(con, "funding", source=source)
        total = con.execute(f"SELECT (({totals[source]}) / 1e18)::DOUBLE").fetchone()
    assert batches["amount_ftm"].sum() == pytest.approx(total[0])
    assert batches["funded_at"].is_sorted()
    assert batches["funded_at"].diff().drop_nulls().min().total_seconds() > 3600


def test_ends_of_lock_ups_come_in_order_with_the_whole_stake_until_they_are_moved(
    con: Connection,
) -> None:
    con.execute("""
        INSERT INTO lock_ups BY NAME SELECT
            ('2024-01-' || locked)::TIMESTAMPTZ AS locked_at,
            ('2024-' || ends)::TIMESTAMPTZ AS ends_at, day(locked_at) AS block, '0xl' AS tx,
            '0xstub' AS stub, validator_id, (ftm * 1e18)::DECIMAL(38, 0) AS amount_wei
        FROM (VALUES
            (7, '02 00:00:00Z', '02-20 00:00:00Z', 5),
            (7, '05 00:00:00Z', '02-25 00:00:00Z', 0), -- the end alone is moved
            (7, '06 00:00:00Z', '02-26 00:00:00Z', 2), -- and stake is added
            (8, '03 00:00:00Z', '01-10 00:00:00Z', 7),
            (8, '12 00:00:00Z', '02-10 00:00:00Z', 4), -- the one before had ended
            (9, '04 00:00:00Z', NULL, 1)
        ) AS rows (validator_id, locked, ends, ftm)
    """)
    ends = queries.run(con, "lock_up_ends")
    assert ends.select("locked_at", "amount_ftm", "moved_at").rows() == [
        (january(3), 7, None),
        (january(12), 4, None),
        (january(2), 5, january(5)),
        (january(5), 5, january(6)),
        (january(6), 7, None),
    ]
    late = queries.run(con, "lock_up_ends", since="2024-02-21", until="2024-02-25")
    assert late["locked_at"].to_list() == [january(5)]
    con.execute("UPDATE lock_ups SET amount_wei = NULL WHERE locked_at = '2024-01-05 00:00:00Z'")
    unknown = queries.run(con, "lock_up_ends", since="2024-02-20")["amount_ftm"].to_list()
    assert unknown == [5, None, None]


def test_what_the_pool_could_spend_is_known_for_a_day_after_its_balance_was(
    con: Connection,
) -> None:
    told = queries.run(con, "spendable_at_requests")
    # 40 FTM on the 9th, of which 10 are kept for request 3.
    last = (7, january(9), 30)
    columns = ("wr_id", "sampled_at", "spendable_ftm")
    assert told.select(columns).rows() == [*((wr_id, None, None) for wr_id in range(7)), last]
    con.execute("INSERT INTO pool_balances VALUES (510, '2024-01-05 10:00:00Z', 25e18)")
    con.execute("INSERT INTO pool_balances VALUES (121, '2024-01-01 21:00:00Z', 70e18)")
    told = queries.run(con, "spendable_at_requests")["spendable_ftm"].to_list()
    # All of the 70 are there for 1 and 2. The 25 on the 5th are less than the 210 that are kept.
    assert told == [None, 70, 70, None, 0, 0, None, 30]
    # When 3 was made the head had passed 1 since, paid 50, and passed 2 in that very block.
    con.execute("UPDATE pool_balances SET sampled_at = '2024-01-02 07:00:00Z' WHERE block = 121")
    assert queries.run(con, "spendable_at_requests")["spendable_ftm"][3] == 20
    con.execute("UPDATE head_moves SET payout_wei = NULL WHERE wr_id = 0")
    assert queries.run(con, "spendable_at_requests")["spendable_ftm"].null_count() == 8
    only = queries.run(con, "spendable_at_requests", since="2024-01-03", until="2024-01-05")
    assert only["wr_id"].to_list() == [3, 4, 5]
