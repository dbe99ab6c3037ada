"""A real server that is started on a store of an earlier version: it brings it up by itself."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import duckdb
import pytest

from data.store.reader import SCHEMA_VERSION
from data.store.sync_state import upgrade_share
from tests.app import edited, of_network, planted, served
from tests.first_version import AS_FIRST, wait_for_go

pytestmark = pytest.mark.node


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


def queue(url: str) -> tuple[int, str | None, dict[str, object]]:
    """The status of the API's answer, when to ask again, and what it says."""
    try:
        with urllib.request.urlopen(f"{url}/api/v1/queue?network=fantom") as answer:
            return answer.status, None, json.load(answer)
    except HTTPError as error:
        return error.code, error.headers["Retry-After"], json.load(error)


def schema_of(store: Path) -> tuple[object, ...] | None:
    with duckdb.connect(store, read_only=True) as con:
        return con.execute("SELECT schema_version, published_at FROM store_info").fetchone()


def test_two_servers_on_one_old_store_bring_it_up_once_and_answer_then(
    sample_store: Path, app_tree: Path, tmp_path: Path
) -> None:
    store = edited(sample_store, tmp_path / "fantom.duckdb", of_network("fantom"), AS_FIRST)
    other_tree = planted(tmp_path / "other")
    for tree in (app_tree, other_tree):
        wait_for_go(tree)
    with (
        served(app_tree, FTM_STORE=str(store), FTM_SCORING="on") as one,
        served(other_tree, FTM_STORE=str(store)) as other,
    ):
        assert until(lambda: upgrade_share(store) == 0.05)
        for app in (one, other):
            status, again, document = queue(app.url)
            assert (status, again) == (503, "5")
            assert str(document["type"]).endswith("#older-store")
            (app.root / "go").touch()
        assert until(lambda: queue(one.url)[0] == queue(other.url)[0] == 200)
        first = schema_of(store)
        assert first is not None
        assert first[0] == SCHEMA_VERSION
        # It is scored once it can be read, though it could not be at the start.
        assert until(store.with_name(f"{store.name}.scores").exists)
        assert schema_of(store) == first  # the second has found it up to date
    assert not list(store.parent.glob(f"{store.name}.up*"))
    for tree in (app_tree, other_tree):
        assert "could not be" not in (tree / "server.log").read_text()


def test_a_server_that_ends_leaves_the_store_as_it_was(sample_store: Path, app_tree: Path) -> None:
    store = edited(sample_store, app_tree / "var" / "fantom.duckdb", of_network("fantom"), AS_FIRST)
    wait_for_go(app_tree)
    before = store.read_bytes()
    with served(app_tree):
        assert until(lambda: upgrade_share(store) == 0.05)
    assert upgrade_share(store) is None
    assert store.read_bytes() == before
    assert not list(store.parent.glob(f"{store.name}.up*"))
