"""A client of the routes for programs, on stores that a test may change and let grow."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette

from api import calendars, feeds
from data.ingest.from_file import sync_file
from data.store.writer import lock
from tests.app import edited
from tests.log_lines import FANTOM, FIRST_BLOCK, Story, write_logs

with warnings.catch_warnings():  # it would rather have another client below it
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

Client = Callable[..., TestClient]


def asking() -> TestClient:
    routes = [*feeds.ROUTES, *calendars.ROUTES]
    return TestClient(Starlette(routes=routes), base_url="http://queue.example")


@pytest.fixture
def client(sample_store: Path, tmp_path: Path, environment: pytest.MonkeyPatch) -> Client:
    """`client("DELETE ...")` asks of a changed copy of the sample, published anew each time, as of
    the network `sample`."""

    def on(*statements: str) -> TestClient:
        path = edited(sample_store, tmp_path / "served.duckdb", *statements)
        environment.setenv("FTM_STORE", str(path))
        environment.setenv("FTM_NETWORK", "sample")
        return asking()

    return on


@pytest.fixture
def growing(tmp_path: Path, environment: pytest.MonkeyPatch) -> Callable[[Story, datetime], Path]:
    """`growing(story, now)` syncs all logs of a story into one store of the real chain, which is
    published at `now`."""
    path = tmp_path / "fantom.duckdb"
    environment.setenv("FTM_STORE", str(path))
    environment.setenv("FTM_NETWORK", "fantom")

    def sync(story: Story, now: datetime) -> Path:
        logs = write_logs(tmp_path / "logs.ndjson", story.logs)
        with lock(path):
            sync_file(FANTOM, path, [logs], now, FIRST_BLOCK, story.block)
        return path

    return sync
