"""A stranger's SQL, answered: what comes back, what is refused, and how it says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import queries
from data import SqlError, StoreError
from data.config import ROOT
from data.store import sandbox
from data.store.reader import open_reader
from data.store.sandbox import ANSWER_BYTES, TEXT_BYTES, SqlAnswer, run_sql
from tests.processes import python

Ask = Callable[..., SqlAnswer]


@pytest.fixture
def ask(sample_store: Path) -> Ask:
    """Runs one statement over the sample, with time enough on any machine."""

    def run(sql: str, **limits: float) -> SqlAnswer:
        return run_sql(sample_store, sql, **({"seconds": 60.0} | limits))  # type: ignore[arg-type]

    return run


@pytest.mark.parametrize("name", ["payouts", "pending_requests", "queue_depth", "store_contents"])
def test_a_query_of_ours_answers_the_same_as_on_the_store_itself(
    name: str, ask: Ask, sample_store: Path
) -> None:
    with open_reader(sample_store) as con:
        expected = queries.run(con, name)
    answer = ask(queries.load(name).sql, rows=1_000_000)
    assert_frame_equal(answer.rows, expected)
    assert not answer.cut
    assert 0 < answer.seconds < 60


def test_wei_times_and_unknowns_come_through_exact(ask: Ask) -> None:
    row = ask(
        """
        SELECT
            99999999999999999999999999999999999999::DECIMAL(38, 0) AS most_wei,
            -1::DECIMAL(38, 0) AS owed_wei,
            sum(9223372036854775807::BIGINT) AS sum_of_bigint,
            '2024-12-18 12:00:00.000001+02'::TIMESTAMPTZ AS at,
            NULL::DECIMAL(38, 0) AS unknown_wei,
            NULL::TIMESTAMPTZ AS never
        """
    ).rows
    assert row.schema["most_wei"] == pl.Decimal(38, 0)
    assert row.schema["at"] == pl.Datetime("us", "UTC")
    assert row.row(0) == (
        Decimal(10**38 - 1),
        Decimal(-1),
        Decimal(9223372036854775807),
        datetime(2024, 12, 18, 10, 0, 0, 1, UTC),
        None,
        None,
    )


@pytest.mark.parametrize(
    "sql",
    """EXPLAIN SELECT 1|DESCRIBE requests|SUMMARIZE requests|SHOW TABLES|FROM requests|VALUES (1)
    |WITH a AS (SELECT 1) FROM a;|-- why\nSELECT 1 -- not; really\n;""".split("|"),
)
def test_every_way_to_ask_is_answered(sql: str, ask: Ask) -> None:
    assert ask(sql).rows.height > 0


def test_intervals_are_told_in_days(ask: Ask) -> None:
    waits = ask(
        "SELECT paid_at - requested_at, epoch(paid_at - requested_at) / 86400 AS days "
        "FROM requests ORDER BY wr_id"
    ).rows
    first, second = waits.columns
    assert first == "(paid_at - requested_at), days"
    assert waits[first].null_count() == waits[second].null_count() > 0
    assert (waits[first] - waits[second]).abs().max() < 1e-9
    odd = ask("SELECT INTERVAL '-2 months 3 days 6 hours' AS x, NULL::INTERVAL AS y").rows
    assert odd.row(0, named=True) == {"x, days": -56.75, "y, days": None}
    assert ask("SELECT INTERVAL 1 DAY AS x WHERE false").rows.columns == ["x, days"]


def test_an_answer_without_rows_keeps_its_columns(ask: Ask) -> None:
    answer = ask("SELECT 1::BIGINT AS wr_id WHERE false")
    assert answer.rows.schema == {"wr_id": pl.Int64}
    assert not answer.cut


@pytest.mark.parametrize(("rows", "cut"), [(2_999, True), (3_000, False), (3_001, False)])
def test_more_rows_than_asked_for_are_cut_and_said_so(rows: int, cut: bool, ask: Ask) -> None:
    answer = ask("SELECT range AS i FROM range(3000)", rows=rows)
    assert answer.rows["i"].to_list() == list(range(min(rows, 3_000)))
    assert answer.cut is cut


def test_of_a_million_rows_the_first_ten_thousand_come(ask: Ask) -> None:
    answer = ask("FROM range(1000000)")
    assert (answer.rows.height, answer.cut) == (10_000, True)


def test_columns_of_one_name_are_told_apart(ask: Ask) -> None:
    assert ask("SELECT 1 AS a, 2 AS a, 3 AS a_1").rows.row(0, named=True) == {
        "a": 1,
        "a_1": 2,
        "a_1_1": 3,
    }


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (" \n\t", "no statement: write a SELECT"),
        ("-- nothing", "no statement: write a SELECT"),
        ("/* SELECT 1 */ ;;", "no statement: write a SELECT"),
        ("SELECT 1; SELECT 2", "2 statements: send one at a time"),
        ("SELECT 1\0; DROP TABLE requests", "character 9 is a NUL"),
        ("SELECT '\udcff'", "character 9 is no Unicode"),
        ("SELECT 1 --" + "x" * TEXT_BYTES, f"{TEXT_BYTES:,} are taken"),
        ("SELECT '" + "x" * 2**20 + "'", f"{TEXT_BYTES:,} are taken"),
        ("PIVOT requests ON status USING count(*)", "PIVOT must name its values"),
        ("SELECT wr_id\nFROM request", "Table with name request does not exist"),
        ("SELECT wr_id\nFROM request", "LINE 2: FROM request\n             ^"),
        ("SELECT 1 +", "syntax error at end of input"),
        ("SELECT error('by hand')", "by hand"),
        ("SELECT {'size': INTERVAL 1 DAY} AS x", "cannot be shown: cast it to VARCHAR"),
        ("SELECT 1::UHUGEINT AS x", "cannot be shown: cast it to VARCHAR"),
        ("SELECT 170141183460469231731687303715884105727", "more than 38 digits: cast it"),
        ("SELECT 'infinity'::DATE AS x", "x lies outside the years 1 to 9999: cast it"),
        ("SELECT '-infinity'::TIMESTAMPTZ AS x", "x lies outside the years 1 to 9999: cast it"),
        ("SELECT ['infinity'::DATE] AS x", "cannot be shown: cast it to VARCHAR"),
        ("SELECT repeat('x', 10000) FROM range(2000)", f"larger than {ANSWER_BYTES >> 20} MB"),
        ("SELECT " + ", ".join(f"{i} AS c{i}" for i in range(1_001)), "1,001 columns are too many"),
    ],
    ids=lambda text: text[:30],
)
def test_a_refusal_says_what_to_do(sql: str, message: str, ask: Ask) -> None:
    with pytest.raises(SqlError) as refused:
        ask(sql)
    assert message in str(refused.value)


def test_an_endless_message_is_cut_short(ask: Ask) -> None:
    with pytest.raises(SqlError) as refused:
        ask("SELECT error(repeat('x', 100000))")
    assert len(str(refused.value)) < 3_000


def test_without_a_store_nothing_is_started(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="sync the network first"):
        run_sql(tmp_path / "none.duckdb", "SELECT 1")


def test_a_broken_store_is_named_without_its_path(tmp_path: Path) -> None:
    store = tmp_path / "broken.duckdb"
    store.write_bytes(b"no database" * 1_000)
    with pytest.raises(SqlError, match=r"^the store cannot be opened: sync the network again$"):
        run_sql(store, "SELECT 1", seconds=60)


WHERE = (
    "SELECT path, (FROM (SELECT count(*) FROM requests)) AS n "
    "FROM duckdb_databases() WHERE database_name = 'store'"
)


def test_a_store_that_takes_no_link_is_read_all_the_same(
    sample_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / ("s" * 255)  # no room in the name for a link beside it
    shutil.copy(sample_store, store)
    path, count = run_sql(store, WHERE, seconds=60).rows.row(0)
    assert count > 0
    assert str(tmp_path) not in path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a store is attached as it lies")
@pytest.mark.parametrize("in_namespace", [False, True])
def test_a_store_that_takes_no_link_is_not_copied(
    sample_store: Path, tmp_path: Path, in_namespace: bool
) -> None:
    if not in_namespace and os.geteuid():
        pytest.skip("only root may change the root as it is")
    store = tmp_path / ("s" * 251)  # no room for a link, but for a log
    shutil.copy(sample_store, store)
    script = f"""
