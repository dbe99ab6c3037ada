"""What a stranger can do to a real server by its sockets alone."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from data.config import ROOT
from tests.app import App, served
from tests.link_page import get
from ui.server.addresses import PAGES

pytestmark = pytest.mark.node
TOO_BIG = 1009  # the code a WebSocket is closed with


NAMES = ("--browser.serverAddress", "Queue.test", "--server.allowedHosts", "*.named.test")
SITES = "https://a.example http://b.example:8080"


@pytest.fixture(scope="module")
def app(tree: Path) -> Iterator[App]:
    with served(tree) as running:
        yield running


@pytest.fixture(scope="module")
def named(tree: Path) -> Iterator[App]:
    """It has names of its own, and sites that may frame its pages."""
    with served(tree, *NAMES, FTM_FRAMED_BY=SITES) as running:
        yield running


def port_of(app: App) -> int:
    return int(app.url.rpartition(":")[2])


def asked(
    app: App, method: str, path: str, body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    """The answer to one request, read whole; in names of headers `_` stands for `-`."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(app), timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    answer.text = answer.read().decode(errors="replace")  # type: ignore[attr-defined]
    connection.close()
    return answer


@contextmanager
def stream(
    app: App, host: str, origin: str | None, path: str = "/_stcore/stream"
) -> Iterator[ClientConnection]:
    """The WebSocket of a page that was opened as `host`, by a page of `origin`."""
    with (
        socket.create_connection(("127.0.0.1", port_of(app)), timeout=60) as raw,
        connect(
            f"ws://{host}{path}",
            sock=raw,
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            proxy=None,
            open_timeout=60,
            ping_interval=None,
        ) as connection,
    ):
        yield connection


