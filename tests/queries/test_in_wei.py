"""The queries in whole wei on tests/small_store.py, worked out by hand."""

from __future__ import annotations

from typing import Any

from duckdb import DuckDBPyConnection as Connection

import queries


def _in_wei(con: Connection) -> dict[str, Any]:
    return queries.run(con, "queue_in_wei").row(0, named=True)


def test_the_queue_in_whole_wei_has_the_same_sums(con: Connection) -> None:
    told = _in_wei(con)
    assert [told[name] for name in ("requests", "waiting_wei", "head_id", "head_wei")] == [
        *(4, 1020_500000000000000000, 4, 1000 * 10**18)
    ]
    assert [told[name] for name in ("balance_wei", "stashed", "stashed_wei", "spendable_wei")] == [
        *(400 * 10**18, 1, 10 * 10**18, 390 * 10**18)
    ]
    assert (told["missing_wei"], told["newest_id"]) == (610 * 10**18, 7)  # 1000 + 10 - 400
    con.execute("UPDATE pool_balances SET balance_wei = 1010e18 WHERE block > 900")
    assert _in_wei(con)["missing_wei"] == 0


def test_of_the_queue_in_whole_wei_what_is_unknown_is_neither_0_nor_old(con: Connection) -> None:
    con.execute("UPDATE requests SET payout_wei = NULL WHERE wr_id IN (3, 5)")
    told = _in_wei(con)
    unknown = ("waiting_wei", "stashed_wei", "spendable_wei", "missing_wei")
    assert [told[name] for name in unknown] == [None] * 4
    assert (told["head_wei"], told["balance_wei"]) == (1000 * 10**18, 400 * 10**18)
    con.execute("UPDATE requests SET payout_wei = 10e18 WHERE wr_id = 3")
    con.execute("DELETE FROM pool_balances WHERE block > 900")
    told = _in_wei(con)
    assert [told[name] for name in ("balance_wei", "spendable_wei", "missing_wei")] == [
        *(40 * 10**18, None, None)
    ]
    con.execute("DELETE FROM requests")
    told = _in_wei(con)
    assert [told[name] for name in ("requests", "waiting_wei", "head_id", "newest_id")] == [
        *(0, 0, None, None)
    ]


def test_requests_in_whole_wei_are_told_by_id_or_by_address(con: Connection) -> None:
    def told(**params: Any) -> list[tuple[Any, ...]]:
        answer = queries.run(con, "requests_in_wei", **params)
        return answer.select("wr_id", "status", "place", "payout_wei", "ahead_wei").rows()

    assert told(wr_id=4) == [(4, "pending", 1, 1000 * 10**18, 0)]
    assert told(wr_id=5) == [(5, "pending", 2, 20 * 10**18, 1000 * 10**18)]
    assert told(wr_id=3) == [(3, "manual", None, 10 * 10**18, None)]
    assert told() == told(wr_id=99) == told(address="0xnobody") == []
    staker = queries.run(con, "requests_in_wei", wr_id=4)["staker"][0]
    assert (4, "pending", 1, 1000 * 10**18, 0) in told(address=staker.upper())
    assert told(wr_id=4, address="0xnobody") == []
