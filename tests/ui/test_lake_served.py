"""Two servers of one machine on a lake: they show what somebody else pushes, ask the catalog once
for both, and go on while it is gone."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.lake.address import LakeAddress, parse_lake
from data.lake.create import create_lake
from data.lake.push import push
from lakeside.objects import BUCKET, ObjectStore
from lakeside.postgres import Postgres
from tests.app import App, planted, rewrite, served
from tests.lake_steps import NOW, History, contents, history_of
from tests.log_lines import FANTOM

pytestmark = pytest.mark.node


@dataclass
class Lakeside:
    """A lake, its catalog, a history of which `pushed` parts are in it, and two servers on it."""

    address: LakeAddress
    catalog: Postgres
    history: History
    store: Path
    servers: tuple[App, App]
    pushed: int = 0

    def push_next(self) -> None:
        self.history.store(self.store, self.pushed)
        push(self.store, self.address, FANTOM, NOW)
        self.pushed += 1

    def until_served(self, *servers: App) -> None:
        """Returns once these servers show the newest part."""
        block = self.history.spans[self.pushed - 1][1]
        for server in servers or self.servers:
            until(lambda server=server: answer(server)["about"]["block"] == block, server)


def answer(server: App) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{server.url}/api/v1/queue", timeout=60) as told:
            return json.load(told)
    except urllib.error.HTTPError as error:
        with error:
            return {"about": {"block": None}, "status": error.code}


def until(holds: Callable[[], bool], server: App) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, (server.root / "server.log").read_text()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def lakeside(
    catalog_server: Postgres,
    object_server: ObjectStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lakeside]:
    folder = tmp_path_factory.mktemp("lakeside")
    secrets = catalog_server.environment | object_server.environment
    words = catalog_server.make_database("served")
    address = parse_lake(f"ducklake:postgres:{words}")
    # The same machine: two trees with one var/ between them.
    trees = planted(folder / "one"), planted(folder / "other")
    (trees[0] / "var").mkdir()
    (trees[1] / "var").symlink_to(trees[0] / "var")
    for tree in trees:
        rewrite(tree / "data" / "fetch.py", "LOOKED_EVERY_S = 3.0", "LOOKED_EVERY_S = 0.5")
    store = f"ducklake:postgres:{words}"
    with pytest.MonkeyPatch.context() as patch, ExitStack() as running:
        for name, told in secrets.items():
            patch.setenv(name, told)
        create_lake(address, f"s3://{BUCKET}/served")
        servers = [
            running.enter_context(served(tree, FTM_STORE=store, FTM_NETWORK="fantom"))
            for tree in trees
        ]
        history = history_of(folder, datetime(2024, 6, 1, tzinfo=UTC))
        made = Lakeside(address, catalog_server, history, folder / "mine.duckdb", tuple(servers))
        assert answer(servers[0])["status"] == 503
        made.push_next()
        made.until_served()
        yield made


def copy_of_store(server: App) -> Path:
    (copy,) = (server.root / "var" / "fetched").glob("*.duckdb")
    return copy


def test_both_show_what_another_process_pushes_as_its_own_store_has_it(lakeside: Lakeside) -> None:
    lakeside.push_next()
    lakeside.until_served()
    one, other = map(answer, lakeside.servers)
    assert one["data"] == other["data"]
    assert contents(copy_of_store(lakeside.servers[0])) == contents(lakeside.store)


def test_one_connection_asks_the_catalog_for_both(lakeside: Lakeside) -> None:
    lakeside.until_served()
    counted = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'served'"
    # A pull has more for as long as it lasts.
    until(lambda: lakeside.catalog.tell(counted) == "1", lakeside.servers[0])


def test_while_the_catalog_is_gone_they_serve_what_they_had_and_log_it_once(
    lakeside: Lakeside,
) -> None:
    lakeside.until_served()
    log = lakeside.servers[0].root / "server.log"
    before = log.read_text()

    def told() -> str:
        return log.read_text().removeprefix(before)

    lakeside.catalog.kill()
    until(lambda: "cannot be reached" in told(), lakeside.servers[0])
    time.sleep(2)  # it was asked again
    for server in lakeside.servers:
        assert answer(server)["about"]["block"] == lakeside.history.spans[lakeside.pushed - 1][1]
    lakeside.catalog.start()
    until(lambda: "can be fetched again" in told(), lakeside.servers[0])
    assert told().count("cannot be reached") == told().count("can be fetched again") == 1
    lakeside.push_next()
    lakeside.until_served()


def test_the_second_takes_over_where_the_first_is_killed(lakeside: Lakeside) -> None:
    first, second = lakeside.servers
    os.kill(first.pid, signal.SIGKILL)
    lakeside.push_next()
    lakeside.until_served(second)
    assert contents(copy_of_store(second)) == contents(lakeside.store)