def session_id(connection: ClientConnection) -> str:
    """Begin a run, and tell the session that it runs in."""
    back = BackMsg()
    back.rerun_script.query_string = ""
    connection.send(back.SerializeToString())
    while True:
        message = ForwardMsg()
        message.ParseFromString(connection.recv(timeout=60, decode=False))
        if message.WhichOneof("type") == "new_session":
            return message.new_session.initialize.session_id


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_nothing_is_uploaded_even_into_a_session_of_ones_own(app: App, method: str) -> None:
    host = f"127.0.0.1:{port_of(app)}"
    cookie = asked(app, "GET", "/_stcore/health").headers["Set-Cookie"].split(";")[0]
    token = cookie.partition("=")[2]
    form = (
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        + b"a" * 100_000
        + b"\r\n--x--\r\n"
    )
    with stream(app, host, f"http://{host}") as connection:
        answer = asked(
            app,
            method,
            f"/_stcore/upload_file/{session_id(connection)}/file",
            form,
            Content_Type="multipart/form-data; boundary=x",
            Cookie=cookie,
            X_Xsrftoken=token,
        )
    assert answer.status == 405, answer.text  # type: ignore[attr-defined]
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_body_without_an_end_is_refused_before_it_is_read(app: App) -> None:
    with socket.create_connection(("127.0.0.1", port_of(app)), timeout=60) as raw:
        raw.sendall(
            b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 150000000\r\n\r\n" + b"a" * 1_000
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 405 ")


def test_a_session_holds_no_more_than_pages_have_inputs_for(app: App) -> None:
    host = f"127.0.0.1:{port_of(app)}"
    back = BackMsg()
    widget = back.rerun_script.widget_states.widgets.add(id="$$ID-a-sql")
    widget.string_value = "a" * 5_000_000
    with stream(app, host, f"http://{host}") as connection:
        session_id(connection)
        connection.send(back.SerializeToString())
        with pytest.raises(ConnectionClosedError) as closed:
            list(connection)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == TOO_BIG


OURS = ["localhost", "127.0.0.1", "[::1]"]
GIVEN = ["queue.test", "QUEUE.test", "a.named.test"]
STRANGE = ["evil.test", "localhost.evil.test", "0.0.0.0", "192.0.2.1", "named.test", "a@localhost"]


def with_ports(app: App, hosts: list[str]) -> list[str]:
    return [*hosts, *(f"{host}:{port_of(app)}" for host in hosts)]


@pytest.mark.parametrize("path", ["/", "/track", "/_stcore/host-config"])
def test_pages_are_given_under_names_of_this_server_alone(app: App, named: App, path: str) -> None:
    answered = [(app, OURS), (named, OURS + GIVEN)]
    refused = [(app, ["", *GIVEN, *STRANGE]), (named, ["", *STRANGE])]
    for server, hosts in answered:
        for host in with_ports(server, hosts):
            assert asked(server, "GET", path, Host=host).status == 200, host
    for server, hosts in refused:
        for host in with_ports(server, hosts):
            answer = asked(server, "GET", path, Host=host)
            assert answer.status == 403, host
            assert "--server.allowedHosts" in answer.text  # type: ignore[attr-defined]


@pytest.mark.parametrize(("path", "name"), [("/", "Queue"), ("/track?find=1", "Track")])
def test_a_page_has_its_title_description_and_icon_before_any_script_runs(
    app: App, path: str, name: str
) -> None:
    page = asked(app, "GET", path, Accept_Encoding="gzip")
    assert page.status == 200
    assert f"<title>{name} · FTM unstake queue</title>" in page.text
    assert "Streamlit</title>" not in page.text
    assert '<meta name="description" content="When an unstake of aFTMb or ankrFTM' in page.text
    assert int(page.headers["content-length"]) == len(page.text.encode())
    icon = asked(app, "GET", "/favicon.png")
    assert icon.headers["content-type"] == "image/png"
    assert int(icon.headers["content-length"]) == (ROOT / "ui" / "icon.png").stat().st_size


def test_health_is_told_to_probes_that_know_an_address_alone(app: App) -> None:
    for host in ["10.0.3.7:8501", "", *STRANGE]:
        answer = asked(app, "GET", "/healthz", Host=host)
        assert answer.status == 200, host
        assert '"status":"ok"' in answer.text  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost", "http://localhost"),
        ("localhost:8501", "http://localhost:8501"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("[::1]:8501", "http://[::1]:8501"),
        ("localhost:8501", None),
        ("a.named.test", "https://a.named.test"),
        ("queue.test", "https://queue.test"),
        ("127.0.0.1:8501", "https://queue.test"),
        ("queue.test", "https://queue.test:8443"),
        ("a.named.test", "https://a.named.test:8443"),
        ("A.named.test", "https://a.named.test:8443"),
        ("a.named.test:8501", "https://a.named.test"),
    ],
)
def test_pages_of_this_server_have_their_websocket(
    app: App, named: App, host: str, origin: str | None
) -> None:
    servers = [named] if "test" in f"{host}{origin}" else [app, named]
    for server in servers:
        with stream(server, host, origin) as connection:
            assert session_id(connection)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.test", "http://evil.test"),
        ("evil.test", None),
        ("evil.test", "http://localhost:8501"),
        ("localhost:8501", "http://localhost:3000"),
        ("localhost:8501", "http://127.0.0.1:3000"),
        ("localhost:8501", "http://0.0.0.0:8501"),
        ("localhost:8501", "http://evil.test"),
        ("localhost:8501", "https://queue.test.evil.test"),
        ("127.0.0.1:8501", "http://127.0.0.1:3000"),
        ("localhost", "http://localhost:3000"),
        ("LOCALHOST.", "http://localhost.:3000"),
        ("[::1]:8501", "http://[::1]:3000"),
        ("a.named.test", "https://b.named.test"),
        ("a.named.test", "https://evil.test:8443"),
        ("evil.test", "https://a.named.test"),
        ("evil.test:8501", "http://evil.test:8501"),
        ("localhost:8501", "null"),
        ("localhost:8501", "http://[evil"),
    ],
)
def test_other_pages_have_no_websocket(app: App, named: App, host: str, origin: str | None) -> None:
    for server in (app, named):
        with pytest.raises(InvalidStatus, match="403"), stream(server, host, origin):
            pass


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics", "/healthz"])
def test_a_server_of_ones_own_tells_its_metrics(app: App, path: str) -> None:
    assert asked(app, "GET", path).status == 200


def test_a_page_may_be_framed_by_named_sites_alone_and_only_where_it_is_asked_for_so(
    app: App, named: App
) -> None:
    """By the headers; the browser's part of it is in `tests/browser/test_framed.py`."""
    refused = (app, ["/", "/?embed=true", "/unstake?embed=true", "/s/queue?embed=true"])
    for server, paths in (refused, (named, ["/", "/queue?embed=false", "/s/queue"])):
        for path in paths:
            headers = get(server, path).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert headers["x-frame-options"] == "DENY"
    headers = get(named, "/queue?range=all&embed=true").headers
    assert headers["content-security-policy"].endswith(f"; frame-ancestors {SITES}")
    assert "x-frame-options" not in headers
    assert headers["x-content-type-options"] == "nosniff"


def test_a_wrong_setting_lets_nobody_frame_and_keeps_the_server_up(tree: Path) -> None:
    with served(tree, FTM_FRAMED_BY="*") as app:
        headers = get(app, "/?embed=true").headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        read = get(app, "/s/queue").page
        assert read.meta("og:description") == PAGES["queue"]
        assert get(app, "/s/queue.png").picture.size == (1200, 630)