import os, sys
sys.modules["numpy"] = None
if {in_namespace}:
    import ctypes
    assert ctypes.CDLL(None).unshare(0x10000000) == 0
from data.store import sandbox_child
sandbox_child._copied = lambda store: sys.exit("copied")
con = sandbox_child.open_store({str(store)!r}, 512)
path, count = con.execute({WHERE!r}).fetchone()
print(count > 0, {str(tmp_path)!r} in path, os.path.exists({str(store)!r}))
"""
    assert python("-c", script, check=True).stdout.split() == ["True", "False", "True"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a store is attached as it lies")
@pytest.mark.parametrize(("letters", "left"), [(200, "False"), (251, "True")])
def test_a_namespace_is_entered_only_for_a_store_that_takes_no_link(
    sample_store: Path, tmp_path: Path, letters: int, left: str
) -> None:
    store = tmp_path / ("s" * letters)
    shutil.copy(sample_store, store)
    request = {"store": str(store), "sql": WHERE, "memory_mb": 512, "seconds": 60, "rows": 1}
    request |= {"parent": os.getpid(), "answer_bytes": ANSWER_BYTES}
    script = f"""
import os, runpy, sys
before = os.readlink("/proc/self/ns/user")
os.geteuid = lambda: 1000  # root needs no namespace
os.getpid = lambda: 12345  # as long as most: the link's name ends with it
os._exit = lambda code: print(os.readlink("/proc/self/ns/user") != before, file=sys.stderr)
runpy.run_path({sandbox._CHILD.as_posix()!r}, run_name="__main__")
"""
    child = [sys.executable, "-c", script]
    ran = subprocess.run(child, input=json.dumps(request).encode(), capture_output=True, check=True)
    assert b'"cut": false' in ran.stdout
    assert str(tmp_path).encode() not in ran.stdout
    assert ran.stderr.decode().split() == [left]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads Linux's list of processes")
def test_a_statement_ends_with_its_server_however_that_ends(sample_store: Path) -> None:
    script = f"""
