"""Stores of the past, against those of a sync that went no further."""

from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data import PastError
from data.ingest import past
from data.ingest.past import Place, ensure_past, folder_of, locate, read_moment
from data.sample import Simulation
from data.store.reader import open_reader, read_info, version
from scoring.inputs import read_inputs
from scoring.panel import is_panel_due
from tests.app import edited, of_network
from tests.log_lines import rows
from tests.past_steps import NOW, simulated, synced_to

# What says who made a store, and when.
MADE = "store_id, source, published_at, head_block"


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulated()


@pytest.fixture
def store(sample_store: Path, tmp_path: Path) -> Path:
    """The sample, with a folder of its own."""
    return Path(shutil.copyfile(sample_store, tmp_path / "store.duckdb"))


def place_of(store: Path, moment: str) -> Place:
    with open_reader(store) as con:
        return locate(con, read_moment(moment), NOW.date())


def at(store: Path, moment: str) -> Path:
    return ensure_past(store, place_of(store, moment), NOW).path


def contents(path: Path) -> dict[str, list[Any]]:
    """Every row of every table in the order they stand in, but for who made it; with every column's
    type and comment."""
    with open_reader(path) as con:
        names = [name for (name,) in rows(con, "SELECT name FROM (SHOW TABLES) ORDER BY name")]
        tables = {name: rows(con, f"FROM {name}") for name in names if name != "rebuilt"}
        tables["store_info"] = rows(con, f"SELECT * EXCLUDE ({MADE}) FROM store_info")
        tables["rebuilt"] = rows(con, "SELECT to_block, logs, logs_hash, program FROM rebuilt")
        tables["checks"] = rows(con, "SELECT * EXCLUDE message FROM checks")
        tables["columns"] = rows(
            con,
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
            "WHERE database_name = 'store' ORDER BY ALL",
        )
        return tables


@pytest.mark.parametrize(
    "moment",
    ["2022-03-15", "2023-01-31", "2024-03-01", "2024-12-24", "2025-02-27", "50000000", "a log's"],
)
def test_every_table_is_that_of_a_sync_up_to_that_block(
    store: Path, simulation: Simulation, tmp_path: Path, moment: str
) -> None:
    if moment == "a log's":
        with open_reader(store) as con:
            ((block,),) = rows(con, "SELECT block FROM raw_logs ORDER BY block OFFSET 9000 LIMIT 1")
        moment = str(block)
    place = place_of(store, moment)
    ours = contents(ensure_past(store, place, NOW).path)
    theirs = contents(synced_to(simulation, tmp_path / "cut.duckdb", place))
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert ours[name] == theirs[name], name
    assert len(ours["raw_logs"]) > 40
    assert all(block <= place.block for block, *_ in ours["raw_logs"])
    assert {status for _, status, *_ in ours["checks"]} <= {"passed", "unknown"}


def test_what_is_known_only_later_is_in_no_table(store: Path) -> None:
    place = place_of(store, "2024-03-01")
    with open_reader(at(store, "2024-03-01")) as con:
        assert rows(con, "SELECT max(block) FROM raw_logs")[0][0] <= place.block
        assert rows(con, "SELECT max(block) FROM pool_balances") == [(place.block,)]
        assert rows(con, "SELECT max(to_block) FROM coverage") == [(place.block,)]
        assert rows(con, "SELECT count(*) FROM contract_views") == [(0,)]
        latest = "greatest(requested_at, coalesce(paid_at, requested_at))"
        assert rows(con, f"SELECT max({latest}) FROM requests")[0][0] <= place.at
        info = read_info(con)
    assert (info.synced_block, info.synced_at) == (place.block, place.at)
    assert (info.head_block, info.synced_hash) == (None, None)


def test_the_newest_block_keeps_what_the_contract_said_there(store: Path) -> None:
    with open_reader(store) as con:
        newest = read_info(con).synced_block
        checks = rows(con, "FROM checks")
    with open_reader(at(store, str(newest))) as con:
        assert rows(con, "FROM checks") == checks


