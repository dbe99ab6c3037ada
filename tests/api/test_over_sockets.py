"""The API on the real server: by its sockets, through all that stands before it."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scoring.companion import companion_of
from tests.app import App, edited, planted, served

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def app(
    sample_store: Path, sample_scores: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    root = planted(tmp_path_factory.mktemp("app") / "tree")
    store = edited(sample_store, root / "var" / "sample.duckdb")
    shutil.copyfile(sample_scores, companion_of(store))
    with served(root) as running:
        yield running


def asked(
    app: App, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", _port(app), timeout=60)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def _port(app: App) -> int:
    return int(app.url.rpartition(":")[2])


def test_it_is_answered_beside_the_pages(app: App) -> None:
    answer, body = asked(app, "/api/v1/queue")
    assert answer.status == 200
    assert json.loads(body)["about"]["simulated"] is True
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page, html = asked(app, "/api/v1/docs")
    assert page.status == 200
    assert b"/api/v1/release-window" in html
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    shown, _ = asked(app, "/queue")
    assert shown.status == 200


def test_head_sends_no_body_and_a_known_answer_none(app: App) -> None:
    whole, body = asked(app, "/api/v1/queue")
    head, nothing = asked(app, "/api/v1/queue", "HEAD")
    assert (head.status, nothing) == (200, b"")
    assert head.headers["ETag"] == whole.headers["ETag"]
    assert int(head.headers["Content-Length"]) == len(body)
    known, nothing = asked(app, "/api/v1/queue", If_None_Match=whole.headers["ETag"])
    assert (known.status, nothing) == (304, b"")


def test_it_is_only_read_and_only_under_the_servers_names(app: App) -> None:
    assert asked(app, "/api/v1/queue", "POST")[0].status == 405
    assert asked(app, "/api/v1/queue", Host="other.test")[0].status == 403


def test_a_preflight_of_another_page_is_answered(app: App) -> None:
    answer, _ = asked(
        app,
        "/api/v1/queue",
        "OPTIONS",
        Origin="https://dashboard.test",
        Access_Control_Request_Method="GET",
    )
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_clients_that_hang_keep_nobody_waiting(app: App) -> None:
    """Some have sent half a request, others do not read what they asked for."""
    with ExitStack() as open_ones:
        for number in range(40):
            raw = open_ones.enter_context(
                socket.create_connection(("127.0.0.1", _port(app)), timeout=60)
            )
            half = number % 2
            end = "" if half else "\r\n\r\n"
            path = "/api/v1/queries/payouts?format=csv"
            raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost{end}".encode())
        began = time.monotonic()
        for _ in range(5):
            assert asked(app, "/api/v1/queue")[0].status == 200
        assert time.monotonic() - began < 30


def test_what_fails_inside_is_told_without_a_trace(app: App) -> None:
    store = app.store("sample")
    kept = store.read_bytes()
    try:
        store.write_bytes(b"rubbish")
        answer, body = asked(app, "/api/v1/queue")
        assert answer.status == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert str(app.root).encode() not in body
    finally:
        following = store.with_name("next")
        following.write_bytes(kept)
        following.replace(store)
    assert asked(app, "/api/v1/queue")[0].status == 200