from pathlib import Path
from data.store.sandbox import run_sql
run_sql(Path({str(sample_store)!r}), "SELECT sleep_ms(50000)", seconds=60)
"""
    server = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    assert until(lambda: bool(children.read_text()))
    (child,) = children.read_text().split()
    status = Path(f"/proc/{child}/stat")
    assert until(lambda: status.read_text().rpartition(")")[2].split()[16] == "19")  # doors closed
    server.kill()
    server.wait()
    assert until(lambda: not status.exists() or status.read_text().rpartition(")")[2][1] == "Z")


def until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def test_a_third_statement_waits_for_its_turn_and_then_gives_up(ask: Ask) -> None:
    def run_away() -> None:
        with pytest.raises(SqlError, match="no answer within 6 s"):
            ask("SELECT sleep_ms(60000)", seconds=6)

    runaways = [threading.Thread(target=run_away) for _ in range(2)]
    for runaway in runaways:
        runaway.start()
    time.sleep(0.5)
    with pytest.raises(SqlError, match="2 other statements are running: try again"):
        ask("SELECT 1", seconds=0.1)
    assert ask("SELECT 1").rows.item() == 1  # waits until one is gone
    for runaway in runaways:
        runaway.join()


def test_with_its_doors_closed_the_process_itself_can_open_and_write_nothing(
    sample_store: Path, tmp_path: Path
) -> None:
    attempts = f"""
import os, socket, sys
from data.store.sandbox_child import close_doors, open_store
began = os.nice(0)
con = open_store({str(sample_store)!r}, 512)
kept = os.open({str(tmp_path / "kept")!r}, os.O_WRONLY | os.O_CREAT)
close_doors(60, 512)
for attempt in (lambda: open("/etc/passwd"), socket.socket, os.pipe, lambda: os.write(kept, b"x"),
                lambda: bytearray(2**30)):
    try:
        attempt()
    except (OSError, MemoryError) as error:
        print(type(error).__name__)
    else:
        print("done")
print(con.execute("SELECT count(*) > 0 FROM requests").fetchone()[0], os.nice(0) - began)
"""
    ran = python("-c", attempts, check=True)
    refusals = ["OSError"] * 4 + ["MemoryError"]
    assert ran.stdout.split() == [*refusals, "True", "9"]
