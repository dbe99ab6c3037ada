"""The background scoring beside a real server: it ends with it, and no setting keeps that from
starting."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring.companion import companion_of, read_scores
from scoring.forecast_log import read_log
from tests.app import edited, of_network, rewrite, served

pytestmark = pytest.mark.node


def scorers(store: Path) -> list[str]:
    """The command lines of the processes that score a store, and of those they started."""
    found: dict[int, str] = {}
    parents: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            stat = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if stat[0] != "Z":
            found[int(process.name)], parents[int(process.name)] = told, int(stat[2])
    groups = {parents[pid] for pid, told in found.items() if str(store) in told}
    return [told for pid, told in found.items() if parents[pid] in groups]


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads Linux's list of processes")
def test_scoring_and_all_it_started_end_with_the_server(sample_store: Path, app_tree: Path) -> None:
    store = edited(sample_store, app_tree / "var" / "sample.duckdb")
    with served(app_tree, FTM_SCORING="on"):
        assert until(lambda: len(scorers(store)) > 2)  # it and its workers
        groups = scorers(store)
    assert until(lambda: not scorers(store)), groups
    assert read_scores(store).about.provisional  # of the whole there was no time


def test_a_scored_store_is_left_alone(
    sample_store: Path, sample_scores: Path, app_tree: Path
) -> None:
    store = edited(sample_store, app_tree / "var" / "sample.duckdb")
    shutil.copyfile(sample_scores, companion_of(store))
    before = companion_of(store).stat()
    rewrite(app_tree / "ui" / "server" / "rescoring.py", "_EVERY_S = 0.5", "_EVERY_S = 0.1")
    with served(app_tree, FTM_SCORING="on"):
        assert not until(lambda: bool(scorers(store)), 1.5)
    assert companion_of(store).stat().st_mtime_ns == before.st_mtime_ns


def test_the_scorer_logs_what_is_forecast_of_a_scored_store_that_was_just_synced(
    sample_store: Path, sample_scores: Path, app_tree: Path
) -> None:
    store = edited(sample_store, app_tree / "var" / "fantom.duckdb", of_network("fantom"))
    shutil.copyfile(sample_scores, companion_of(store))
    with served(app_tree, FTM_SCORING="on"):
        assert until(lambda: not read_log(store).frame.is_empty())
        assert until(lambda: not scorers(store))
    logged = read_log(store).frame
    assert logged["block"].n_unique() == 1
    assert logged["new_ftm"].drop_nulls().len() == 4


@pytest.mark.parametrize("setting", ["FTM_SCORING", "FTM_FORECAST_LOG", "FTM_CHAIN_ID"])
def test_a_bad_setting_is_no_reason_not_to_start(
    sample_store: Path, app_tree: Path, setting: str
) -> None:
    edited(sample_store, app_tree / "var" / "sample.duckdb")
    with served(app_tree, **{setting: "maybe"}):
        pass  # it answered
    assert "startup failed" not in (app_tree / "server.log").read_text()
