"""Pages run without a browser, on a changed copy of the sample."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.store.reader import open_reader
from scoring.companion import companion_of, write_scores
from scoring.inputs import read_inputs
from scoring.run import run_backtest
from tests.app_fixture import ROOT, edited
from ui.shown.sources import read_sources

Show = Callable[..., AppTest]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment that names nothing, and is read anew in and after the test."""
    for name in ("FTM_NETWORK", "FTM_STORE", "FTM_NETWORKS_FILE"):
        monkeypatch.delenv(name, raising=False)
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
        app = AppTest.from_file(ROOT / "ui" / "main.py", default_timeout=30)
        for name, value in link.items():
            app.query_params[name] = value
        if page:
            # As a link does: switch_page() knows a page's address only after a first run.
            app._page_hash = calc_hash(page)
        return app.run()

    return run


def said(app: AppTest) -> str:
    """What the page says in words."""
    texts = [*app.title, *app.subheader, *app.markdown, *app.caption]
    texts += [*app.warning, *app.error, *app.info]
    return "\n".join(str(text.value) for text in texts)


@pytest.fixture(scope="session")
def sample_scores(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """How the odds of the sample's requests scored: the file that lies beside a store."""
    store = tmp_path_factory.mktemp("scores") / "sample.duckdb"
    with open_reader(sample_store) as con:
        inputs = read_inputs(con)
    return write_scores(
        store, run_backtest(inputs, datetime.now(UTC), processes=1, most_origins=400)
    )


@pytest.fixture
def show_scored(show: Show, sample_scores: Path, tmp_path: Path) -> Show:
    """As `show`, with scores beside the store."""
    shutil.copyfile(sample_scores, companion_of(tmp_path / "shown.duckdb"))
    return show
