"""What goes wrong under a lake, with real servers and real processes: it is told in a sentence that
says what to do, nothing is lost, nothing stands there twice, and the same command heals it."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from data import StoreError
from data.config import ROOT
from data.lake.address import LakeAddress, parse_lake
from data.lake.connection import attach
from data.lake.create import create_lake
from data.lake.pull import pull
from data.lake.push import push
from data.lake.tables import Content
from data.lake.upkeep import check
from lakeside.objects import BUCKET, ObjectStore
from lakeside.postgres import Postgres
from tests.lake_steps import NOW, OF_A_SYNC, History, contents, told_by_logs
from tests.log_lines import FANTOM
from tests.proxies import catalog_proxy, object_proxy

pytestmark = pytest.mark.node

PUSH = """
import sys
from pathlib import Path
from data import TrackerError
from data.lake.address import parse_lake
from data.lake.push import push
from tests.lake_steps import NOW
from tests.log_lines import FANTOM
try:
    print(push(Path(sys.argv[1]), parse_lake(sys.argv[2]), FANTOM, NOW))
except TrackerError as error:
    sys.exit(str(error))
"""
# What a commit waits for, so that it can be met in its midst.
LINGER = """
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER lingers AFTER INSERT ON {table} {when}
FOR EACH ROW EXECUTE FUNCTION linger();
"""
REFUSALS = {
    (403, "AccessDenied"): "storage of .* refuses this program",
    (507, "XMinioStorageFull"): "no space left where",
    (500, "InternalError"): "cannot be reached or does not answer as it should",
}
MID_COMMIT = ("ducklake_snapshot", "DEFERRABLE INITIALLY DEFERRED")
MID_WRITE = ("ducklake_data_file", "NOT DEFERRABLE")


def keep_no_row_in_the_catalog(lake: LakeAddress) -> None:
    """Also small pushes then write files."""
    with attach(lake) as con:
        con.execute("CALL lake.set_option('data_inlining_row_limit', 0)")


@pytest.fixture
def rows(lake: LakeAddress, tmp_path: Path) -> Path:
    """Where the files of `lake` lie, which then has them for small pushes too."""
    keep_no_row_in_the_catalog(lake)
    return tmp_path / "rows"


@pytest.fixture(scope="module")
def first(history: History, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one sync of the first part makes."""
    return history.store(tmp_path_factory.mktemp("first") / "first.duckdb", 0)


