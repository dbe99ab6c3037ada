"""What fed each run of the operator: by hand on tests/small_store.py, and against all the money."""

from __future__ import annotations

import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from tests.queries.answers import january, rows


def _delegated(con: Connection, day: int, ftm: int, data: str = "", sfc: str = "0x4") -> None:
    """A stake that '0xstub' delegates at midnight of a day in January 2024."""
    con.execute("DELETE FROM stubs; INSERT INTO stubs BY NAME SELECT '0xstub' AS stub")
    topic0 = "0x9a8f44850296624dadfd9c246d17e47171d35727a181bd090aa14bbbe00238bb"
    values = [100 * day, january(day), sfc, topic0, data or f"0x{ftm * 10**18:064x}"]
    con.execute(
        "INSERT INTO raw_logs BY NAME SELECT ? AS block, 1 AS log_index, ? AS block_time, '0xd' AS "
        "tx, ? AS address, ? AS topic0, '0x' || repeat('0', 24) || 'stub' AS topic1, ? AS data",
        values,
    )


def test_a_run_was_fed_by_what_came_since_the_run_before(con: Connection) -> None:
    columns = ("started_at", "needed_ftm", "claimed_ftm", "returned_ftm", "staked_ftm")
    con.execute("""
        INSERT INTO stakes BY NAME SELECT unnest([
            TIMESTAMPTZ '2024-01-01 20:00:00Z', '2024-01-01 20:00:01Z', '2024-01-04 12:00:01Z'
        ]) AS staked_at, unnest([70, 7, 1000]) * 1e18::DECIMAL(38, 0) AS amount_wei
    """)
    # Not in it: what was claimed and staked after the last run, and what was paid by hand.
    assert rows(con, "run_sources", *columns) == [
        (january(4, 12), 10, 0, 0, 0),
        (january(3, 6), 200, 0, 500, 0),
        (january(3), 50, 30, 0, 7),
        (january(1, 20), 100, 0, 0, 70),  # in the very second of the payout: it counts for it
    ]
    whole = rows(con, "run_sources", gap_minutes=10**6)
    # 5 FTM restaked were delegated by another log, which is missing here: see below.
    assert whole == [(january(1, 20), january(4, 12), 360, 30, 500, 77, -5)]
    joined = rows(con, "run_sources", "needed_ftm", "returned_ftm", gap_minutes=360)
    assert joined == [(10, 0), (250, 500), (100, 0)]
    with pytest.raises(queries.QueryError, match="gap_minutes: want 1 or more"):
        queries.run(con, "run_sources", gap_minutes=0)


def test_what_a_run_could_not_use_was_delegated_anew(con: Connection) -> None:
    _delegated(con, 2, 5)  # the restake's own
    _delegated(con, 2, 40)
    _delegated(con, 2, 1000, sfc="0xother")
    _delegated(con, 5, 300)  # after the last run
    delegated = queries.run(con, "run_sources")["delegated_ftm"]
    assert delegated.to_list() == [0, 0, 40, 0]
    _delegated(con, 2, 0, data="0x" + "f" * 64)  # no amount there is
    assert queries.run(con, "run_sources")["delegated_ftm"].to_list() == [0, 0, None, 0]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("head_moves SET payout_wei = NULL WHERE wr_id = 1", "needed_ftm"),
        ("reward_claims SET reward_wei = NULL WHERE NOT restaked", "claimed_ftm"),
        ("reward_claims SET reward_wei = NULL WHERE restaked", "delegated_ftm"),
        ("returned_stakes SET amount_wei = NULL", "returned_ftm"),
    ],
)
def test_an_unknown_amount_hides_what_it_fed(con: Connection, table: str, column: str) -> None:
    con.execute(f"UPDATE {table}")
    fed = queries.run(con, "run_sources", gap_minutes=360).row(1, named=True)
    assert [name for name, value in fed.items() if value is None] == [column]


@pytest.mark.parametrize("gap_minutes", [60, 1440])
def test_all_runs_were_fed_by_all_the_money(sample: Connection, gap_minutes: int) -> None:
    """The parts are those of the check of the money, which adds up to the wei."""
    fed = queries.run(sample, "run_sources", gap_minutes=gap_minutes)
    runs = queries.run(sample, "operator_runs", gap_minutes=gap_minutes)
    assert fed.select("started_at", "ended_at").equals(runs.select("started_at", "ended_at"))
    needed = runs["paid_ftm"] + runs["stashed_ftm"]
    assert (fed["needed_ftm"] - needed).abs().max() < 1e-9
    parts = dict(sample.execute("SELECT part, amount_wei / 1e18 FROM money").fetchall())
    after = {
        "rewards claimed": "SELECT sum(reward_wei) FROM reward_claims WHERE NOT restaked AND "
        "claimed_at",
        "stake returned": "SELECT sum(amount_wei) FROM returned_stakes WHERE returned_at",
        "stakes received": "SELECT sum(amount_wei) FROM stakes WHERE staked_at",
    }
    columns = ("claimed_ftm", "returned_ftm", "staked_ftm")
    for (part, later), column in zip(after.items(), columns, strict=True):
        left = sample.execute(f"{later} > ?", [fed["ended_at"].max()]).fetchone()
        assert fed[column].sum() + int(left[0] or 0) / 1e18 == pytest.approx(parts[part])
    assert fed["delegated_ftm"].sum() == pytest.approx(-parts["delegated anew"])
