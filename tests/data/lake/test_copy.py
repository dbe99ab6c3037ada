"""The copy of a lake that an app reads: a look costs one question, and what came is then pulled."""

from __future__ import annotations

from pathlib import Path

import pytest

from data import StoreError
from data.config import copy_of
from data.fetch import main
from data.lake.address import LakeAddress, parse_lake
from data.lake.copy import LakeCopy
from data.lake.push import push
from lakeside.postgres import Postgres
from tests.lake_steps import NOW, History, contents
from tests.log_lines import FANTOM

pytestmark = pytest.mark.node


def nobody(done: int, of: int) -> None:
    """Nobody looks how far it is."""


@pytest.fixture
def copy(lake: LakeAddress, tmp_path: Path) -> LakeCopy:
    return LakeCopy(lake, "fantom", tmp_path / "copy.duckdb")


def test_there_is_news_once_after_each_push(
    lake: LakeAddress, copy: LakeCopy, history: History, tmp_path: Path
) -> None:
    store = tmp_path / "mine.duckdb"
    told: list[tuple[int, int]] = []
    for part in (0, 1):
        push(history.store(store, part), lake, FANTOM, NOW)
        assert copy.is_news()
        copy.fetch(lambda done, of: told.append((done, of)))
        if part == 0:  # what changed since is not counted
            assert told == sorted(told)
            assert told[-1][0] == told[-1][1] > 500
        assert not copy.is_news()
        assert contents(copy.path) == contents(store)


def test_a_copy_that_was_taken_away_is_news(
    lake: LakeAddress, copy: LakeCopy, history: History, tmp_path: Path
) -> None:
    push(history.store(tmp_path / "mine.duckdb", 0), lake, FANTOM, NOW)
    assert copy.is_news()
    copy.fetch(nobody)
    copy.path.unlink()
    assert copy.is_news()
    copy.fetch(nobody)
    assert copy.path.exists()


def test_a_catalog_that_went_and_came_back_is_asked_again(
    catalog_server: Postgres,
    lake: LakeAddress,
    copy: LakeCopy,
    history: History,
    tmp_path: Path,
) -> None:
    push(history.store(tmp_path / "mine.duckdb", 0), lake, FANTOM, NOW)
    assert copy.is_news()
    copy.fetch(nobody)
    catalog_server.kill()
    for act in (copy.is_news, lambda: copy.fetch(nobody)):
        with pytest.raises(StoreError, match="cannot be reached: see that PostgreSQL runs there"):
            act()
    catalog_server.start()
    assert not copy.is_news()


def test_many_looks_are_one_connection_that_rests_between_them(
    catalog_server: Postgres, lake: LakeAddress, copy: LakeCopy
) -> None:
    for _ in range(20):
        copy.is_news()
    asked = f"FROM pg_stat_activity WHERE datname = '{lake.words['dbname']}'"
    assert catalog_server.tell(f"SELECT state, xact_start {asked}") == "idle|"


def test_a_role_that_may_only_read_is_enough(
    catalog_server: Postgres,
    lake: LakeAddress,
    history: History,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = tmp_path / "mine.duckdb"
    push(history.store(store, 0), lake, FANTOM, NOW)
    catalog_server.tell("CREATE ROLE reader LOGIN PASSWORD 'of the reader'")
    catalog_server.tell("GRANT pg_read_all_data TO reader")
    reader = parse_lake(f"ducklake:postgres:{lake.catalog.replace('user=ftm', 'user=reader')}")
    copy = LakeCopy(reader, "fantom", tmp_path / "copy.duckdb")
    for part in (1, 2):  # tables that were not there when it was granted
        push(history.store(store, part), lake, FANTOM, NOW)
        with monkeypatch.context() as patch:
            patch.setenv("PGPASSWORD", "of the reader")
            assert copy.is_news()
            copy.fetch(nobody)
        assert contents(copy.path) == contents(store)
    monkeypatch.setenv("PGPASSWORD", "of the reader")
    with pytest.raises(StoreError, match="refuses this user"):
        push(store, reader, FANTOM, NOW, whole=True)


def test_where_there_is_no_lake_that_is_said(no_lake: LakeAddress, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no lake at .*: create it with"):
        LakeCopy(no_lake, "fantom", tmp_path / "copy.duckdb").is_news()


def test_the_command_brings_the_copy_of_the_address_that_the_environment_names(
    lake: LakeAddress,
    history: History,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = f"ducklake:postgres:{lake.catalog}"
    monkeypatch.setattr("data.config.VAR", tmp_path)
    monkeypatch.setenv("FTM_STORE", address)
    monkeypatch.setenv("FTM_NETWORK", "fantom")
    assert main([]) == 1
    assert "holds no fantom: bring it there" in capsys.readouterr().err
    push(history.store(tmp_path / "mine.duckdb", 0), lake, FANTOM, NOW)
    assert main([]) == 0
    assert f"{copy_of(address, 'fantom')} is the newest" in capsys.readouterr().out
    assert contents(copy_of(address, "fantom")) == contents(tmp_path / "mine.duckdb")