@pytest.fixture(scope="module")
def alone(history: History, first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What another of the next part makes of that."""
    path = tmp_path_factory.mktemp("alone") / "alone.duckdb"
    shutil.copyfile(first, path)
    return history.store(path, 1)


@pytest.fixture
def store(lake: LakeAddress, first: Path, alone: Path, tmp_path: Path) -> Path:
    """A store whose first part is in the lake, and whose second is not."""
    return begun(lake, first, alone, tmp_path / "mine.duckdb")


def begun(lake: LakeAddress, first: Path, alone: Path, path: Path) -> Path:
    shutil.copyfile(first, path)
    push(path, lake, FANTOM, NOW)
    following = path.with_suffix(".next")
    shutil.copyfile(alone, following)
    return following.replace(path)


def pushing(store: Path, lake: LakeAddress) -> subprocess.Popen[str]:
    """A push by a process of its own."""
    command = [sys.executable, "-c", PUSH, str(store), f"ducklake:postgres:{lake.catalog}"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, **pipes)


def held(lake: LakeAddress) -> dict[str, Content]:
    """What each table of the lake holds, read anew; it is what was pushed."""
    tables = check(lake, "fantom")
    assert all(each.same for each in tables), tables
    return {each.name: each.held for each in tables}


def by_logs(tables: dict[str, Content]) -> dict[str, Content]:
    return {name: each for name, each in tables.items() if name not in OF_A_SYNC}


def heals(lake: LakeAddress, store: Path, alone: Path) -> None:
    """The next push ends in what one sync would have made, and the one after finds nothing new."""
    push(store, lake, FANTOM, NOW)
    assert by_logs(held(lake)) == told_by_logs(alone)
    assert push(store, lake, FANTOM, NOW).rows == 0


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def database(lake: LakeAddress) -> str:
    return lake.words["dbname"]


def linger(server: Postgres, lake: LakeAddress, at: tuple[str, str], seconds: int) -> None:
    table, when = at
    server.tell(LINGER.format(table=table, when=when, seconds=seconds), database(lake))


def is_lingering(server: Postgres, lake: LakeAddress) -> bool:
    asked = f"FROM pg_stat_activity WHERE datname = '{database(lake)}' AND wait_event = 'PgSleep'"
    return server.tell(f"SELECT count(*) {asked}") == "1"


def unlinger(server: Postgres, lake: LakeAddress) -> None:
    server.tell("DROP FUNCTION linger CASCADE", database(lake))


# The catalog


@pytest.mark.parametrize("at", [MID_COMMIT, MID_WRITE], ids=["commit", "write"])
def test_a_catalog_killed_in_the_midst_loses_the_push_and_nothing_else(
    catalog_server: Postgres,
    lake: LakeAddress,
    rows: Path,
    store: Path,
    alone: Path,
    at: tuple[str, str],
) -> None:
    before = held(lake)
    linger(catalog_server, lake, at, seconds=60)
    with pushing(store, lake) as process:
        until(lambda: is_lingering(catalog_server, lake))
        catalog_server.kill()
        catalog_server.start()
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be reached: see that PostgreSQL runs there" in told
    assert catalog_server.password not in told
    unlinger(catalog_server, lake)
    assert held(lake) == before
    heals(lake, store, alone)


def test_a_push_killed_in_mid_commit_is_in_the_lake_whole(
    catalog_server: Postgres, lake: LakeAddress, store: Path, alone: Path
) -> None:
    linger(catalog_server, lake, MID_COMMIT, seconds=2)
    with pushing(store, lake) as process:
        until(lambda: is_lingering(catalog_server, lake))
        process.send_signal(signal.SIGKILL)
    until(lambda: not is_lingering(catalog_server, lake))
    unlinger(catalog_server, lake)
    assert by_logs(held(lake)) == told_by_logs(alone)
    heals(lake, store, alone)


def test_a_commit_whose_answer_is_lost_is_found_and_not_repeated(
    catalog_server: Postgres, lake: LakeAddress, store: Path, alone: Path
) -> None:
    with catalog_proxy(catalog_server.port) as proxy:
        port = f"port={catalog_server.port}"
        assert port in lake.catalog
        through = parse_lake(
            f"ducklake:postgres:{lake.catalog.replace(port, f'port={proxy.port}')}"
        )
        proxy.lossy = True
        push(store, through, FANTOM, NOW)
        assert proxy.lost == 1
    assert by_logs(held(lake)) == told_by_logs(alone)
    assert push(store, lake, FANTOM, NOW).rows == 0


def test_two_processes_that_push_at_once_lose_and_double_nothing(
    lake: LakeAddress, store: Path, first: Path, alone: Path, history: History, tmp_path: Path
) -> None:
    other, expected = tmp_path / "other.duckdb", tmp_path / "expected.duckdb"
    for begun_from, path in ((first, other), (alone, expected)):
        shutil.copyfile(begun_from, path)
        history.store(path, 2)
    both = [pushing(each, lake) for each in (store, other)]
    for process in both:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
    assert by_logs(held(lake)) == told_by_logs(expected)


# The files


@pytest.fixture
def objects_lake(
    no_lake: LakeAddress, object_server: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> LakeAddress:
    """An empty lake with its rows in S3."""
    for name, told in object_server.environment.items():
        monkeypatch.setenv(name, told)
    create_lake(no_lake, f"s3://{BUCKET}/{database(no_lake)}")
    keep_no_row_in_the_catalog(no_lake)
    return no_lake


def test_storage_that_takes_nothing_leaves_the_lake_as_it_was(
    objects_lake: LakeAddress,
    object_server: ObjectStore,
    first: Path,
    alone: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = begun(objects_lake, first, alone, tmp_path / "mine.duckdb")
    before = held(objects_lake)
    with object_proxy(object_server.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_port}")
        for refusal, told in REFUSALS.items():
            proxy.refusal = refusal
            with pytest.raises(StoreError, match=told) as refused:
                push(store, objects_lake, FANTOM, NOW)
            assert object_server.secret not in str(refused.value)
        proxy.refusal = None
        assert held(objects_lake) == before
        heals(objects_lake, store, alone)


def test_a_full_disk_leaves_the_lake_as_it_was(
    lake: LakeAddress, rows: Path, store: Path, alone: Path
) -> None:
    before = held(lake)
    most = (20_000, resource.RLIM_INFINITY)  # no file larger than this
    with pushing(store, lake) as process:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, most)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "no space left where" in told
    assert held(lake) == before
    heals(lake, store, alone)


def half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def flipped(file: Path) -> None:
    """One bit of its rows is another."""
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0x10
    file.write_bytes(data)


def test_a_damaged_file_is_never_taken_for_data_and_a_whole_push_mends_it(
    lake: LakeAddress, rows: Path, store: Path, alone: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.duckdb"
    pull(lake, "fantom", copy)
    before = contents(copy)
    push(store, lake, FANTOM, NOW)
    for damage in (half, flipped, Path.unlink):
        files = rows.rglob("raw_logs/*.parquet")
        damage(max(files, key=lambda file: file.stat().st_mtime_ns))
        with pytest.raises(StoreError, match=r"damaged|is not what was pushed") as told:
            pull(lake, "fantom", copy)
        assert "--whole" in str(told.value)
        assert contents(copy) == before
        push(store, lake, FANTOM, NOW, whole=True)
        assert by_logs(held(lake)) == told_by_logs(alone)
    assert pull(lake, "fantom", copy)
    assert told_by_logs(copy) == told_by_logs(alone)