def test_evidence_of_a_real_chain_is_cut_at_the_block(store: Path) -> None:
    first, block = 31_200_000, place_of(store, "2024-03-01").block
    edited(
        store,
        store,
        of_network("fantom"),
        "DELETE FROM coverage",
        f"INSERT INTO coverage VALUES ('pool', {first}, 99772823, 'proved', ''), "
        f"('bond', {first}, 70000000, 'agreed', 'a, b'), ('bond', 70000001, 99772823, 'single', "
        f"'a'), ('sfc', {first}, 99772823, 'single', 'a'), ('times', {block + 1}, 99772823, "
        "'agreed', 'a, b')",
        "INSERT INTO contradictions VALUES (now(), 'a', 60000000, 'x', 1, TRUE, TRUE), "
        "(now(), 'b', 90000000, 'y', 1, FALSE, FALSE)",
        f"INSERT INTO searched_in_vain VALUES ({first}, 99772823, now(), 'a'), "
        f"({block + 1}, 99772823, now(), 'b')",
    )
    path = at(store, "2024-03-01")
    with open_reader(path) as con:
        assert rows(con, "FROM coverage ORDER BY ALL") == [
            ("bond", first, 70_000_000, "agreed", "a, b"),
            ("bond", 70_000_001, block, "single", "a"),
            ("pool", first, block, "proved", ""),
            ("sfc", first, block, "single", "a"),
        ]
        assert rows(con, "SELECT block, source FROM contradictions") == [(60_000_000, "a")]
        assert rows(con, "SELECT to_block, source FROM searched_in_vain") == [(block, "a")]
        statuses = dict(rows(con, "SELECT name, any_value(status) FROM checks GROUP BY name"))
        assert read_info(con).is_of_the_past
    assert "failed" not in statuses.values()
    assert statuses["no gaps"] == statuses["contradictions"] == "passed"
    unasked = [name for name in statuses if name.startswith("view ")] + ["money"]
    assert {statuses[name] for name in unasked} == {"unknown"}
    assert len(unasked) > 10


def test_no_forecast_is_logged_from_one(store: Path) -> None:
    lately = datetime.now(UTC) - timedelta(minutes=5)
    path = at(store, "2024-03-01")
    change = f"UPDATE store_info SET simulated = FALSE, synced_at = '{lately.isoformat()}'"
    assert is_panel_due(edited(store, store, change), datetime.now(UTC))
    assert not is_panel_due(edited(path, path, change), datetime.now(UTC))


def test_a_sync_that_only_adds_newer_blocks_keeps_what_was_built(store: Path) -> None:
    first = at(store, "2024-03-01")
    before = version(first)
    edited(
        store,
        store,
        "INSERT INTO raw_logs SELECT * REPLACE (block + 90000000 AS block) FROM raw_logs LIMIT 9",
        "INSERT INTO pool_balances VALUES (189000000, '2025-06-01', 7)",
        "UPDATE coverage SET to_block = 190000000",
        "UPDATE store_info SET synced_block = 190000000, synced_at = '2025-06-02', "
        "source = 'a node', published_at = now()",
    )
    assert at(store, "2024-03-01") == first
    assert version(first) == before


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM raw_logs WHERE block = (SELECT min(block) FROM raw_logs)",
        "UPDATE raw_logs SET data = data || '00' WHERE block = (SELECT min(block) FROM raw_logs)",
        "UPDATE pool_balances SET balance_wei = 1 WHERE sampled_at < '2023-01-01'",
        "UPDATE coverage SET known = 'agreed'",
        "UPDATE store_info SET network = 'fantom', simulated = FALSE",
    ],
)
def test_a_store_that_changed_below_the_block_is_built_anew(store: Path, change: str) -> None:
    first = at(store, "2024-03-01")
    edited(store, store, change)
    second = at(store, "2024-03-01")
    assert second != first
    with open_reader(second) as con, open_reader(store) as whole:
        block = place_of(store, "2024-03-01").block
        held = f"FROM raw_logs WHERE block <= {block} ORDER BY block, log_index"
        assert rows(con, held) == rows(whole, held)


def test_who_asks_at_once_builds_once(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, built = place_of(store, "2023-05-05"), []
    fill, go = past._fill, threading.Barrier(6)

    def counted(*arguments: Any) -> None:
        built.append(threading.current_thread())
        fill(*arguments)

    def ask(_: int) -> Path:
        go.wait()
        return ensure_past(store, place, NOW).path

    monkeypatch.setattr(past, "_fill", counted)
    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(ask, range(6)))) == 1
    assert len(built) == 1


