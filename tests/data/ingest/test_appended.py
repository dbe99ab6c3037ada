"""Tables that were appended to, against those that a rebuild makes of the same logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from data.config import ROOT
from data.ingest import appended, decode
from data.ingest import finish as finishing
from data.ingest.finish import Reached, finish
from data.ingest.raw_logs import change
from data.pool.state import Block
from data.store.reader import translated
from data.store.sealed import is_proved, set_proved
from tests.log_lines import BURNED, BURNED_2, DEPLOYED, REFUSED, WITHDRAWN, empty_tables, rows

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LOGS = 1_100
STEPS = 3
A_FEW, ALL = 250, 1_000_000
ONE_LOG = "WHERE block = {0} AND log_index = {1}"
BESIDE = "(SELECT max(log_index) + 1 FROM history AS there WHERE there.block = history.block)"
# What may happen to a log of the history: most of it breaks a check, some of it changes nothing.
FAULTS = {
    "is left out": f"DELETE FROM history {ONE_LOG}",
    "has another amount": f"UPDATE history SET data = data[:64] || '77' || data[67:] {ONE_LOG}",
    "has a huge amount": (
        f"UPDATE history SET data = '0x' || repeat('f', 64) || data[67:] {ONE_LOG}"
    ),
    "has an amount that cannot be added up": (
        "UPDATE history SET data = '0x' || repeat('0', 34) || repeat('3', 30) || data[67:] "
        f"{ONE_LOG}"
    ),
    "is cut short": f"UPDATE history SET data = data[:40] {ONE_LOG}",
    "has another time": f"UPDATE history SET block_time = block_time - INTERVAL 9 DAYS {ONE_LOG}",
    "is of another request": f"UPDATE history SET topic2 = topic2[:65] || '7' {ONE_LOG}",
    "comes twice": (
        f"INSERT INTO history SELECT * REPLACE ({BESIDE} AS log_index) FROM history {ONE_LOG}"
    ),
    "comes again later": (
        "INSERT INTO history SELECT * REPLACE (block + 900000 AS block, 99 AS log_index, "
        f"block_time + INTERVAL 10 DAYS AS block_time) FROM history {ONE_LOG}"
    ),
    "is another event": f"UPDATE history SET topic0 = reverse(topic0)[:64] || '0x' {ONE_LOG}",
}
FAULTS["request comes again later"] = FAULTS["comes again later"]
KINDS = (BURNED, BURNED_2, WITHDRAWN, REFUSED, DEPLOYED, None)


@pytest.fixture
def con(sample_store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """With the beginning of the sample's logs in the table `history`, and all stubs but the last
    there from the start: each new one makes all anew."""
    with empty_tables() as con:
        con.execute(f"ATTACH '{sample_store}' AS sample (READ_ONLY)")
        con.execute(
            "CREATE TEMP TABLE history AS FROM sample.raw_logs ORDER BY block, log_index "
            f"LIMIT {LOGS}"
        )
        con.execute(
            "UPDATE history SET block = start.block, block_time = start.block_time, "
            "log_index = 1000 + stubs.stub_id "
            "FROM sample.stubs, (FROM history ORDER BY block LIMIT 1) AS start "
            f"WHERE history.topic0 = '{DEPLOYED.topic0}' AND history.tx = stubs.tx "
            "AND stubs.stub_id < (SELECT count(*) - 1 FROM history AS there "
            f"WHERE there.topic0 = '{DEPLOYED.topic0}')"
        )
        yield con


@pytest.fixture
def rebuilds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows with every rebuild of all tables."""
    real, done = decode.rebuild, []

    def counted(*arguments: Any) -> None:
        done.append(arguments[1])
        real(*arguments)

    monkeypatch.setattr(decode, "rebuild", counted)
    return done


def finish_at(
    con: duckdb.DuckDBPyConnection, block: int, ahead: int = 0, *, may_be_proved: bool = False
) -> None:
    """Finish a sync up to `block` that landed the history to there, and some blocks further. Unless
    it `may_be_proved`, and logs were only added, it is of a store that anybody may have written."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE due AS FROM history WHERE block <= ?", [block + ahead]
    )
    changed = con.execute("(FROM raw_logs EXCEPT ALL FROM due) LIMIT 1").fetchone()
    if changed or not may_be_proved:
        set_proved(con, False)
        con.execute("DELETE FROM raw_logs")
    con.execute(
        "INSERT INTO raw_logs FROM (FROM due EXCEPT ALL FROM raw_logs) ORDER BY block, log_index"
    )
    reached = Reached(Block(block, None, NOW), None, "made up", NOW, None, "nobody was asked")
    findings = finish(con, reached)
    assert len(findings) > 10


def contents(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in the order they stand in, and what the checks say."""
    tables = {name: rows(con, f"FROM {name}") for name in decode.DERIVED}
    types = rows(
        con,
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal AND schema_name = 'main' "
        "ORDER BY ALL",
    )
    return tables | {"checks": rows(con, "FROM checks"), "types": types}


