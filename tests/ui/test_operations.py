"""What a monitor and Prometheus are told: by the functions behind it, and by a real server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import queries
from answers.health import FETCH, Health, health
from data import TrackerError
from data.config import ROOT, copy_of
from data.store import fetch_state
from data.store.fetch_state import FetchState
from data.store.reader import open_reader
from data.store.sync_state import SyncState, write_state
from data.store.writer import lock
from scoring.forecast_log import log_of
from tests.app import App, edited, of_network, planted, served
from tests.made_forecasts import LINE
from tests.ui.test_gate import asked, port_of, session_id, stream
from ui.server import metrics

HOUR_S = 3_600.0


@pytest.fixture
def store(sample_store: Path, tmp_path: Path, environment: pytest.MonkeyPatch) -> Path:
    """A store of a real chain, read 20 minutes ago; one of over an hour is too old."""
    environment.setenv("FTM_NETWORK", "fantom")
    environment.setenv("FTM_STORE", str(tmp_path / "fantom.duckdb"))
    environment.setenv("FTM_MOST_AGE_SECONDS", "3600")
    return edited(sample_store, tmp_path / "fantom.duckdb", of_network("fantom"))


def told() -> Health:
    return health(datetime.now(UTC))


def test_a_store_that_is_read_and_new_enough_is_well(store: Path) -> None:
    found = told()
    assert found.is_well
    assert found == Health(
        "ok", None, "fantom", 99_772_823, False, found.age_s, None, None, failed_checks=0
    )
    assert found.age_s is not None
    assert 1_200 <= found.age_s < 1_500


def test_a_store_beyond_the_age_that_is_set_is_not_well(
    store: Path, sample_store: Path, environment: pytest.MonkeyPatch
) -> None:
    edited(sample_store, store, of_network("fantom", "2 hours"))
    assert (told().status, told().is_well) == ("stale", False)
    environment.delenv("FTM_MOST_AGE_SECONDS")
    assert told().status == "ok"


def test_a_chain_that_has_ended_leaves_nothing_overdue(
    store: Path, sample_store: Path, environment: pytest.MonkeyPatch
) -> None:
    edited(sample_store, store, of_network("fantom", "9 days"))
    write_state(store, SyncState(1, 2, ended_s=2, error_kind="node", failing_since_s=2))
    assert told().status == "stale"
    environment.setenv("FTM_ENDS_ON", f"{datetime.now(UTC) - timedelta(days=5):%Y-%m-%d}")
    assert told().status == "ok"
    assert told().last_sync_error == "node"


def test_a_simulations_time_stands_still(
    store: Path, sample_store: Path, environment: pytest.MonkeyPatch
) -> None:
    edited(sample_store, store)
    found = told()
    assert (found.status, found.simulated, found.age_s) == ("ok", True, None)


def test_syncs_that_failed_for_longer_are_not_well_however_new_the_store_is(store: Path) -> None:
    now = time.time()
    state = SyncState(
        now - 9, now - 8, ended_s=now - 8, error="node.example:8545 says no", error_kind="node"
    )
    write_state(store, replace(state, failing_since_s=now - 600))
    found = told()
    assert (found.status, found.last_sync_error, found.sync_failing_s) == ("ok", "node", 600)
    write_state(store, replace(state, failing_since_s=now - 3_700))
    found = told()
    assert (found.status, found.is_well) == ("failing", False)
    assert "example" not in repr(found)


def test_a_sync_that_was_killed_is_told_apart_from_one_that_runs(store: Path) -> None:
    began = time.time() - 4_000
    write_state(store, SyncState(began, began))
    with lock(store):
        assert told().last_sync_error is None
    found = told()
    assert (found.status, found.last_sync_error) == ("failing", "broken off")


def test_a_store_that_is_still_to_be_made_is_no_fault_until_its_sync_is(store: Path) -> None:
    store.unlink()
    found = told()
    assert (found.status, found.is_well, found.network) == ("empty", True, "fantom")
    assert (found.synced_block, found.failed_checks) == (None, None)
    write_state(store, SyncState(1, 2, ended_s=2, error_kind="node", failing_since_s=2))
    assert told().status == "failing"


def test_a_copy_that_cannot_be_renewed_is_not_well_by_the_age_that_is_set(
    store: Path, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    address = "ducklake:postgres:dbname=ftm host=catalog.internal"
    environment.setattr("data.config.VAR", tmp_path)
    environment.setenv("FTM_STORE", address)
    copy = copy_of(address, "fantom")
    copy.parent.mkdir()
    fetch_state.write_state(copy, FetchState(done=1, of=4))
    assert (told().status, told().last_sync_error) == ("empty", None)
    store.rename(copy)
    assert (told().status, told().last_sync_error, told().sync_failing_s) == ("ok", None, None)
    fault = "catalog.internal cannot be reached"
    fetch_state.write_state(copy, FetchState(fault=fault, since_s=time.time() - 600))
    found = told()
    assert (found.status, found.last_sync_error) == ("ok", "fetch")
    assert found.sync_failing_s is not None
    assert 600 <= found.sync_failing_s < 700
    fetch_state.write_state(copy, FetchState(fault=fault, since_s=time.time() - 3_700))
    found = told()
    assert (found.status, found.is_well, found.last_sync_error) == ("failing", False, "fetch")
    assert found.reason == "fetching has failed for more than 3600 s"
    assert "internal" not in repr(found)
    read = figures(metrics.exposition(datetime.now(UTC)).decode())
    assert 3_700 <= read["ftm_sync_failing_seconds"] < 3_800
    copy.unlink()
    assert told().status == "failing"


def test_what_cannot_be_read_is_not_well(store: Path, environment: pytest.MonkeyPatch) -> None:
    store.write_bytes(b"no store" * 10_000)
    assert (told().status, told().is_well) == ("failed", False)
    environment.setenv("FTM_API_ROWS", "many")
    assert told().status == "failed"
    assert "/" not in (told().reason or "")


def test_failed_checks_are_counted(store: Path, sample_store: Path) -> None:
    fail = "UPDATE checks SET status = 'failed' WHERE name = 'payout amounts'"
    edited(sample_store, store, of_network("fantom"), fail)
    assert told().failed_checks == 1
    assert figures(metrics.exposition(datetime.now(UTC)).decode())["ftm_failed_checks"] == 1


def figures(text: str) -> dict[str, float]:
    """Every sample by its name and labels, as Prometheus reads them; none comes twice."""
    read: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = [sample.labels[key] for key in sorted(sample.labels) if key != "network"]
            name = ",".join([sample.name, *labels])
            assert name not in read
            read[name] = sample.value
    return read


def test_the_figures_of_the_store_are_those_of_its_pages(store: Path) -> None:
    read = figures(metrics.exposition(datetime.now(UTC)).decode())
    assert read["ftm_requests_waiting"] == 126
    assert 1_200 <= read["ftm_sync_lag_seconds"] < 1_500
    assert 1_200 <= read["ftm_store_age_seconds"] < 1_500
    assert read["ftm_sync_lag_blocks"] == 0
    assert (read["ftm_simulated"], read["ftm_store_readable"]) == (0, 1)
    assert read["ftm_sync_failing_seconds"] == 0
    assert read["process_resident_memory_bytes"] > 2**20
    assert "ftm_forecast_coverage_ratio" not in read  # nothing was logged: it is not known
    store.write_bytes(b"no store" * 10_000)
    read = figures(metrics.exposition(datetime.now(UTC)).decode())
    assert read["ftm_store_readable"] == 0
    assert "ftm_failed_checks" not in read


@pytest.mark.parametrize(("days", "least", "most", "alarm"), [(0.001, 0, 0, 1), (119.0, 0.9, 1, 0)])
def test_how_logged_forecasts_held_is_told_once_it_is_decided(
    days: float, least: float, most: float, alarm: int, store: Path, sample_store: Path
) -> None:
    """Of each request paid long ago a range was logged: up to `days`."""
    edited(sample_store, store, "UPDATE store_info SET simulated = FALSE, network = 'fantom'")
    log_of(store).mkdir()
    read = figures(metrics.exposition(datetime.now(UTC)).decode())
    assert read["ftm_store_readable"] == 1
    assert "ftm_forecast_alarm" not in read
    log_of(store).rmdir()
    with open_reader(store) as con:
        needs = queries.run(con, "request_needs").drop_nulls("released_at")
    old = needs.filter(needs["requested_at"] < datetime(2024, 10, 1, tzinfo=UTC))
    quantiles = [days] * 19 if days < 1 else [days * step / 19 for step in range(19)]
    with log_of(store).open("w") as log:
        for wr_id, at in old.select("wr_id", "requested_at").rows():
            times = dict.fromkeys(("forecast_at", "logged_at"), f"{at:%Y-%m-%dT%H:%M:%SZ}")
            log.write(json.dumps(LINE | times | {"wr_id": wr_id, "quantiles": quantiles}) + "\n")
    read = figures(metrics.exposition(datetime.now(UTC)).decode())
    assert read["ftm_forecast_alarm"] == alarm
    assert least <= read["ftm_forecast_coverage_ratio"] <= most


def test_the_readme_names_each_key_figure_and_kind() -> None:
    readme = (ROOT / "README.md").read_text()
    section = readme.split("## Run it for others", 1)[1].split("\n## ", 1)[0]
    told = {name for code in re.findall(r"`([^`]+)`", section) for name in code.split()}
    keys = set(Health.__dataclass_fields__)
    kinds = {kind for error in _errors(TrackerError) for kind in error.kind.split()}
    assert keys | {f"ftm_{name}" for name in metrics._FIGURES} <= told
    assert {*metrics._ROUTES.values(), "other"} <= told
    assert kinds - {"locked", "failed"} | {FETCH} <= told


def _errors(error: type[TrackerError]) -> Iterator[type[TrackerError]]:
    yield error
    for each in error.__subclasses__():
        yield from _errors(each)


def test_no_address_makes_a_series_of_its_own() -> None:
    known = {*metrics._ROUTES.values(), "other"}
    for path in ("/", "/queue", "/track", "/api/v1/queue", "/0xabc", "/..", "//x", "/a/b", ""):
        assert metrics.route_of(path) in known
    assert metrics.route_of("/0xabc") == metrics.route_of("/api2/queue") == "other"


@pytest.fixture(scope="module")
def tree(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = planted(tmp_path_factory.mktemp("app") / "tree")
    edited(sample_store, root / "var" / "fantom.duckdb", of_network("fantom"))
    return root


@pytest.fixture(scope="module")
def app(tree: Path) -> Iterator[App]:
    """Below a path, logging to a file."""
    options = {"FTM_MOST_AGE_SECONDS": "3600", "FTM_LOG_FORMAT": "json"}
    with served(tree, "--server.baseUrlPath", "queue", **options) as running:
        yield running


@pytest.mark.node
@pytest.mark.parametrize("path", ["/healthz", "/queue/healthz"])
def test_health_is_answered_at_the_root_and_below_the_path_of_the_pages(
    app: App, path: str, sample_store: Path
) -> None:
    answer = asked(app, "GET", path, Host="192.0.2.1")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    body = json.loads(answer.text)  # type: ignore[attr-defined]
    assert (body["status"], body["network"], body["simulated"]) == ("ok", "fantom", False)
    assert set(body) == set(Health.__dataclass_fields__)
    edited(sample_store, app.store("fantom"), of_network("fantom", "2 hours"))
    try:
        assert asked(app, "GET", path).status == 503
    finally:
        edited(sample_store, app.store("fantom"), of_network("fantom"))


@pytest.mark.node
def test_metrics_tell_answers_pages_and_memory_by_a_parser_of_their_own_makers(app: App) -> None:
    host = f"127.0.0.1:{port_of(app)}"
    asked(app, "GET", "/queue/api/v1/queue")
    asked(app, "GET", "/queue/api/v1/0xabcdef")
    with stream(app, host, f"http://{host}", "/queue/_stcore/stream") as page:
        session_id(page)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            answer = asked(app, "GET", "/queue/metrics")
            read = figures(answer.text)  # type: ignore[attr-defined]
            if read["ftm_page_run_seconds_count,queue"]:
                break
        assert read["ftm_open_pages"] == 1
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert read["ftm_page_run_seconds_count,queue"] >= 1
    assert read["ftm_answers_total,api,2xx"] == read["ftm_answers_total,api,4xx"] == 1
    assert read["ftm_answer_seconds_count,api"] == 2
    assert read["ftm_requests_waiting"] == 126
    assert read["process_resident_memory_bytes"] > 100 * 2**20
    assert "0xabcdef" not in answer.text  # type: ignore[attr-defined]


@pytest.mark.node
def test_the_servers_log_is_lines_of_json_with_one_for_a_change_of_state(
    app: App, sample_store: Path
) -> None:
    log = app.root / "server.log"

    def messages() -> list[str]:
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert all(line["time"].endswith("Z") for line in lines)
        assert {line["logger"] for line in lines} == {"ui"}  # no request, and so no visitor
        return [line["message"] for line in lines]

    def until(text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in messages() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert messages().count(text) == 1

    until("the store of fantom is of block 99772823")
    assert any(text.startswith("serving http://127.0.0.1:") for text in messages())
    further = "UPDATE store_info SET synced_block = synced_block + 1"
    edited(sample_store, app.store("fantom"), of_network("fantom"), further)
    until("the store of fantom is of block 99772824")
    now = time.time()
    failed = SyncState(now, now, ended_s=now, error_kind="node", failing_since_s=now)
    write_state(app.store("fantom"), failed)
    until("syncs of fantom fail: node")
    write_state(app.store("fantom"), SyncState(now, now, ended_s=now))
    until("syncs succeed again")


@pytest.mark.node
@pytest.mark.parametrize(
    ("settings", "status"),
    [({"FTM_PUBLIC": "on"}, 404), ({"FTM_PUBLIC": "on", "FTM_METRICS": "on"}, 200)],
)
def test_strangers_are_told_no_metrics_unless_a_setting_says_so(
    tree: Path, settings: dict[str, str], status: int
) -> None:
    with served(tree, **settings) as running:
        for path in ("/metrics", "/_stcore/metrics"):
            assert asked(running, "GET", path).status == status
        for path in ("/healthz", "/"):
            assert asked(running, "GET", path).status == 200
