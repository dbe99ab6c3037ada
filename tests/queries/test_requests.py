"""The queries about single requests, by hand on tests/small_store.py and against each other."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from tests.queries.answers import january, rows


def _waits(con: Connection, staker: str) -> list[Any]:
    columns = ("wr_id", "status", "place", "ahead_ftm", "waited_days")
    return rows(con, "requests_by_address", *columns, address=staker)


def test_an_address_has_its_requests_newest_first(con: Connection) -> None:
    con.execute("UPDATE requests SET staker = '0xabc' WHERE wr_id IN (0, 2, 3, 5)")
    assert _waits(con, "0xabc") == [
        (5, "pending", 2, 1000, 5),  # asked on the 5th 12:00, behind request 4
        (3, "manual", None, 0, 7.25),  # asked on the 3rd 06:00, refused and still not paid
        (2, "paid", None, 0, 4.25),  # from the 2nd 00:00 to the 6th 06:00, by hand
        (0, "paid", None, 0, 10 / 24),
    ]
    refused = queries.run(con, "requests_by_address", address="0xabc").row(2, named=True)
    assert refused["refused_at"] == january(3, 6)
    assert refused["paid_at"] == january(6, 6)
    assert (refused["token"], refused["payout_ftm"]) == ("aFTMb", 200)
    assert (refused["requested_tx"], refused["paid_tx"]) == ("0xtx2", "0xpaid2")


def test_an_address_is_found_in_any_case_and_between_spaces(con: Connection) -> None:
    assert _waits(con, " 0XSTAKER4 ") == [(4, "pending", 1, 0, 5)]
    assert _waits(con, "0xstaker") == []
    assert _waits(con, "%") == []


@pytest.mark.parametrize(
    ("name", "param", "empty"),
    [
        ("requests_by_address", "address", ""),
        ("request_by_tx", "tx", ""),
        ("request_history", "wr_id", 99),
        ("request_progress", "wr_id", 99),
        ("request_steps", "wr_id", 99),
        ("request_steps", "address", ""),
    ],
)
def test_who_asks_for_nothing_gets_no_rows(
    con: Connection, name: str, param: str, empty: object
) -> None:
    assert rows(con, name) == []
    assert rows(con, name, **{param: empty}) == []


def test_what_left_the_queue_before_a_request_moved_it_on(con: Connection) -> None:
    def progress(wr_id: int) -> list[Any]:
        return rows(con, "request_progress", wr_id=wr_id)

    # When 2 was made 1 stood before it; that was paid on the 3rd.
    assert progress(2) == [(2, 2, None, 1, 50, 0, 0, january(3))]
    # The head passed 2 in the block that made 3.
    assert progress(3) == [(3, 1, None, 0, 0, 0, 0, None)]
    assert progress(5) == [(5, 2, 2, 0, 0, 0, 0, None)]
    # As if 5 had been made on the 2nd at noon: 1 was paid since, 2 and 3 were rejected.
    con.execute("UPDATE requests SET requested_block = 212 WHERE wr_id = 5")
    assert progress(5) == [(5, 5, 2, 1, 50, 2, 210, january(3))]
    con.execute("UPDATE head_moves SET payout_wei = NULL WHERE wr_id = 1")
    assert progress(5) == [(5, 5, 2, 1, None, 2, 210, january(3))]


def test_the_steps_of_a_request_are_quarters_of_the_places_before_it(con: Connection) -> None:
    columns = ("event", "at", "place", "place_then", "after_days", "payout_wei")

    def steps(**of: Any) -> list[Any]:
        return rows(con, "request_steps", *columns, **of)

    # When 2 was made 1 stood before it: half of its places gone is first in line.
    assert steps(wr_id=2) == [
        ("paid", january(6, 6), None, 2, 4.25, 200 * 10**18),
        ("refused", january(3, 6), None, 2, 1.25, 200 * 10**18),
        ("reached the head", january(3), 1, 2, 1, 200 * 10**18),
        ("requested", january(2), 2, 2, 0, 200 * 10**18),
    ]
    # The head had passed the one before it: it was first in line at once.
    assert [step[:4] for step in steps(wr_id=4)] == [
        ("reached the head", january(5, 12), 1, 1),
        ("requested", january(5, 12), 1, 1),
    ]
    # As if 5 had been made on the 1st at noon, at place 6, before any was paid but 0.
    con.execute("UPDATE requests SET requested_block = 112 WHERE wr_id = 5")
    con.execute("UPDATE head_moves SET block = 111 WHERE wr_id = 0")
    con.execute("UPDATE requests SET staker = '0xabc' WHERE wr_id IN (4, 5)")
    of_5 = [
        ("1/2", january(4, 12), 2, 5),  # 3 was rejected
        ("1/4", january(3, 6), 3, 5),  # 2 was, and the claim by hand moved nobody
        ("requested", january(5, 12), 5, 5),
    ]
    assert [step[:4] for step in steps(wr_id=5)] == of_5
    both = steps(address=" 0XABC ")
    assert sorted(step[:4] for step in both) == sorted(
        [*of_5, ("reached the head", january(5, 12), 1, 1), ("requested", january(5, 12), 1, 1)]
    )
    con.execute("DELETE FROM head_moves WHERE wr_id = 3")  # lost: nobody knows when that was
    assert [step[:4] for step in steps(wr_id=5)] == of_5[1:]
    con.execute("INSERT INTO requests FROM requests WHERE wr_id = 5")  # a log that is there twice
    assert [step[:4] for step in steps(wr_id=5)] == of_5[1:]


def test_a_request_that_was_refused_has_four_events(con: Connection) -> None:
    columns = ("event", "at", "after_days", "payout_ftm", "ahead_ftm", "block", "tx")
    assert rows(con, "request_history", *columns, wr_id=2) == [
        ("requested", january(2), 0, 200, 50, 200, "0xtx2"),
        ("reached the head", january(3), 1, 200, 0, 300, "0xpaid1"),  # request 1 was paid
        ("refused", january(3, 6), 1.25, 200, 0, 306, "0xrefused2"),
        ("paid", january(6, 6), 4.25, 200, 0, 606, "0xpaid2"),
    ]
    who = rows(con, "request_history", "staker", "token", "gross_ftm", "fee_ftm", wr_id=2)
    assert who == [("0xstaker2", "aFTMb", 250, 50)] * 4


@pytest.mark.parametrize(
    ("wr_id", "tx", "why"),
    [
        (0, "0xtx0", "there is none before it"),
        (3, "0xrefused2", "the head passed the one before it in the same block"),
        (4, "0xtx4", "the one before it was gone already"),
        (5, None, "the one before it still waits"),
    ],
)
def test_the_head_is_reached_when_the_one_before_is_gone(
    con: Connection, wr_id: int, tx: str | None, why: str
) -> None:
    events = queries.run(con, "request_history", wr_id=wr_id)
    reached = events.filter(pl.col("event") == "reached the head")["tx"].to_list()
    assert reached == ([] if tx is None else [tx]), why


def test_a_claim_by_hand_moves_no_head(con: Connection) -> None:
    con.execute("DELETE FROM head_moves WHERE tx = '0xrefused2'")  # lost, the claim is not
    con.execute("UPDATE head_moves SET by_hand = TRUE WHERE tx = '0xpaid2'")
    assert rows(con, "request_history", "event", wr_id=3) == [("requested",), ("refused",)]


def test_a_request_that_was_lost_keeps_what_is_known(con: Connection) -> None:
    con.execute("DELETE FROM requests WHERE wr_id = 2")
    columns = ("event", "after_days", "payout_ftm", "staker")
    assert rows(con, "request_history", *columns, wr_id=2) == [
        ("refused", None, 200, None),
        ("paid", None, 200, None),
    ]
    paid = ("wr_id", "event", "status", "staker", "payout_ftm")
    assert rows(con, "request_by_tx", *paid, tx="0xpaid2") == [(2, "paid", None, None, 200)]


def test_a_transaction_says_what_it_did(con: Connection) -> None:
    con.execute("UPDATE head_moves SET tx = '0xrun' WHERE block <= 306")
    con.execute("UPDATE requests SET requested_tx = '0xrun' WHERE wr_id = 5")
    columns = ("wr_id", "event", "at", "block", "status", "token", "payout_ftm")
    assert rows(con, "request_by_tx", *columns, tx="0XRUN") == [
        (0, "paid", january(1, 20), 120, "paid", "aFTMb", 100),
        (1, "paid", january(3), 300, "paid", "aFTMc", 50),
        (2, "refused", january(3, 6), 306, "paid", "aFTMb", 200),
        (5, "requested", january(5, 12), 512, "pending", "aFTMc", 20),
    ]


def test_the_largest_come_first_with_their_place(con: Connection) -> None:
    columns = ("wr_id", "place", "payout_ftm", "share", "ahead_ftm", "waited_days")
    assert rows(con, "pending_requests", *columns, first="largest", rows=3) == [
        (4, 1, 1000, 1000 / 1020.5, 0, 5),
        (5, 2, 20, 20 / 1020.5, 1000, 5),
        (7, 4, 0.5, 0.5 / 1020.5, 1020, 0.5),
    ]
    with pytest.raises(queries.QueryError, match="rows: want 1 or more"):
        queries.run(con, "pending_requests", rows=0)


def test_an_unknown_amount_may_be_the_largest(con: Connection) -> None:
    con.execute("UPDATE requests SET payout_wei = NULL WHERE wr_id = 6")
    columns = ("wr_id", "payout_ftm", "share")
    assert rows(con, "pending_requests", *columns, first="largest", rows=2) == [
        (6, None, None),
        (4, 1000, None),
    ]
    con.execute("UPDATE requests SET payout_wei = 0")
    assert rows(con, "pending_requests", *columns, first="largest", rows=1) == [(4, 0, None)]


def test_every_request_is_somebodys_and_stands_where_the_queue_says(sample: Connection) -> None:
    stakers = [
        staker
        for (staker,) in sample.execute(
            "SELECT staker FROM requests GROUP BY staker ORDER BY count(*) DESC, staker LIMIT 12"
        ).fetchall()
    ]
    found = pl.concat(
        queries.run(sample, "requests_by_address", address=staker) for staker in stakers
    )
    (owned,) = sample.execute(
        "SELECT count(*) FROM requests WHERE staker IN (SELECT unnest(?))", [stakers]
    ).fetchone()
    assert found.height == found["wr_id"].n_unique() == owned
    columns = ["wr_id", "place", "payout_ftm", "ahead_ftm", "waited_days"]
    queue = queries.run(sample, "pending_requests").filter(pl.col("staker").is_in(stakers))
    pending = found.filter(pl.col("status") == "pending").sort("wr_id")
    assert pending.height > 10
    assert pending.select(columns).equals(queue.select(columns))


def test_the_largest_are_the_queue_by_amount(sample: Connection) -> None:
    queue = queries.run(sample, "pending_requests")
    largest = queries.run(sample, "pending_requests", first="largest")
    assert largest["share"].sum() == pytest.approx(1)
    assert not largest.equals(queue)
    assert largest.equals(queue.sort("payout_ftm", descending=True, maintain_order=True))


@pytest.mark.parametrize("status", ["paid", "pending", "manual"])
def test_histories_agree_with_the_requests(sample: Connection, status: str) -> None:
    chosen = sample.execute(
        "SELECT wr_id FROM requests WHERE status = ? ORDER BY manual_at IS NULL, hash(wr_id) "
        "LIMIT 15",
        [status],
    ).fetchall()
    for (wr_id,) in chosen:
        history = queries.run(sample, "request_history", wr_id=wr_id)
        assert history["at"].is_sorted()
        assert history["block"].is_sorted()
        asked = history.row(0, named=True)
        owner = queries.run(sample, "requests_by_address", address=asked["staker"])
        request = owner.row(by_predicate=pl.col("wr_id") == wr_id, named=True)
        at = dict(zip(history["event"], history["at"], strict=True))
        assert at.get("paid") == request["paid_at"]
        assert at.get("refused") == request["refused_at"]
        assert ("reached the head" in at) == (request["place"] in (None, 1))
        own = history.filter(pl.col("event") != "reached the head")
        for tx, event in own["tx", "event"].rows():
            done = queries.run(sample, "request_by_tx", tx=tx)
            assert (wr_id, event) in done["wr_id", "event"].rows()


def test_the_newest_request_has_the_highest_id(con: Connection) -> None:
    columns = ("wr_id", "status", "staker", "payout_ftm", "requested_at", "requested_tx")
    newest = (7, "pending", "0xstaker7", 0.5, january(10), "0xtx7")
    assert rows(con, "newest_request", *columns) == [newest]
    con.execute("DELETE FROM requests WHERE wr_id > 3")
    assert rows(con, "newest_request", "wr_id", "status") == [(3, "manual")]
    con.execute("DELETE FROM requests")
    assert rows(con, "newest_request") == []
