"""Programs' routes on a copy of the sample, and on stores that a test lets grow."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from api import app, calendars, feeds, files, limits
from data.ingest.from_file import sync_file
from data.store.writer import lock
from scoring.companion import companion_of
from tests.app import edited
from tests.log_lines import FANTOM, FIRST_BLOCK, Story, write_logs

with warnings.catch_warnings():  # it would rather have another client below it
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

Ask = Callable[..., httpx.Response]


def server() -> Starlette:
    """The API as the server mounts it."""
    return Starlette(
        routes=[Mount(app.PATH, app.create())], middleware=[Middleware(limits.per_client)]
    )


@pytest.fixture(autouse=True)
def _settings_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are read anew for each answer: a test changes them, and waits for no second."""
    monkeypatch.setattr("api.served._FRESH", timedelta(0))


@pytest.fixture(scope="session")
def loop() -> Iterator[BlockingPortal]:
    """One event loop, as a server has."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def store(sample_store: Path, tmp_path: Path, environment: pytest.MonkeyPatch) -> Path:
    """The store that the API tells of; to be changed."""
    path = edited(sample_store, tmp_path / "shown.duckdb")
    environment.setenv("FTM_STORE", str(path))
    environment.setenv("FTM_NETWORK", "sample")
    environment.setenv("FTM_API_PER_MINUTE", "0")
    return path


@pytest.fixture
def scored_store(store: Path, sample_scores: Path) -> Path:
    """The same, with scores beside it."""
    shutil.copyfile(sample_scores, companion_of(store))
    return store


@pytest.fixture
def ask(store: Path, loop: BlockingPortal) -> Ask:
    """Asks the API for a path of it."""
    return asked_of(loop)


def asked_of(loop: BlockingPortal, application: Starlette | None = None) -> Ask:
    """Asks an application, by default a new one, for a path of the API."""
    transport = httpx.ASGITransport(application or server())

    def asked(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://localhost{app.PATH}"
            ) as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=named)

        return loop.call(send)

    return asked


Client = Callable[..., TestClient]


def asking() -> TestClient:
    routes = [*feeds.ROUTES, *calendars.ROUTES, *files.ROUTES]
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
