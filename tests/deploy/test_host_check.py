"""What tries a deployed address finds nothing wrong with the files of deploy/, and says what is
wrong where they are changed as operators change them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bench.proxied import BELOW_A_PATH, OWN_NAME, Proxy, proxied
from deploy import host_check
from deploy.host_check import CHECKS, Site, WrongError, reached, tried
from devnet.node import free_port
from tests.apart import apart

pytestmark = pytest.mark.node
HOST = "proxy_set_header Host $http_host;"
SCHEME = "proxy_set_header X-Forwarded-Proto $scheme;"
UPGRADE = "proxy_set_header Upgrade $http_upgrade;"
STICKY = "hash $ftm_visitor consistent;"
# What is changed, which check finds it, and what it says of it.
BROKEN = {
    "no Host": ({HOST: ""}, "page", HOST),
    "no Upgrade": ({UPGRADE: ""}, "WebSocket", UPGRADE),
    "no sticky sessions": ({STICKY: ""}, "one process", STICKY),
    "another Host for the WebSocket": (
        {HOST: "proxy_set_header Host evil.test;"},
        "WebSocket",
        HOST,
    ),
    "no scheme": ({SCHEME: ""}, "names", SCHEME),
    "a Host of this machine": ({HOST: "proxy_set_header Host localhost;"}, "names", HOST),
    "nothing compressed": ({"gzip on;": "gzip off;"}, "compression", "gzip on;"),
    "scripts not compressed": (
        {"text/javascript application/javascript": ""},
        "compression",
        "gzip_types",
    ),
    "no redirect": ({"return 301 https": "return 302 https"}, "redirect", "return 301"),
    "a header hidden": (
        {"proxy_http_version": "proxy_hide_header Referrer-Policy; proxy_http_version"},
        "headers",
        "without referrer-policy",
    ),
    "a header twice": (
        {"proxy_http_version": "add_header Referrer-Policy origin; proxy_http_version"},
        "headers",
        "two of referrer-policy",
    ),
    "HTTP not ruled out": (
        {"Strict-Transport-Security": "X-Nothing"},
        "headers",
        "Strict-Transport",
    ),
    "only pages passed": (
        {"(api|feeds|calendar)/ {": "(api|feeds|calendar)/ { return 404;"},
        "download",
        "pass all paths",
    ),
}


def at(proxy: Proxy) -> AbstractContextManager[Site]:
    """The address as from outside, where the name leads to this machine."""
    return reached(proxy.url, proxy.trust(), "127.0.0.1", proxy.plain_port)


def test_nothing_is_wrong_with_the_files_as_they_are(
    ports: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with proxied(tmp_path, ports) as proxy:
        options = ["--at", "127.0.0.1", "--ca", str(proxy.certificate)]
        options += ["--http-port", str(proxy.plain_port)]
        assert apart(host_check.main, [proxy.url, *options]) == 0, capsys.readouterr().out
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CHECKS) + 1
    assert all(line.startswith("good") and "not tried" not in line for line in lines[:-1])
    assert lines[-1] == f"{proxy.url} is well"


@pytest.mark.parametrize(("edits", "check", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_wrong_is_told_with_what_fixes_it(
    ports: list[int], tmp_path: Path, edits: dict[str, str], check: str, says: str
) -> None:
    with (
        proxied(tmp_path, ports, edits=edits) as proxy,
        at(proxy) as site,
        pytest.raises(WrongError) as wrong,
    ):
        apart(CHECKS[check], site)
    assert says in str(wrong.value)


def test_downloads_need_no_sticky_sessions(ports: list[int], tmp_path: Path) -> None:
    with proxied(tmp_path, ports, edits={STICKY: ""}) as proxy, at(proxy) as site:
        assert apart(CHECKS["download"], site) == "a CSV file comes"


def test_a_path_that_the_app_was_not_told_is_found(ports: list[int], tmp_path: Path) -> None:
    with proxied(tmp_path, ports, BELOW_A_PATH) as proxy, at(proxy) as site:
        ((name, is_good, told),) = apart(lambda: [*tried(site)])
    assert (name, is_good) == ("page", False)
    assert "STREAMLIT_SERVER_BASE_URL_PATH" in told


@pytest.mark.parametrize("site", [OWN_NAME, BELOW_A_PATH])
def test_a_proxy_before_nothing_is_found(tmp_path: Path, site: str) -> None:
    with proxied(tmp_path, [free_port()], site) as proxy, at(proxy) as tried_at:
        ((_, is_good, told),) = apart(lambda: [*tried(tried_at)])
    assert not is_good
    assert "reaches no process" in told


def test_what_does_not_answer_and_whom_one_cannot_trust_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with proxied(tmp_path, [free_port()]) as proxy:
        assert host_check.main([proxy.url, "--at", "127.0.0.1"]) == 1
    assert "certificate is not trusted" in capsys.readouterr().out
    assert host_check.main([proxy.url, "--at", "127.0.0.1", "--ca", str(proxy.certificate)]) == 1
    assert "Nothing answers" in capsys.readouterr().out


def test_what_is_no_address_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        host_check.main(["queue.example.org"])
    assert ended.value.code == 2
    assert "want https://host" in capsys.readouterr().err
