"""What moved the queue: by hand on tests/small_store.py, and sums that must agree."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
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
