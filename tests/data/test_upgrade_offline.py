"""`python -m data.sync upgrade`: a store of an earlier version, no node asked and nothing lost."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest

from data import sync as sync_command
from data.config import ROOT, load_network
from data.ingest.upgraded import is_due, upgrade_store
from data.store.reader import SCHEMA_VERSION, open_reader
from data.store.sync_state import upgrade_share
from data.store.writer import lock, open_next, publish
from tests.first_version import AS_FIRST
from tests.processes import python
from tests.syncing import bytes_and_time, column, dicts, not_passed, tables

pytestmark = pytest.mark.node

NOW = datetime(2027, 1, 1, tzinfo=UTC)
# What no log tells: it is lost if it is not carried over.
KEPT = ("coverage", "contradictions", "searched_in_vain", "pool_balances", "contract_views")
_STOPS = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from data.ingest.upgraded import upgrade_store
from data.store.sync_state import write_upgrade
from data.store.writer import lock
store = Path(sys.argv[1])
def told(share):
    write_upgrade(store, share)
    if share == float(sys.argv[2]):
        print("stopped", flush=True)
        time.sleep(600)
with lock(store):
    upgrade_store(store, datetime.now(UTC), told)
"""


def changed(store: Path, *statements: str) -> Path:
    with duckdb.connect(store) as con:
        for statement in statements:
            con.execute(statement)
    return store


def upgrade(store: Path) -> int:
    return sync_command.main(["upgrade", "--store", str(store)])


def beside(store: Path) -> list[str]:
    return sorted(path.name for path in store.parent.glob(f"{store.name}*"))