def test_a_store_that_is_replaced_meanwhile_gives_what_its_own_logs_make(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, real = place_of(store, "2023-05-05"), past._built

    def replaced_first(*arguments: Any) -> Any:
        edited(store, store, "UPDATE coverage SET known = 'agreed'")
        return real(*arguments)

    monkeypatch.setattr(past, "_built", replaced_first)
    path = ensure_past(store, place, NOW).path
    with open_reader(path) as con:
        assert rows(con, "SELECT DISTINCT known FROM coverage") == [("agreed",)]
    assert at(store, "2023-05-05") == path


def test_what_was_used_longest_ago_goes_first(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST_KEPT", 3)
    built: dict[str, Path] = {}

    def use(moment: str, minutes: int) -> None:
        now = NOW + timedelta(minutes=minutes)
        built[moment] = ensure_past(store, place_of(store, moment), now).path

    for minutes, day in enumerate(("2022-05-01", "2022-05-02", "2022-05-03", "2022-05-01")):
        use(day, minutes)
    scores = built["2022-05-02"].with_name(built["2022-05-02"].name + ".scores")
    scores.touch()
    use("2022-05-04", 9)
    assert {day for day, path in built.items() if path.exists()} == {
        *("2022-05-01", "2022-05-03", "2022-05-04"),
    }
    assert not scores.exists()
    monkeypatch.setattr(past, "MOST_BYTES", 1)
    use("2022-05-05", 10)
    assert list(folder_of(store).glob("*.duckdb")) == [built["2022-05-05"]]


def test_what_an_ended_process_left_is_built_anew(store: Path) -> None:
    folder = folder_of(store)
    folder.mkdir()
    (folder / "part.duckdb").write_bytes(b"half of it")
    (folder / "part.duckdb.wal").write_bytes(b"and its log")
    assert at(store, "2022-05-01").exists()
    assert not list(folder.glob("part*"))


def test_nothing_is_left_where_it_cannot_be_built(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(past, "_fill", full)
    with pytest.raises(PastError, match="no space left"):
        at(store, "2022-05-01")
    assert not list(folder_of(store).glob("*.duckdb*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(store: Path) -> None:
    place = place_of(store, "2022-05-01")
    store.parent.chmod(0o555)
    try:
        with pytest.raises(PastError, match="cannot write"):
            ensure_past(store, place, NOW)
    finally:
        store.parent.chmod(0o755)


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        *((text, "neither a day") for text in ("foo", "", "-5", "2024-02-30", "2024-3-1", "1e3")),
        *((text, "neither a day") for text in ("9" * 19, "9" * 10_000, "٣", "1.5", "1__0")),
        ("9" * 11, "is not read yet"),
        ("2031-01-01", "not over yet"),
        ("2026-11-01", "not over yet"),
        ("2025-03-01", "not known whole"),
        ("2025-03-05", "not known whole"),
        ("2022-02-01", "before the first"),
        ("0", "before the first"),
        ("31218796", "before the first"),
        ("9999999999", "not read yet"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_reason(
    sample_store: Path, moment: str, why: str
) -> None:
    with pytest.raises(PastError, match=why):
        place_of(sample_store, moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-01", date(2024, 3, 1)),
        ("33123456", 33_123_456),
        ("33_123_456", 33_123_456),
        ("33,123,456", 33_123_456),
        (" 7 ", 7),
    ],
)
def test_days_and_blocks_are_read(text: str, moment: date | int) -> None:
    assert read_moment(text) == moment


def test_a_block_without_a_known_time_has_that_of_the_newest_before_it(sample_store: Path) -> None:
    place = place_of(sample_store, "2024-03-01")
    with open_reader(sample_store) as con:
        ((block, known_at, following),) = rows(
            con,
            "SELECT block, block_time, following FROM (SELECT *, lead(block) OVER (ORDER BY block) "
            "AS following FROM raw_logs) WHERE following > block + 1000 LIMIT 1",
        )
    assert following > block + 1
    assert place.is_exact
    assert place_of(sample_store, str(block)) == Place(block, known_at, True)
    assert place_of(sample_store, str(block + 1)) == Place(block + 1, known_at, False)


def test_a_store_without_times_has_no_past(store: Path) -> None:
    edited(store, store, "UPDATE store_info SET synced_at = NULL")
    with pytest.raises(PastError, match="knows no times"):
        place_of(store, "2024-03-01")


def test_the_odds_of_that_day_rest_on_what_a_sync_up_to_it_would_have(
    store: Path, simulation: Simulation, tmp_path: Path
) -> None:
    place = place_of(store, "2024-03-01")
    cut = synced_to(simulation, tmp_path / "cut.duckdb", place)
    with open_reader(at(store, "2024-03-01")) as one, open_reader(cut) as other:
        ours, theirs = read_inputs(one), read_inputs(other)
    assert (ours.as_of, ours.block, ours.released) == (theirs.as_of, theirs.block, theirs.released)
    assert ours.requests.equals(theirs.requests)
    assert ours.lock_ups.equals(theirs.lock_ups)
    for name, funding in ours.funding.items():
        assert funding.equals(theirs.funding[name])
