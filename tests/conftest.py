"""What every test is held to: no socket, but loopback where a marker says so."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.sample.store import ensure_sample

pytest_plugins = [
    "tests.app_fixture",
    "tests.devnet_fixture",
    "tests.page_fixture",
    "tests.simulated",
]
LOOPBACK = ["127.0.0.1", "localhost"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Markers `node` and `browser` open loopback; `--disable-socket` closes the rest."""
    for item in items:
        if item.get_closest_marker("node") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


def pytest_configure() -> None:
    """In the background of a script Ctrl-C is ignored, also by all that a test would start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--golden-update` writes the golden files instead of comparing with them."""
    parser.addoption("--golden-update", action="store_true")


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """AppTest leaves a page's script as `__main__`, which spawned processes would then run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def golden_update(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--golden-update"))


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published store of the simulated sample. To be read only: it is shared."""
    return ensure_sample(datetime.now(UTC), tmp_path_factory.mktemp("sample") / "sample.duckdb")