def test_a_store_of_the_first_version_is_made_anew_from_its_own_logs(
    synced_store: Path, devnet_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = {name: dicts(synced_store, name) for name in ("pool_balances", "contract_views")}
    changed(synced_store, AS_FIRST)
    with open_reader(synced_store, oldest=1) as before:
        assert upgrade(synced_store) == 0
        # Who reads the old file goes on.
        assert before.execute("SELECT schema_version FROM store_info").fetchone() == (1,)
    assert "was brought up to date from its own logs" in capsys.readouterr().out
    assert column(synced_store, "SELECT schema_version FROM store_info") == [SCHEMA_VERSION]
    assert tables(synced_store) == tables(devnet_store)
    assert {name: dicts(synced_store, name) for name in kept} == kept
    # The contract's own words of then are still held against the tables.
    passed = "SELECT name FROM checks WHERE status = 'passed' AND name LIKE 'view %' ORDER BY 1"
    assert column(synced_store, passed) == column(devnet_store, passed)
    assert "failed" not in not_passed(synced_store).values()
    of_bond = "SELECT DISTINCT (known, source) FROM coverage WHERE filter = 'bond'"
    assert column(synced_store, of_bond) == [("single", "")]
    after = bytes_and_time(synced_store)
    assert upgrade(synced_store) == 0
    assert "is up to date" in capsys.readouterr().out
    assert bytes_and_time(synced_store) == after


def test_tables_of_an_older_program_are_made_anew_and_all_else_stays(
    synced_store: Path, devnet_store: Path
) -> None:
    assert not is_due(synced_store)
    changed(
        synced_store,
        "INSERT INTO contradictions VALUES (now(), 'a.example', 5, 'a log less', 1, TRUE, FALSE)",
        "INSERT INTO searched_in_vain VALUES (1, 9, now(), 'b.example')",
    )
    kept = {name: dicts(synced_store, name) for name in (*KEPT, "money", "store_info")}
    changed(
        synced_store,
        "UPDATE rebuilt SET program = 'an older one'",
        "UPDATE requests SET payout_wei = 1",
        "ALTER TABLE payouts DROP COLUMN manual",
        "DROP TABLE ratios",
        "CREATE TABLE of_no_use_now AS SELECT 1 AS number",
    )
    assert is_due(synced_store)
    assert upgrade(synced_store) == 0
    assert not is_due(synced_store)
    assert tables(synced_store) == tables(devnet_store)
    published = kept["store_info"][0].pop("published_at")
    now = {name: dicts(synced_store, name) for name in kept}
    assert now["store_info"][0].pop("published_at") > published
    assert now == kept
    with open_reader(synced_store) as con, pytest.raises(duckdb.CatalogException):
        con.execute("FROM of_no_use_now")


@pytest.mark.parametrize(("version", "unknown"), [(2, ("hourly_flows", "waits")), (3, ("waits",))])
def test_a_store_of_an_earlier_version_gets_what_sums_up_others(
    synced_store: Path, devnet_store: Path, version: int, unknown: tuple[str, ...]
) -> None:
    kept = {name: dicts(synced_store, name) for name in KEPT}
    changed(
        synced_store,
        *(f"DROP TABLE {name}" for name in unknown),
        "UPDATE rebuilt SET program = 'an older one'",
        f"UPDATE store_info SET schema_version = {version}",
    )
    assert is_due(synced_store)
    assert upgrade(synced_store) == 0
    assert tables(synced_store) == tables(devnet_store)
    assert {name: dicts(synced_store, name) for name in kept} == kept


def test_a_store_without_the_note_of_its_program_is_due(synced_store: Path) -> None:
    assert is_due(changed(synced_store, "DELETE FROM rebuilt"))
    assert is_due(changed(synced_store, "DROP TABLE rebuilt"))
    assert upgrade(synced_store) == 0
    assert not is_due(synced_store)


def test_what_the_contract_did_not_say_at_the_end_is_unknown_and_stays(
    synced_store: Path,
) -> None:
    changed(synced_store, AS_FIRST, "UPDATE contract_views SET block = 1 WHERE view = 'stubCount'")
    views = dicts_of_old(synced_store, "contract_views")
    assert upgrade(synced_store) == 0
    assert dicts(synced_store, "contract_views") == views
    assert not_passed(synced_store)["view stubCount"] == "unknown"


def dicts_of_old(store: Path, table: str) -> list[dict[str, object]]:
    with open_reader(store, oldest=1) as con:
        cursor = con.execute(f"FROM {table}")
        names = [name for name, *_ in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize("share", ["0.0", "0.05", "0.85"])
def test_one_that_is_killed_leaves_the_store_as_it_was_and_is_begun_anew(
    share: str, synced_store: Path, devnet_store: Path
) -> None:
    changed(synced_store, AS_FIRST)
    before, files = bytes_and_time(synced_store), beside(synced_store)
    command = [sys.executable, "-c", _STOPS, str(synced_store), share]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stopped\n"
        assert upgrade_share(synced_store) == float(share)
        assert upgrade(synced_store) == 3
        process.kill()
    assert upgrade_share(synced_store) is None
    assert bytes_and_time(synced_store) == before
    assert upgrade(synced_store) == 0
    assert tables(synced_store) == tables(devnet_store)
    assert set(beside(synced_store)) <= {*files, f"{synced_store.name}.lock"}


def test_what_a_stopped_sync_landed_is_gone_on_with(synced_store: Path) -> None:
    changed(synced_store, AS_FIRST)
    devnet = load_network("devnet")
    with lock(synced_store), open_next(synced_store, devnet) as con:
        con.execute("INSERT INTO pool_balances VALUES (7, '2026-01-01', 7)")
    assert upgrade(synced_store) == 0
    of_seven = "SELECT balance_wei FROM pool_balances WHERE block = 7"
    assert column(synced_store, of_seven) == []
    with lock(synced_store):
        with open_next(synced_store, devnet):
            pass
        publish(synced_store)
    assert column(synced_store, of_seven) == [7]


def test_many_logs_tell_how_far_they_are(
    synced_store: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.appended._SLICE", 100)
    shares: list[float] = []
    with lock(changed(synced_store, AS_FIRST)):
        upgrade_store(synced_store, NOW, shares.append)
    assert shares == sorted(shares)
    assert len(set(shares)) > 4
    assert tables(synced_store) == tables(devnet_store)


def test_a_store_that_is_of_no_use_says_what_to_do(
    synced_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(synced_store, "UPDATE store_info SET schema_version = 99")
    before = bytes_and_time(synced_store)
    assert upgrade(synced_store) == 1
    assert f"has schema 99, this version reads schema {SCHEMA_VERSION}: update the program" in (
        capsys.readouterr().err
    )
    assert bytes_and_time(synced_store) == before
    assert upgrade(tmp_path / "none.duckdb") == 1
    assert "no store at" in capsys.readouterr().err
    assert not list(tmp_path.glob("none*"))
    assert sync_command.main(["upgrade", "--network", "opera"]) == 2
    assert "no network 'opera': there are" in capsys.readouterr().err


@pytest.mark.parametrize("more_bytes", [-1_000_000, 100_000])
def test_where_there_is_no_room_for_both_the_store_stays(
    more_bytes: int, synced_store: Path
) -> None:
    """Neither for the copy, nor for what the tables made anew take."""
    changed(synced_store, AS_FIRST)
    before, files = bytes_and_time(synced_store), beside(synced_store)
    most = synced_store.stat().st_size + more_bytes
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most))
    told = python("-m", "data.sync", "upgrade", "--store", synced_store, preexec_fn=limit)
    assert told.returncode == 1
    assert told.stderr.startswith(f"data.sync: no space left to write {synced_store}: free some")
    assert bytes_and_time(synced_store) == before
    assert set(beside(synced_store)) <= {*files, f"{synced_store.name}.lock"}
