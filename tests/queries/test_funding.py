"""What the queries behind forecasts answer on tests/small_store.py, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from data.store.reader import open_reader
from tests.queries.answers import january


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


def test_ends_of_lock_ups_come_in_order_and_between_two_days(con: Connection) -> None:
    con.execute("""
        INSERT INTO lock_ups BY NAME SELECT
            ('2024-01-' || locked)::TIMESTAMPTZ AS locked_at,
            ('2024-02-' || ends)::TIMESTAMPTZ AS ends_at, 1 AS block, '0xl' AS tx,
            '0xstub' AS stub, 7 AS validator_id, (ftm * 1e18)::DECIMAL(38, 0) AS amount_wei
        FROM (VALUES
            ('02 00:00:00Z', '20 00:00:00Z', 5), ('03 00:00:00Z', '10 00:00:00Z', 7),
            ('04 00:00:00Z', NULL, 1)
        ) AS rows (locked, ends, ftm)
    """)
    ends = queries.run(con, "lock_up_ends")
    assert ends.select("locked_at", "amount_ftm").rows() == [(january(3), 7), (january(2), 5)]
    assert queries.run(con, "lock_up_ends", since="2024-02-11")["amount_ftm"].to_list() == [5]
    assert queries.run(con, "lock_up_ends", until="2024-02-10")["amount_ftm"].to_list() == [7]
