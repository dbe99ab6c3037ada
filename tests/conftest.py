"""What every test is held to, and what is built once and read by many.

Under pytest-xdist each process has its own session: what costs seconds to build, and is only
read, lies in a folder that all of them share, built by the first that needs it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from answers.sources import read_sources
from data.logs import begin
from data.sample import SAMPLE_UNTIL
from data.sample.store import ensure_sample
from data.store.reader import open_reader
from data.store.writer import lock
from devnet import Devnet
from devnet.act import undone
from devnet.node import local_node
from devnet.scenario import play
from lakeside.objects import ObjectStore, object_store
from lakeside.postgres import Postgres, postgres
from scoring.companion import companion_of, write_scores
from scoring.inputs import read_inputs
from scoring.run import run_backtest
from tests.app import edited, planted
from tests.devnet.expected import DEVNET_UNTIL
from tests.shown import Show, opened

LOOPBACK = ["127.0.0.1", "localhost"]


def pytest_configure() -> None:
    """The machine's own FTM_* variables say nothing here, nor does a day on which a chain is to
    end: what pages say would change with the date. In the background of a script Ctrl-C is
    ignored, also by all that a test would start. What is logged has no times, as on a terminal."""
    for name in [name for name in os.environ if name.startswith("FTM_")]:
        del os.environ[name]
    os.environ["FTM_ENDS_ON"] = "none"
    os.environ["FTM_LOG_FORMAT"] = "plain"  # but in tests of the lines
    begin("data")
    begin("scoring")
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--golden-update` writes the golden files instead of comparing with them; `--screenshots`
    keeps a picture of each page that the browser tests look at in var/screenshots."""
    parser.addoption("--golden-update", action="store_true")
    parser.addoption("--screenshots", action="store_true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Markers `node` and `browser` open loopback; `--disable-socket` closes the rest.

    The slowest files come first, so that no process is left with one when the others are done.
    """
    for item in items:
        if _has(item, "node") or _has(item, "browser"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
    slow = {name: {item.path for item in items if _has(item, name)} for name in ("browser", "node")}
    items.sort(key=lambda item: (item.path not in slow["browser"], item.path not in slow["node"]))


def _has(item: pytest.Item, marker: str) -> bool:
    return item.get_closest_marker(marker) is not None


@pytest.fixture(scope="session", autouse=True)
def _components_found_once() -> Iterator[None]:
    """AppTest reads what every installed package says of itself, for each app that it runs. They
    say the same to the end, and reading it costs more than to run most pages."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


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
def shared_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of this run of the tests."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="session")
def sample_store(shared_folder: Path) -> Path:
    """The published store of the simulated sample. To be read only: it is shared."""
    return ensure_sample(datetime.now(UTC), shared_folder / "sample" / "sample.duckdb")


@pytest.fixture(scope="session")
def sample_scores(sample_store: Path, shared_folder: Path) -> Path:
    """How the odds of 250 of the sample's requests scored: the file that lies beside a store."""
    store = shared_folder / "scored.duckdb"
    with lock(store, wait=True):
        if not companion_of(store).exists():
            with open_reader(sample_store) as con:
                inputs = read_inputs(con)
            write_scores(store, run_backtest(inputs, SAMPLE_UNTIL, processes=2, most_origins=250))
    return companion_of(store)


@pytest.fixture(scope="session")
def devnet() -> Iterator[Devnet]:
    """A played chain that ends at DEVNET_UNTIL. To be read only: its process's tests share it."""
    with local_node() as url:
        yield play(url, DEVNET_UNTIL)


@pytest.fixture
def chain(devnet: Devnet) -> Iterator[Devnet]:
    """The same chain to act on: blocks, balances and time are taken back after the test."""
    with undone(devnet):
        yield devnet


@pytest.fixture
def changing_devnet(chain: Devnet) -> Devnet:
    """`chain`, by its longer name."""
    return chain


@pytest.fixture(scope="session")
def devnet_store(devnet: Devnet, shared_folder: Path) -> Path:
    """The published store of all of that history, which is the same in every process. To be
    read only: it is shared."""
    from tests.syncing import sync  # with web3, which takes over a second to import

    path = shared_folder / "devnet.duckdb"
    with lock(shared_folder / "devnet", wait=True):
        if not path.exists():
            sync(path, devnet.rpc_url)
    return path


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Where servers keep what they hold: PostgreSQL's own user has to reach it, and in memory
    nobody waits for a disk."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="ftm-servers-", dir=place) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def catalog_server(servers_folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL. Its process's tests share it: each makes a database of its own."""
    with postgres(servers_folder / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def object_server(servers_folder: Path) -> Iterator[ObjectStore]:
    """An S3 server. Its process's tests share it: each uses a prefix of its own."""
    with object_store(servers_folder / "objects") as server:
        yield server


@pytest.fixture
def app_tree(tmp_path: Path) -> Path:
    """What the app consists of, without a store."""
    return planted(tmp_path / "app")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment for a test to change: it is read anew in and after the test."""
    read_sources.cache_clear()
    yield monkeypatch
    read_sources.cache_clear()


@pytest.fixture
def show(sample_store: Path, tmp_path: Path, environment: pytest.MonkeyPatch) -> Show:
    """Runs the router on a changed copy of the sample: `show("DELETE ...", page="status")`,
    other names being parameters of the link."""

    def run(*statements: str, page: str = "", **link: str) -> AppTest:
        path = edited(sample_store, tmp_path / "shown.duckdb", *statements)
        environment.setenv("FTM_STORE", str(path))
        return opened(page, **link)

    return run


@pytest.fixture
def show_sample(show: Show, environment: pytest.MonkeyPatch) -> Show:
    """As `show`, of the sample under its own network's name, as the app shows it."""
    environment.setenv("FTM_NETWORK", "sample")
    return show


@pytest.fixture
def show_scored(show: Show, sample_scores: Path, tmp_path: Path) -> Show:
    """As `show`, with scores beside the store."""
    shutil.copyfile(sample_scores, companion_of(tmp_path / "shown.duckdb"))
    return show
