"""What the queries about the store itself answer on tests/small_store.py, worked out by hand."""

from __future__ import annotations

from duckdb import DuckDBPyConnection as Connection

from tests.queries.answers import rows


def test_checks_come_with_the_failed_ones_first(con: Connection) -> None:
    assert rows(con, "failed_checks") == [
        ("view firstWrId", "failed", 800, 11, "earlier"),
        ("view firstWrId", "failed", 900, 12, "later"),
        ("view feeShift", "unknown", None, None, "nobody was asked"),
    ]
    assert rows(con, "checks_summary") == [
        ("view firstWrId", "failed", 2, 800, "earlier"),
        ("view feeShift", "unknown", 0, None, "nobody was asked"),
        ("head order", "passed", 0, None, "holds"),
    ]


def test_coverage_counts_both_ends_and_what_is_missing(con: Connection) -> None:
    assert rows(con, "coverage") == [
        ("pool", 100, 100, 399, 300, 0, 100),
        ("pool", 100, 500, 1012, 513, 100, 0),
        ("sfc", None, 100, 1012, 913, None, None),
    ]
    con.execute("UPDATE store_info SET simulated = FALSE, first_block = 90, synced_block = 1020")
    con.execute("INSERT INTO stubs BY NAME SELECT '0xa' AS stub, 700 AS block")
    con.execute("INSERT INTO coverage VALUES ('sfc 0xa', 710, 1012)")
    assert rows(con, "coverage") == [
        ("bond", 90, None, None, 0, 0, 931),
        ("pool", 90, 100, 399, 300, 10, 100),
        ("pool", 90, 500, 1012, 513, 100, 8),
        ("sfc", None, 100, 1012, 913, None, None),
        ("sfc 0xa", 700, 710, 1012, 303, 10, 8),
    ]
