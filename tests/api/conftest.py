"""A client of the routes for programs, on a store that a test may change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api import calendars, feeds
from tests.app import edited

Client = Callable[..., TestClient]


@pytest.fixture
def client(sample_store: Path, tmp_path: Path, environment: pytest.MonkeyPatch) -> Client:
    """`client("DELETE ...")` asks of a changed copy of the sample, published anew each time, as of
    the network `sample`."""

    def on(*statements: str) -> TestClient:
        path = edited(sample_store, tmp_path / "served.duckdb", *statements)
        environment.setenv("FTM_STORE", str(path))
        environment.setenv("FTM_NETWORK", "sample")
        return TestClient(Starlette(routes=[*feeds.ROUTES, *calendars.ROUTES]))

    return on