def anew(con: duckdb.DuckDBPyConnection, block: int, ahead: int = 0) -> dict[str, list[Any]]:
    """What the same sync makes of the same logs in a store that has no table yet, all at once."""
    with empty_tables() as other, pytest.MonkeyPatch.context() as patched:
        patched.setattr(appended, "_SLICE", ALL)
        arrow = con.execute("FROM history").to_arrow_table()
        other.register("told", arrow)
        other.execute("CREATE TEMP TABLE history AS FROM told")
        other.unregister("told")
        finish_at(other, block, ahead)
        return contents(other)


def cuts(con: duckdb.DuckDBPyConnection, dice: Random) -> list[int]:
    """Blocks at which syncs end: anywhere, one after the other, and just before a claim by hand."""
    blocks = [block for (block,) in rows(con, "SELECT DISTINCT block FROM history ORDER BY 1")]
    places = dice.sample(range(len(blocks)), STEPS)
    claims = rows(
        con,
        f"SELECT block - 1 FROM history AS claim WHERE topic0 = '{WITHDRAWN.topic0}' AND EXISTS ("
        f"FROM history WHERE topic0 = '{REFUSED.topic0}' AND topic2 = claim.topic2)",
    )
    near = [blocks[min(places[0] + dice.randint(0, 3), len(blocks) - 1)], *dice.choice(claims)]
    return sorted({*(blocks[place] for place in places), *near})


@pytest.mark.parametrize("logs_at_a_time", [A_FEW, ALL])
@pytest.mark.parametrize("seed", range(2))
def test_appended_tables_are_those_of_a_rebuild(
    con: duckdb.DuckDBPyConnection,
    rebuilds: list[int],
    monkeypatch: pytest.MonkeyPatch,
    logs_at_a_time: int,
    seed: int,
) -> None:
    monkeypatch.setattr(appended, "_SLICE", logs_at_a_time)
    dice = Random(seed)
    before = -1
    for block in cuts(con, dice):
        ahead = dice.choice((0, 0, 50_000))
        stubs = rows(
            con,
            f"SELECT count(*) FROM history WHERE topic0 = '{DEPLOYED.topic0}' "
            f"AND block > {before} AND block <= {block}",
        )
        rebuilds.clear()
        finish_at(con, block, ahead, may_be_proved=logs_at_a_time == A_FEW)
        # A new stub's earlier logs count from now on: only then, and at first, all is made anew.
        assert bool(rebuilds) == (before < 0 or stubs != [(0,)])
        before = block
        assert contents(con) == anew(con, block, ahead)


@pytest.mark.parametrize(
    ("fault", "logs_at_a_time"),
    [(fault, (A_FEW, ALL)[place % 2]) for place, fault in enumerate(FAULTS)]
    + [("is left out", ALL), ("comes twice", A_FEW), ("comes again later", ALL)],
)
def test_where_logs_are_irregular_the_tables_are_still_those_of_a_rebuild(
    con: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    logs_at_a_time: int,
    fault: str,
) -> None:
    """Each fault at one size of slices, as a slice is appended alike whatever its size; what is
    left out, doubled or late at both, as there the slices tell which log comes first."""
    monkeypatch.setattr(appended, "_SLICE", logs_at_a_time)
    monkeypatch.setattr(finishing, "_describe", lambda con: None)  # the same at every end
    dice = Random(f"{fault} {logs_at_a_time}")
    ends = cuts(con, dice)
    at = dice.randrange(len(ends))
    for step, block in enumerate(ends):
        if step == at:  # in what is stored by then, or in what comes
            _break(con, fault, dice, ends[max(0, step - 1)], block)
        finish_at(con, block, may_be_proved=logs_at_a_time == A_FEW)
        if step >= at:  # up to there the logs are regular
            assert contents(con) == anew(con, block), f"step {step}, broken in {at}"


def _break(
    con: duckdb.DuckDBPyConnection, fault: str, dice: Random, before: int, block: int
) -> None:
    kind = BURNED if fault.startswith("request") else dice.choice(KINDS)
    which = f"topic0 = '{kind.topic0}'" if kind else "TRUE"
    span = dice.choice((f"block > {before} AND block <= {block}", f"block <= {block}"))
    for condition in (f"{which} AND {span}", span, "TRUE"):
        places = rows(con, f"SELECT block, log_index FROM history WHERE {condition} ORDER BY ALL")
        if places:
            con.execute(FAULTS[fault].format(*dice.choice(places)))
            return


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE store_info SET published_at = published_at + INTERVAL 1 SECOND",  # by another
        "UPDATE rebuilt SET program = 'another version'",
        "DELETE FROM rebuilt",
        "DROP TABLE rebuilt",
    ],
)
def test_what_another_program_wrote_is_rebuilt(
    con: duckdb.DuckDBPyConnection, rebuilds: list[int], change: str
) -> None:
    first, second = (
        block
        for (block,) in rows(
            con,
            "SELECT max(block) - n FROM history, unnest([20000, 0]) AS t(n) GROUP BY n ORDER BY 1",
        )
    )
    finish_at(con, first)
    rebuilds.clear()
    con.execute(change)
    finish_at(con, second)
    assert rebuilds == [second]


