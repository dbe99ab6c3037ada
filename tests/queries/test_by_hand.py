"""What the queries answer on tests/small_store.py, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from duckdb import DuckDBPyConnection as Connection

import queries
from tests.queries.answers import january, rows


def test_depth_holds_at_the_end_of_each_day(con: Connection) -> None:
    assert rows(con, "queue_depth") == [
        (january(1), 1, 50.0, 0.0),
        (january(2), 2, 250.0, 0.0),
        (january(3), 1, 10.0, 200.0),  # 250 - 50 paid at midnight - 200 refused + 10
        (january(4), 0, 0.0, 210.0),
        (january(5), 2, 1020.0, 210.0),
        (january(6), 2, 1020.0, 10.0),
        (january(7), 2, 1020.0, 10.0),
        (january(8), 3, 1020.0, 10.0),
        (january(9), 3, 1020.0, 10.0),
        (january(10), 4, 1020.5, 10.0),
    ]


def test_depth_of_one_token_starts_where_the_queue_does(con: Connection) -> None:
    bonds = rows(con, "queue_depth", "requests", "depth_ftm", "manual_ftm", token="aFTMb")
    assert bonds[:6] == [
        (0, 0, 0),
        (1, 200, 0),
        (0, 0, 200),
        (0, 0, 200),
        (1, 1000, 200),
        (1, 1000, 0),
    ]
    certificates = rows(con, "queue_depth", "requests", "depth_ftm", token="aFTMc")
    assert [certificates[0], certificates[-1]] == [(1, 50), (2, 20.5)]


def test_depth_by_the_hour_ends_at_the_last_sync(con: Connection) -> None:
    day = rows(con, "queue_depth", since="2024-01-03", until="2024-01-03", step="hour")
    assert day[0] == (january(3, 0), 1, 200.0, 0.0)  # #1 was paid at 00:00
    assert day[5:7] == [(january(3, 5), 1, 200.0, 0.0), (january(3, 6), 1, 10.0, 200.0)]
    assert [row[0] for row in day] == [january(3) + timedelta(hours=hour) for hour in range(24)]
    assert rows(con, "queue_depth", "at", step="hour")[-1] == (january(10, 12),)


def test_the_range_is_cut_to_what_the_store_knows(con: Connection) -> None:
    wide = rows(con, "queue_depth", since="1999-01-01", until="2099-01-01")
    assert wide == rows(con, "queue_depth")
    assert rows(con, "queue_depth", since="2024-01-11") == []
    assert rows(con, "queue_depth", "at", until="2024-01-02") == [(january(1),), (january(2),)]
    con.execute("DELETE FROM requests")
    assert rows(con, "queue_depth", since="2024-01-01", until="2024-01-02") == []


def test_claims_and_payouts_stand_beside_the_depth(con: Connection) -> None:
    days = rows(con, "depth_against_claims")
    assert [row[:3] for row in days] == [row[:3] for row in rows(con, "queue_depth")]
    claimed, other, paid = ([row[column] for row in days] for column in (3, 4, 5))
    assert claimed == [0, 30, 0, 0, 0, 0, 12, 0, 0, 8]  # the 5 of the 2nd were restaked
    assert other == [0, 0, 500, 0, 0, 0, 0, 0, 0, 0]
    assert paid == [100, 0, 50, 0, 0, 200, 0, 0, 0, 0]


def test_weeks_begin_on_monday(con: Connection) -> None:
    weeks = [(january(1), 2, 1020.0, 42.0, 500.0, 350.0), (january(8), 4, 1020.5, 8.0, 0.0, 0.0)]
    assert rows(con, "depth_against_claims", step="week") == weeks


def test_a_cut_week_counts_the_days_asked_for_alone(con: Connection) -> None:
    def weeks(**days: str) -> list[Any]:
        return rows(con, "depth_against_claims", step="week", **days)

    # Up to the 4th: #0 to #3 came and left, so nothing waits. Claimed 30, not the 12 of the 7th;
    # paid 100 + 50, not the 200 of the 6th; the 500 came back on the 3rd.
    assert weeks(until="2024-01-04") == [(january(1), 0, 0, 30, 500, 150)]
    # Up to the 2nd: #1 and #2 wait, 50 + 200; #0 was paid.
    assert weeks(until="2024-01-02") == [(january(1), 2, 250, 30, 0, 100)]
    # From the 4th: all that waits counts, whenever it came. Claimed 12; paid the 200 of the 6th.
    second = (january(8), 4, 1020.5, 8, 0, 0)
    assert weeks(since="2024-01-04") == [(january(1), 2, 1020, 12, 0, 200), second]
    # The 3rd alone, both ends included: #2 was refused, #3 came and waits: 10. Paid the 50.
    assert weeks(since="2024-01-03", until="2024-01-03") == [(january(1), 1, 10, 0, 500, 50)]
    # Up to the 9th: #7 came on the 10th, as did the 8 claimed. 1000 + 20 + 0 wait.
    assert weeks(since="2024-01-08", until="2024-01-09") == [(january(8), 3, 1020, 0, 0, 0)]
    # Up to the last sync or beyond it is the same.
    assert weeks(since="2024-01-08", until="2024-01-31") == [second]


def test_the_token_leaves_claims_whole(con: Connection) -> None:
    weeks = rows(con, "depth_against_claims", step="week", token="aFTMc")
    assert weeks == [(january(1), 1, 20.0, 42.0, 500.0, 50.0), (january(8), 2, 20.5, 8.0, 0, 0)]


def test_the_metrics_compare_now_with_some_days_ago(con: Connection) -> None:
    # Three days ago is the 7th 12:00; the three days before it begin on the 4th 12:00.
    # Paid since: nothing; before: the 200 of the 6th, claimed by hand.
    assert rows(con, "queue_metrics", days=3) == [(1020.5, 1020, 4, 2, 0, 200, 5, 2, 1, 10)]
    # Five days ago two requests were made that moment; the log begins after the five before.
    assert rows(con, "queue_metrics", days=5) == [(1020.5, 1020, 4, 2, 200, None, 5, 0, 1, 10)]
    # Six days ago the head passed request 3 that moment, and nothing waited.
    assert rows(con, "queue_metrics", days=6) == [(1020.5, 0, 4, 0, 200, None, 5, None, 1, 10)]
    assert rows(con, "queue_metrics") == [(1020.5, None, 4, None, 350, None, 5, None, 1, 10)]


def test_an_empty_queue_is_0_and_has_no_oldest(con: Connection) -> None:
    con.execute("DELETE FROM requests; DELETE FROM reward_claims")
    assert rows(con, "queue_metrics", days=3) == [(0, 0, 0, 0, 0, 0, None, None, 0, 0)]
    assert rows(con, "blocking_head") == []
    assert rows(con, "pending_requests") == []


def test_pending_requests_stand_in_line(con: Connection) -> None:
    line = rows(con, "pending_requests", "wr_id", "place", "payout_ftm", "ahead_ftm", "waited_days")
    assert line == [
        (4, 1, 1000, 0, 5),
        (5, 2, 20, 1000, 5),
        (6, 3, 0, 1020, 2),
        (7, 4, 0.5, 1020, 0.5),
    ]
    assert rows(con, "pending_requests", "wr_id", "place", token="aFTMc") == [(5, 2), (7, 4)]


def test_payouts_come_newest_first(con: Connection) -> None:
    columns = ("paid_at", "wr_id", "staker", "token", "payout_ftm", "wait_days", "manual")
    assert rows(con, "payouts", *columns) == [
        (january(6, 6), 2, "0xstaker2", "aFTMb", 200, 4.25, True),
        (january(3), 1, "0xstaker1", "aFTMc", 50, 24.5 / 24, False),
        (january(1, 20), 0, "0xstaker0", "aFTMb", 100, 10 / 24, False),
    ]
    assert rows(con, "payouts", "wr_id", token="aFTMb") == [(2,), (0,)]
    assert rows(con, "payouts", "wr_id", since="2024-01-03", until="2024-01-03") == [(1,)]
    con.execute("DELETE FROM requests WHERE wr_id = 1")
    assert rows(con, "payouts", *columns)[1] == (january(3), 1, None, None, 50, None, False)


def test_claims_come_newest_first_and_say_if_restaked(con: Connection) -> None:
    assert rows(con, "reward_claims", "reward_ftm", "restaked") == [
        (8, False),
        (12, False),
        (5, True),
        (30, False),
    ]
    on_the_7th = (january(7), "0xstub", 7, 12, False, 700, "0xc700")
    assert rows(con, "reward_claims", since="2024-01-03", until="2024-01-07") == [on_the_7th]
    assert rows(con, "reward_claims", since="2024-01-03", until="2024-01-06") == []


def test_an_unknown_payout_hides_the_sums_it_is_part_of(con: Connection) -> None:
    con.execute("UPDATE requests SET payout_wei = NULL WHERE wr_id IN (1, 5)")
    # Request 1 waited on the 1st and 2nd, request 5 waits since the 5th.
    depth = queries.run(con, "queue_depth")["depth_ftm"].to_list()
    assert depth == [None, None, 10, 0, None, None, None, None, None, None]
    paid = queries.run(con, "depth_against_claims")["paid_ftm"].to_list()
    assert paid == [100, 0, None, 0, 0, 200, 0, 0, 0, 0]
    assert queries.run(con, "queue_depth", token="aFTMb")["depth_ftm"][-1] == 1000
    assert rows(con, "queue_metrics", "waiting_ftm", "manual_ftm") == [(None, 10)]
    assert rows(con, "blocking_head", "missing_ftm", "behind_ftm") == [(610, None)]


def test_an_unknown_head_is_missing_an_unknown_sum(con: Connection) -> None:
    con.execute("UPDATE requests SET payout_wei = NULL WHERE wr_id IN (3, 4)")
    head = ("payout_ftm", "stashed_ftm", "missing_ftm", "behind_ftm")
    assert rows(con, "blocking_head", *head) == [(None, None, None, 20.5)]
    assert queries.run(con, "queue_depth")["manual_ftm"].to_list()[3:] == [None] * 7
    assert rows(con, "queue_metrics", "manual_requests", "manual_ftm") == [(1, None)]


def test_an_unknown_reward_hides_its_days_alone(con: Connection) -> None:
    con.execute("UPDATE reward_claims SET reward_wei = NULL WHERE block = 700")
    claimed = queries.run(con, "depth_against_claims")["claimed_ftm"].to_list()
    assert claimed == [0, 30, 0, 0, 0, 0, None, 0, 0, 8]


def test_an_unknown_payout_hides_what_was_paid_while_it_was(con: Connection) -> None:
    con.execute("UPDATE requests SET payout_wei = NULL WHERE wr_id = 2")  # paid on the 6th, 06:00
    metrics = ("paid_ftm", "paid_ftm_before")
    assert rows(con, "queue_metrics", *metrics, days=3) == [(0, None)]
    assert rows(con, "queue_metrics", *metrics, days=4) == [(0, None)]
    assert rows(con, "queue_metrics", *metrics, days=5) == [(None, None)]


def test_new_stakes_are_money_that_came_in(con: Connection) -> None:
    columns = con.execute("DESCRIBE stakes").fetchall()
    assert {"staked_at", "amount_wei"} <= {name for name, *_ in columns}
    con.execute(
        "INSERT INTO stakes BY NAME SELECT TIMESTAMPTZ '2024-01-07 23:00:00Z' AS staked_at, "
        "7e18::DECIMAL(38, 0) AS amount_wei, 723 AS block, '0xs' AS tx, '0xme' AS staker"
    )
    weeks = rows(con, "depth_against_claims", "other_ftm", step="week")
    assert weeks == [(507,), (0,)]
    assert rows(con, "depth_against_claims", "other_ftm", step="week", token="aFTMb") == weeks


def test_an_amount_too_large_to_be_summed_is_unknown(con: Connection) -> None:
    con.execute("UPDATE requests SET payout_wei = repeat('9', 38)::DECIMAL(38, 0) WHERE wr_id > 4")
    assert queries.run(con, "queue_depth")["depth_ftm"].to_list()[3:] == [0, *[None] * 6]
    assert rows(con, "blocking_head", "behind_ftm") == [(None,)]
    assert rows(con, "queue_metrics", "waiting_ftm", days=3) == [(None,)]


def test_an_empty_table_is_among_the_contents(con: Connection) -> None:
    contents = rows(con, "store_contents")
    assert ("requests", 8, january(1, 10), january(10)) in contents
    assert ("lock_ups", 0, None, None) in contents


# The queue's head


def _head(con: Connection) -> dict[str, Any]:
    return queries.run(con, "blocking_head").row(0, named=True)


def test_the_head_blocks_until_payout_and_stash_are_there(con: Connection) -> None:
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
        "payout_wei": 1000 * 10**18,
    }
    con.execute("INSERT INTO pool_balances VALUES (1013, '2024-01-10 13:00:00Z', 5000e18)")
    assert _head(con)["missing_ftm"] == 0


def test_without_a_balance_it_is_not_known_what_is_missing(con: Connection) -> None:
    con.execute("DELETE FROM pool_balances WHERE block > 900")
    old = _head(con)  # what came and went since is not known
    assert (old["balance_ftm"], old["missing_ftm"]) == (40, None)
    con.execute("DELETE FROM pool_balances")
    head = _head(con)
    assert head["payout_ftm"] == 1000
    assert [head[name] for name in ("balance_ftm", "balance_at", "missing_ftm")] == [None] * 3


def test_behind_a_lost_request_no_sum_is_known_and_no_place_moves_up(con: Connection) -> None:
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
    con: Connection,
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


def _ahead(con: Connection) -> dict[str, Any]:
    return queries.run(con, "money_ahead").row(0, named=True)


def test_a_new_unstake_waits_for_all_who_wait_less_what_the_pool_can_spend(con: Connection) -> None:
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


def test_what_the_pool_can_spend_is_unknown_rather_than_old_or_0(con: Connection) -> None:
    con.execute("UPDATE requests SET payout_wei = NULL WHERE wr_id IN (3, 5)")
    ahead = _ahead(con)
    assert (ahead["stashed_ftm"], ahead["spendable_ftm"], ahead["waiting_ftm"]) == (None,) * 3
    assert ahead["head_ftm"] == 1000
    con.execute("UPDATE requests SET payout_wei = 10e18 WHERE wr_id = 3")
    con.execute("DELETE FROM pool_balances WHERE block > 900")
    assert (_ahead(con)["balance_ftm"], _ahead(con)["spendable_ftm"]) == (40, None)
    con.execute("DELETE FROM pool_balances")
    assert (_ahead(con)["balance_ftm"], _ahead(con)["spendable_ftm"]) == (None, None)


def test_nothing_stands_before_the_first_of_all(con: Connection) -> None:
    con.execute("DELETE FROM requests")
    ahead = _ahead(con)
    assert [ahead[name] for name in ("requests", "waiting_ftm", "head_ftm")] == [0, 0, None]
    assert ahead["spendable_ftm"] == 400


# The store itself


def test_checks_come_with_the_failed_ones_first(con: Connection) -> None:
    assert rows(con, "failed_checks") == [
        ("view firstWrId", "failed", 800, 11, "earlier", None),
        ("view firstWrId", "failed", 900, 12, "later", None),
        ("view feeShift", "unknown", None, None, "nobody was asked", None),
    ]
    con.execute("UPDATE raw_logs SET block = 900")
    times = rows(con, "failed_checks", "at")
    assert times == [(None,), (datetime(2024, 1, 1, tzinfo=UTC),), (None,)]
    assert rows(con, "checks_summary") == [
        ("view firstWrId", "failed", 2, 800, "earlier"),
        ("view feeShift", "unknown", 0, None, "nobody was asked"),
        ("head order", "passed", 0, None, "holds"),
    ]


def test_coverage_counts_both_ends_and_what_is_missing(con: Connection) -> None:
    assert rows(con, "coverage") == [
        ("pool", 100, 100, 399, 300, 0, 100, "single", "node a"),
        ("pool", 100, 500, 1012, 513, 100, 0, "proved", ""),
        ("sfc", None, 100, 1012, 913, None, None, "agreed", "node a, node b"),
    ]
    con.execute("UPDATE store_info SET simulated = FALSE, first_block = 90, synced_block = 1020")
    con.execute("INSERT INTO stubs BY NAME SELECT '0xa' AS stub, 700 AS block")
    con.execute("INSERT INTO coverage VALUES ('file logs', 710, 1012, 'single', 'logs')")
    assert rows(con, "coverage") == [
        ("bond", 90, None, None, 0, 0, 931, None, None),
        ("file logs", None, 710, 1012, 303, None, None, "single", "logs"),
        ("pool", 90, 100, 399, 300, 10, 100, "single", "node a"),
        ("pool", 90, 500, 1012, 513, 100, 8, "proved", ""),
        ("sfc", 700, 100, 1012, 913, 0, 8, "agreed", "node a, node b"),
    ]


def test_evidence_counts_what_is_read_up_to_the_last_sync_by_how_it_is_known(
    con: Connection,
) -> None:
    assert rows(con, "evidence") == []  # of a simulation
    con.execute("UPDATE store_info SET simulated = FALSE, first_block = 90, synced_block = 1019")
    con.execute("INSERT INTO stubs BY NAME SELECT '0xa' AS stub, 990 AS block")
    con.execute("INSERT INTO coverage VALUES ('sfc', 1013, 2000, 'single', 'node b')")
    assert rows(con, "evidence") == [
        ("bond", "unread", 930, 1.0, None),
        ("pool", "proved", 513, 513 / 930, None),
        ("pool", "single", 300, 300 / 930, "node a"),
        ("pool", "unread", 117, 117 / 930, None),
        ("sfc", "agreed", 23, 23 / 30, "node a, node b"),
        ("sfc", "single", 7, 7 / 30, "node b"),
    ]
    con.execute("UPDATE raw_logs SET block = 1000, block_time = '2024-01-09 00:00:00Z'")
    assert rows(con, "evidence", since="2024-01-09")[-2:] == [
        ("sfc", "agreed", 13, 13 / 20, "node a, node b"),
        ("sfc", "single", 7, 7 / 20, "node b"),
    ]
    # After the last log only the last block is known to be of that day.
    assert rows(con, "evidence", since="2024-01-10")[-1] == ("sfc", "single", 1, 1.0, "node b")


def test_contradictions_come_with_the_newest_first(con: Connection) -> None:
    con.execute(
        "INSERT INTO contradictions VALUES ('2024-01-02', 'a', 7, 'left out', 0, TRUE, TRUE), "
        "('2024-01-03', 'a, b', 5, 'disagree', 0, FALSE, FALSE)"
    )
    assert [row[1:] for row in rows(con, "contradictions")] == [
        (5, "a, b", "disagree", 0, False),
        (7, "a", "left out", 0, True),
    ]
