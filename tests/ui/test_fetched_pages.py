"""Pages of a store that lies elsewhere: the very same as of a file, and what they say while it
comes or cannot be had."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from answers.sources import read_sources
from data.config import copy_of, load_network
from data.lake.address import parse_lake
from data.lake.create import create_lake
from data.lake.pull import pull
from data.lake.push import push
from data.store.fetch_state import FetchState, write_state
from lakeside.postgres import Postgres
from tests.app import edited, of_network
from tests.shown import opened, plain, said, tiles

ADDRESS = "ducklake:postgres:dbname=ftm host=catalog.internal user=ftm"
FAULT = "the catalog of ducklake:postgres:host=catalog.internal cannot be reached: see that it runs"
PAGES = ["queue", "waits", "unstake", "track", "outlook", "explore", "status"]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: pytest.MonkeyPatch) -> Path:
    """Where the copy of a lake's sample is to lie, of which there is none yet."""
    monkeypatch.setattr("data.config.VAR", tmp_path)
    environment.setenv("FTM_STORE", ADDRESS)
    environment.setenv("FTM_NETWORK", "sample")
    place = copy_of(ADDRESS, "sample")
    place.parent.mkdir()
    return place


def test_a_first_visitor_is_told_how_much_is_there(copy: Path) -> None:
    write_state(copy, FetchState(done=1, of=4))
    page = opened()
    assert [each.value for each in page.title] == ["The data is being fetched"]
    assert not page.exception
    assert "25 % is here" in str(page.get("progress")[0].proto)


def test_a_first_visitor_is_told_why_it_does_not_come(copy: Path) -> None:
    write_state(copy, FetchState(fault=FAULT, since_s=time.time() - 300))
    page = opened()
    assert "cannot be fetched since" in said(page)
    assert "(5 min)" in said(page)
    assert "catalog.internal cannot be reached: see that it runs" in plain(page)


def test_what_was_fetched_before_is_shown_with_a_notice(copy: Path, sample_store: Path) -> None:
    copy.symlink_to(sample_store)
    assert "Nothing newer" not in said(opened())
    write_state(copy, FetchState(fault=FAULT, since_s=time.time() - 7_200))
    page = opened()
    assert "Nothing newer can be had since" in said(page)
    assert "(2 h)" in said(page)
    assert tiles(page)
    assert "catalog.internal cannot be reached" in plain(page)


def test_strangers_read_no_host_and_write_none_into_the_log(
    copy: Path,
    sample_store: Path,
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    environment.setenv("FTM_PUBLIC", "on")
    write_state(copy, FetchState(fault=FAULT, since_s=time.time()))
    page = opened()
    assert "cannot be fetched since" in said(page)
    assert "catalog" not in plain(page)
    copy.symlink_to(sample_store)
    page = opened()
    assert "Nothing newer can be had since" in said(page)
    assert "catalog" not in plain(page)
    assert "catalog" not in caplog.text


def test_an_address_that_is_none_is_told_in_a_sentence(
    copy: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_STORE", "ducklake:mysql:secret")
    page = opened()
    assert "this is no address of a lake" in plain(page)
    assert "secret" not in plain(page)


def test_nobody_syncs_into_a_copy(
    copy: Path, sample_store: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_NETWORK", "fantom")
    single = "UPDATE coverage SET known = 'single'"
    edited(sample_store, copy_of(ADDRESS, "fantom"), of_network("fantom"), single)
    page = opened("status")
    assert "This store is fetched from where it is synced" in said(page)
    assert not any(each.label == "Sync now" for each in page.button)
    assert not any("data.sync" in each.value for each in page.code)


def shown(page: AppTest) -> list[str]:
    """All that stands on a page, its tables with every row."""
    assert not page.exception
    texts = [f"{each.type} {each.value}" for each in page.main if hasattr(each, "value")]
    return [said(page), repr(tiles(page)), *texts]


@pytest.fixture(scope="module")
def pulled(
    catalog_server: Postgres, sample_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The sample, as it comes back from a lake."""
    folder = tmp_path_factory.mktemp("pulled")
    with pytest.MonkeyPatch.context() as patch:
        for name, told in catalog_server.environment.items():
            patch.setenv(name, told)
        lake = parse_lake(f"ducklake:postgres:{catalog_server.make_database('pages')}")
        create_lake(lake, str(folder / "rows"))
        push(sample_store, lake, load_network("sample"), datetime(2026, 1, 1, tzinfo=UTC))
        assert pull(lake, "sample", folder / "pulled.duckdb")
    return folder / "pulled.duckdb"


@pytest.mark.node
@pytest.mark.parametrize("page", PAGES)
def test_no_page_knows_where_its_store_came_from(
    page: str, copy: Path, pulled: Path, sample_store: Path, environment: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(pulled, copy)
    of_lake = shown(opened(page))
    read_sources.cache_clear()
    environment.setenv("FTM_STORE", str(copy))
    copy.unlink()
    shutil.copyfile(sample_store, copy)
    assert shown(opened(page)) == of_lake