def test_logs_that_are_proved_are_not_read_again_and_every_change_of_them_ends_that(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((middle, last),) = rows(con, "SELECT median(block)::BIGINT, max(block) FROM history")
    finish_at(con, middle)
    assert is_proved(con)
    set_proved(con, False)
    assert appended.unchanged_to(con) == middle  # by every log
    set_proved(con, True)
    with monkeypatch.context() as patched:
        patched.setattr(appended, "_hashed", None)  # it cannot be called
        con.execute("INSERT INTO raw_logs FROM history WHERE block > ?", [middle])
        assert appended.unchanged_to(con) == middle
    # One that reaches back, and what is put right and put wrong again.
    con.execute("INSERT INTO raw_logs SELECT * REPLACE (99 AS log_index) FROM history LIMIT 1")
    assert appended.unchanged_to(con) is None
    con.execute("DELETE FROM raw_logs WHERE log_index = 99")
    assert appended.unchanged_to(con) == middle
    later = "UPDATE raw_logs SET block_time = block_time + INTERVAL 1 DAY WHERE block = ?"
    change(con, later, [last])
    assert (is_proved(con), appended.unchanged_to(con)) == (False, middle)
    ((first,),) = rows(con, "SELECT min(block) FROM raw_logs")
    set_proved(con, True)
    change(con, later, [first])
    assert (is_proved(con), appended.unchanged_to(con)) == (False, None)


def test_whatever_changes_stored_logs_says_so() -> None:
    """Where it did not, tables could be kept whose logs are others."""
    found = [
        (file.name, line.strip())
        for file in (ROOT / "data").rglob("*.py")
        for line in file.read_text().splitlines()
        if re.search(r"(UPDATE|DELETE FROM|TRUNCATE|REPLACE TABLE|ALTER TABLE) raw_logs", line)
        and "change(" not in line
    ]
    # The one line of a statement that stands below its `change(`.
    assert [name for name, _ in found] == ["doubts.py"]
    text = (ROOT / "data" / "ingest" / "doubts.py").read_text()
    assert re.search(r"change\(\s+reading\.con,\s+" + re.escape(found[0][1]), text)


def test_what_comes_is_held_against_the_time_of_the_last_block_before_it(
    con: duckdb.DuckDBPyConnection, rebuilds: list[int]
) -> None:
    deployed = f"SELECT max(block) FROM history WHERE topic0 = '{DEPLOYED.topic0}'"
    ((first, after, last),) = rows(  # no stub comes between
        con,
        f"SELECT ({deployed}), min(block), max(block) FROM history WHERE block > ({deployed})",
    )
    finish_at(con, first)
    assert is_proved(con)
    con.execute(
        "UPDATE history SET block_time = block_time - INTERVAL 90 DAYS WHERE block = ?", [after]
    )
    rebuilds.clear()
    finish_at(con, last, may_be_proved=True)
    assert rebuilds == []
    assert contents(con) == anew(con, last)
    failed = rows(con, "SELECT block FROM checks WHERE name = 'times ascend' AND status = 'failed'")
    assert failed == [(after,)]


def test_a_request_that_was_paid_and_is_told_again_is_not_overlooked(
    con: duckdb.DuckDBPyConnection, rebuilds: list[int]
) -> None:
    ((first, last),) = rows(  # no stub comes between
        con,
        f"SELECT max(block) FILTER (WHERE topic0 = '{DEPLOYED.topic0}'), max(block) FROM history",
    )
    finish_at(con, first)
    con.execute(
        f"INSERT INTO history SELECT * REPLACE ({last} AS block, 99 AS log_index) FROM history "
        f"WHERE topic0 = '{BURNED.topic0}' ORDER BY block LIMIT 1"
    )
    rebuilds.clear()
    finish_at(con, last, may_be_proved=True)
    assert rebuilds[-1] == last
    assert contents(con) == anew(con, last)
    assert ("failed", "request 0 was made twice") in rows(con, "SELECT status, message FROM checks")


def test_where_memory_does_not_reach_that_is_told_and_not_what_fails_after_it(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = [block for (block,) in rows(con, "SELECT DISTINCT block FROM history ORDER BY 1")]
    finish_at(con, blocks[len(blocks) // 2])
    monkeypatch.setattr(appended, "_MEMORY_MB", 1)
    with pytest.raises(duckdb.OutOfMemoryException) as failed:
        finish_at(con, blocks[-1])
    assert "needs more memory" in str(translated(failed.value, Path("any.duckdb")))
