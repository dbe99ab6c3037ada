"""The figures of /metrics: of this process, and of the store that is shown first.

They have a registry of their own. No label holds what a visitor sends: there are as many series as
are written down here. Each process tells its own; several are told apart by who scrapes them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version as installed

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from answers import health, logged
from answers.sources import read_sources
from answers.store_view import StoreView
from data import StoreError, TrackerError
from data.store.reader import SCHEMA_VERSION
from queries import QueryError
from scoring.live_scores import ALL
from scoring.run import model_version
from ui.server.addresses import PAGES, base

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_REGISTRY = CollectorRegistry(auto_describe=False)
_ANSWERS = Counter(
    "ftm_answers", "Answers by kind of address and status", ["route", "status"], registry=_REGISTRY
)
_ANSWER_SECONDS = Histogram(
    "ftm_answer_seconds",
    "Seconds from a request to the end of its answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_REGISTRY,
)
_PAGE_SECONDS = Histogram(
    "ftm_page_run_seconds",
    "Seconds of runs of a page or a part of it, at its opening and after each click",
    ["page"],
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
    registry=_REGISTRY,
)
_STREAMS = Gauge("ftm_open_pages", "WebSockets of pages that are open now", registry=_REGISTRY)
for _page in PAGES:  # 0 is a figure too
    _PAGE_SECONDS.labels(_page)
ProcessCollector(registry=_REGISTRY)
PlatformCollector(registry=_REGISTRY)

# By the first folder of an address.
_ROUTES = {
    "": "page",
    **dict.fromkeys(PAGES, "page"),
    "api": "api",
    "feeds": "feed",
    "calendar": "calendar",
    "s": "preview",
    "media": "download",
    "static": "static",
    "_stcore": "streamlit",
    "healthz": "healthz",
    "metrics": "metrics",
}
_COVERAGE_EVERY = timedelta(minutes=10)  # a long log takes seconds to score
_coverage: dict[str, tuple[datetime, float | None, bool | None]] = {}


def counted(app: ASGIApp) -> ASGIApp:
    """Middleware that counts answers and their times, and the pages that are open."""
    folder = base()

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            with _STREAMS.track_inprogress():
                await app(scope, receive, send)
            return
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, send_seen)
        finally:
            route = route_of(scope["path"].removeprefix(folder))
            _ANSWERS.labels(route, f"{status // 100}xx").inc()
            _ANSWER_SECONDS.labels(route).observe(time.perf_counter() - began)

    return served


def route_of(path: str) -> str:
    """The kind of an address, one of a few."""
    return _ROUTES.get(path.strip("/").partition("/")[0], "other")


def page_ran(page: str, seconds: float) -> None:
    """Count a whole run of a page by the last part of its path."""
    _PAGE_SECONDS.labels(page if page in PAGES else next(iter(PAGES))).observe(seconds)


def exposition(now: datetime) -> bytes:
    """All figures in the text form that Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Store(now))
    return generate_latest(_REGISTRY) + generate_latest(registry)


class _Store:
    """The figures of the store that is shown first, at one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """What is known; a figure that is not known is left out."""
        packages = {name: installed(name) for name in ("streamlit", "duckdb")}
        yield InfoMetricFamily(
            "ftm",
            "Versions of packages, of the store's schema and of the model of forecasts",
            {**packages, "schema": str(SCHEMA_VERSION), "model": model_version()},
        )
        figures: dict[str, float | None] = {}
        network = ""
        try:
            source = read_sources().default()
            network = source.name
            figures["sync_failing_seconds"] = health.fault_of_syncs(source, self._now)[1] or 0
            view = health.newest(source, self._now)
            if view is not None:
                figures |= _of_store(view)
            figures["store_readable"] = 1
        except (TrackerError, QueryError):
            figures["store_readable"] = 0
        for name, text in _FIGURES.items():
            value = figures.get(name)
            if value is not None:
                family = GaugeMetricFamily(f"ftm_{name}", text, labels=["network"])
                family.add_metric([network], float(value))
                yield family


_FIGURES = {
    "store_readable": "1 where the store can be read, or is still to be made",
    "store_age_seconds": "Seconds since the store was published",
    "sync_lag_seconds": "Seconds since the last block that was read was made",
    "sync_lag_blocks": "Blocks from the last one read to the chain's newest, as of the last sync",
    "sync_failing_seconds": "Seconds since the first of syncs or fetches that failed; 0 for none",
    "synced_block": "The last block that was read",
    "simulated": "1 where the store is a simulation, whose time stands still",
    "failed_checks": "Checks of the last sync that failed",
    "requests_waiting": "Unstake requests that wait",
    "forecast_coverage_ratio": "Share of waits inside the 90 % ranges that were logged, if decided",
    "forecast_alarm": "1 where the 90 % ranges that fell due last held too seldom, if decided",
}


def _of_store(view: StoreView) -> dict[str, float | None]:
    info = view.info
    waiting = view.ask_row("queue_metrics") or {}
    coverage, alarm = _coverage_of(view)
    figures: dict[str, float | None] = {
        "synced_block": info.synced_block,
        "simulated": info.simulated,
        "failed_checks": view.failed_checks,
        "requests_waiting": waiting.get("requests"),
        "forecast_coverage_ratio": coverage,
        "forecast_alarm": alarm,
    }
    if not info.simulated:
        figures["sync_lag_seconds"] = health.age_s(view)
        if info.published_at is not None:
            figures["store_age_seconds"] = (view.now - info.published_at).total_seconds()
        if info.head_block is not None and info.synced_block is not None:
            figures["sync_lag_blocks"] = max(0, info.head_block - info.synced_block)
    return figures


def _coverage_of(view: StoreView) -> tuple[float | None, bool | None]:
    """The share of waits in the 90 % ranges, and whether the alarm is on; None while undecided, or
    where the log cannot be read."""
    key = view.version[0]
    known = _coverage.get(key)
    if known is None or view.now - known[0] > _COVERAGE_EVERY:
        try:
            scores = logged.scores_of(view)
        except StoreError:
            return None, None
        share = alarm = None
        if scores is not None:
            alarm = scores.alarm.on
            decided = scores.table.filter(model_version=ALL, metric="covered_90", decided=True)
            share = decided["value"][0] if decided.height else None
        known = _coverage[key] = view.now, share, alarm
    return known[1:]
