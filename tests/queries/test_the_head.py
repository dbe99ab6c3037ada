"""What the query for the queue's head answers on tests/small_store.py, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb

import queries


def _head(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return queries.run(con, "blocking_head").row(0, named=True)


def test_the_head_blocks_until_payout_and_stash_are_there(con: duckdb.DuckDBPyConnection) -> None:
    head = _head(con)
    assert head == {
        "wr_id": 4,
        "staker": "0xstaker4",
        "payout_ftm": 1000,
        "requested_at": datetime(2024, 1, 5, 12, tzinfo=UTC),
        "waited_days": 5,
        "balance_ftm": 400,
        "balance_at": datetime(2024, 1, 10, 12, tzinfo=UTC),
        "stashed_ftm": 10,
        "missing_ftm": 610,  # 1000 + 10 - 400
        "behind_requests": 3,
        "behind_ftm": 20.5,
    }
    con.execute("INSERT INTO pool_balances VALUES (1013, '2024-01-10 13:00:00Z', 5000e18)")
    assert _head(con)["missing_ftm"] == 0


def test_without_a_balance_it_is_not_known_what_is_missing(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM pool_balances WHERE block > 900")
    old = _head(con)  # what came and went since is not known
    assert (old["balance_ftm"], old["missing_ftm"]) == (40, None)
    con.execute("DELETE FROM pool_balances")
    head = _head(con)
    assert head["payout_ftm"] == 1000
    assert [head[name] for name in ("balance_ftm", "balance_at", "missing_ftm")] == [None] * 3


def test_behind_a_lost_request_no_sum_is_known_and_no_place_moves_up(
    con: duckdb.DuckDBPyConnection,
) -> None:
    # What decoding leaves of a request whose log is missing: nothing, and no `ahead` behind it.
    con.execute("DELETE FROM requests WHERE wr_id = 5")
    con.execute("UPDATE requests SET ahead_wei = NULL WHERE wr_id > 5")
    head = _head(con)
    # The head itself is known: 1000 + 10 - 400 are missing for it.
    assert (head["wr_id"], head["missing_ftm"], head["behind_ftm"]) == (4, 610, None)
    metrics = queries.run(con, "queue_metrics").row(0, named=True)
    assert (metrics["waiting_ftm"], metrics["manual_ftm"]) == (None, 10)
    for name in ("queue_depth", "depth_against_claims"):
        depth = queries.run(con, name).tail(3)["depth_ftm"].to_list()
        assert depth == [None, None, None]  # request 6 was made on the 8th
    largest = queries.run(con, "pending_requests", first="largest")
    assert largest.select("wr_id", "place").rows() == [(4, 1), (7, 4), (6, 3)]
    assert largest["share"].null_count() == 3
    asked = queries.run(con, "requests_by_address", address="0xstaker7")
    assert asked.select("place", "ahead_ftm").rows() == [(4, None)]


def test_a_request_that_was_passed_without_a_trace_is_neither_head_nor_in_line(
    con: duckdb.DuckDBPyConnection,
) -> None:
    # What decoding leaves where the log of a payout is missing.
    con.execute(
        "UPDATE requests SET status = NULL, paid_at = NULL, ahead_wei = NULL WHERE wr_id = 1"
    )
    assert _head(con)["wr_id"] == 4
    assert queries.run(con, "pending_requests")["wr_id"].to_list() == [4, 5, 6, 7]
    assert queries.run(con, "queue_metrics").select("requests", "waiting_ftm").rows() == [
        (4, 1020.5)
    ]
    asked = queries.run(con, "requests_by_address", address="0xstaker1")
    assert asked.select("status", "place").rows() == [(None, None)]
    # How much waited from its request on is not known: when it was paid is not.
    assert queries.run(con, "queue_depth")["depth_ftm"].to_list()[1:] == [None] * 9


def _ahead(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return queries.run(con, "money_ahead").row(0, named=True)


def test_a_new_unstake_waits_for_all_who_wait_less_what_the_pool_can_spend(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert _ahead(con) == {
        "requests": 4,
        "waiting_ftm": 1020.5,  # 1000 + 20 + 0 + 0.5
        "head_ftm": 1000,
        "balance_ftm": 400,
        "balance_at": datetime(2024, 1, 10, 12, tzinfo=UTC),
        "stashed_ftm": 10,
        "spendable_ftm": 390,  # 400 - 10
    }
    con.execute("UPDATE pool_balances SET balance_wei = 4e18 WHERE block > 900")
    assert _ahead(con)["spendable_ftm"] == 0  # all of it is set aside


def test_what_the_pool_can_spend_is_unknown_rather_than_old_or_0(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("UPDATE requests SET payout_wei = NULL WHERE wr_id IN (3, 5)")
    ahead = _ahead(con)
    assert (ahead["stashed_ftm"], ahead["spendable_ftm"], ahead["waiting_ftm"]) == (None,) * 3
    assert ahead["head_ftm"] == 1000
    con.execute("UPDATE requests SET payout_wei = 10e18 WHERE wr_id = 3")
    con.execute("DELETE FROM pool_balances WHERE block > 900")
    assert (_ahead(con)["balance_ftm"], _ahead(con)["spendable_ftm"]) == (40, None)
    con.execute("DELETE FROM pool_balances")
    assert (_ahead(con)["balance_ftm"], _ahead(con)["spendable_ftm"]) == (None, None)


def test_nothing_stands_before_the_first_of_all(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM requests")
    ahead = _ahead(con)
    assert [ahead[name] for name in ("requests", "waiting_ftm", "head_ftm")] == [0, 0, None]
    assert ahead["spendable_ftm"] == 400
