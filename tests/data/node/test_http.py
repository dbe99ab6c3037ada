"""One POST: it ends at its deadline whatever comes, and finds its way out of a network."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest

from data.node.http import USER_AGENT, Sockets
from data.node.refusals import (
    BusyError,
    RangeTooWideError,
    StalledError,
    TooMuchError,
    UnclearError,
)
from devnet.node import free_port
from tests.fake_node import Asked, Reply, fake_node, result
from tests.made_chain import BRISK, ledger

pytestmark = [pytest.mark.node, pytest.mark.timeout(30)]

CHAIN = ledger([], 9)
ASK = json.dumps({"id": 1, "method": "eth_blockNumber", "params": []}).encode()
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":"0x9"}'
TLS = Path(__file__).with_name("tls")
HASTY = replace(BRISK, timeout_s=0.8, deadline_s=1.0)
OK = b"HTTP/1.1 200 OK\r\n"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def after(head: bytes, more: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: chain([head], repeat(more))


# Pieces that come for ever, each sooner than the socket's time-out.
ENDLESS = {
    "a status line": after(b"HTTP/1.1 200 ", b"O"),
    "a header": after(OK + b"x: ", b"x"),
    "interim answers": after(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": after(OK + b"content-length: 100000\r\n\r\n", b" "),
    "chunks": after(OK + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a body without a length": after(OK + b"connection: close\r\n\r\n", b" "),
    "a packed nothing": after(
        OK + b"content-encoding: gzip\r\ncontent-length: 100000\r\n\r\n" + gzip.compress(b"")[:10],
        b"\x00\x00\x00\xff\xff",
    ),
}


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("name", ENDLESS)
def test_an_answer_that_drips_ends_at_the_deadline(
    name: str, secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))

    def dripping(asked: Asked) -> Reply:
        return Reply(b"", pieces=ENDLESS[name](), drip_s=0.02)

    with fake_node(CHAIN, dripping, TLS / "good.pem" if secure else None) as node:
        url = node.url.replace("http:", "https:") if secure else node.url
        sockets = Sockets(HASTY)
        with pytest.raises(TooMuchError, match="did not end within 1 s"):
            sockets.post(url, ASK)
        node.fault = None
        assert sockets.post(url, ASK)[2] == ANSWER


@pytest.mark.parametrize("name", ["a status line", "a header", "interim answers"])
def test_headers_that_drip_end_long_before_the_deadline_of_a_whole_answer(name: str) -> None:
    patient = replace(BRISK, timeout_s=0.8, deadline_s=60)
    with (
        fake_node(CHAIN, lambda asked: Reply(b"", pieces=ENDLESS[name](), drip_s=0.02)) as node,
        pytest.raises(StalledError, match=r"headers did not end within 1\.6 s"),
    ):
        Sockets(patient).post(node.url, ASK)
    body = Reply(b"", pieces=[OK, b"content-length: 9\r\n\r\n", *[b"1"] * 9], drip_s=0.2)
    with fake_node(CHAIN, lambda asked: body) as node:
        assert Sockets(patient).post(node.url, ASK)[2] == b"1" * 9


def test_a_body_that_comes_too_slowly_is_given_up_before_the_deadline() -> None:
    slow = replace(BRISK, deadline_s=20, grace_s=0.1, least_bytes_per_s=10_000)
    with (
        fake_node(CHAIN, lambda asked: result(asked, " " * 9_000, drip_s=0.01)) as node,
        pytest.raises(TooMuchError, match="bytes a second"),
    ):
        Sockets(slow).post(node.url, ASK)


def test_a_few_bytes_that_unpack_to_gigabytes_are_not_held() -> None:
    packed = gzip.compress(b" " * 100_000_000, 1)
    bombs = {"gzip": packed, "gzip, gzip": gzip.compress(packed, 1)}
    for encoding, bomb in bombs.items():
        reply = Reply(bomb, headers={"content-encoding": encoding})
        with fake_node(CHAIN, lambda asked, reply=reply: reply) as node:
            tracemalloc.start()
            with pytest.raises(RangeTooWideError, match="too large to hold"):
                Sockets(replace(BRISK, largest_body=1_000_000)).post(node.url, ASK)
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
            tracemalloc.stop()


def test_a_body_that_says_that_it_is_too_large_is_not_waited_for() -> None:
    small = replace(BRISK, largest_body=1_000_000)
    announced = Reply(
        b"", pieces=[OK, b"content-length: 1000001\r\n\r\n", *[b"1"] * 99], drip_s=0.1
    )
    with fake_node(CHAIN, lambda asked: announced) as node:
        began = time.monotonic()
        with pytest.raises(RangeTooWideError, match="too large to hold"):
            Sockets(small).post(node.url, ASK)
        assert time.monotonic() - began < 5


BROKEN = {
    "hung up before": (Reply(b"", pieces=[b"HT"]), "hung up before it answered"),
    "in the middle": (Reply(b"{", missing=9), "broke off in the middle"),
    "no gzip": (Reply(b"x" * 99, headers={"content-encoding": "gzip"}), "broke off in the middle"),
    "no HTTP": (Reply(b"", pieces=[b"\x00\x01\r\n\r\n"]), "hung up before it answered"),
    "no chunks": (
        Reply(b"", pieces=[OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n"]),
        "broke off in the middle",
    ),
    "1000 headers": (Reply(b"", pieces=[OK, b"a: b\r\n" * 1_000]), "hung up before it answered"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_told_and_may_be_the_width(name: str) -> None:
    reply, words = BROKEN[name]
    with (
        fake_node(CHAIN, lambda asked: reply) as node,
        pytest.raises(UnclearError, match=words) as caught,
    ):
        Sockets(BRISK).post(node.url, ASK)
    assert caught.value.may_be_width


def test_who_is_asked_learns_our_name_and_a_redirect_is_not_followed() -> None:
    with fake_node(CHAIN) as elsewhere:
        moved = Reply(b"", 307, headers={"location": f"{elsewhere.url}/key"})
        with fake_node(CHAIN, lambda asked: moved) as node:
            status, headers, _ = Sockets(BRISK).post(node.url, ASK)
            assert (status, headers["location"]) == (307, f"{elsewhere.url}/key")
            assert node.headers["user-agent"] == USER_AGENT
    assert elsewhere.posts == 0


# The way out of a network


@pytest.mark.parametrize(
    ("certificate", "host", "bundle", "words"),
    [
        ("good.pem", "127.0.0.1", "none", "CA that is not known here: name its file in SSL_CERT_F"),
        ("expired.pem", "127.0.0.1", "ca.pem", "its certificate has expired"),
        ("self_signed.pem", "127.0.0.1", "ca.pem", "its certificate is self-signed"),
        ("good.pem", "localhost", "ca.pem", "its certificate is another host's"),
        (None, "127.0.0.1", "ca.pem", "does not speak TLS"),
    ],
)
def test_what_is_wrong_with_tls_is_told_in_words(
    certificate: str | None,
    host: str,
    bundle: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if bundle != "none":
        monkeypatch.setenv("SSL_CERT_FILE", str(TLS / bundle))
    with fake_node(CHAIN, None, TLS / certificate if certificate else None) as node:
        url = node.url.replace("http://127.0.0.1", f"https://{host}")
        with pytest.raises(BusyError) as caught:
            Sockets(BRISK).post(url, ASK)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_cas_are_those_that_the_environment_names(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with fake_node(CHAIN, None, TLS / "good.pem") as node:
        url = node.url.replace("http:", "https:")
        monkeypatch.setenv(name, str(TLS / "ca.pem"))
        assert Sockets(BRISK).post(url, ASK)[2] == ANSWER
        monkeypatch.setenv(name, str(tmp_path / "lost.pem"))
        with pytest.raises(BusyError, match=r"no CAs can be read from .*lost\.pem"):
            Sockets(BRISK).post(url, ASK)


def test_a_proxy_is_gone_through_where_the_environment_names_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))
    with fake_node(CHAIN, None, TLS / "good.pem") as proxy:
        named = proxy.url.replace("//", "//alice:s3cr3t@")
        monkeypatch.setenv("http_proxy", named)
        monkeypatch.setenv("https_proxy", named)
        assert Sockets(BRISK).post("http://rpc.nowhere.invalid/key", ASK)[2] == ANSWER
        assert proxy.headers["host"] == "rpc.nowhere.invalid"
        assert proxy.headers["proxy-authorization"] == "Basic YWxpY2U6czNjcjN0"
        assert proxy.connects == []
        assert Sockets(BRISK).post("https://rpc.nowhere.invalid/key", ASK)[2] == ANSWER
        assert proxy.connects == ["rpc.nowhere.invalid:443"]
        with fake_node(CHAIN) as local:  # this machine is no proxy's business
            assert Sockets(BRISK).post(local.url, ASK)[2] == ANSWER
            assert local.posts == 1


@pytest.mark.parametrize("kind", ["refusing", "closed", "socks"])
def test_a_proxy_that_does_not_let_us_through_is_named_without_its_password(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_node(CHAIN) as refusing:
        place = {
            "refusing": refusing.url.removeprefix("http://"),
            "closed": f"127.0.0.1:{free_port()}",
            "socks": "127.0.0.1:1080",
        }[kind]
        scheme = "socks5" if kind == "socks" else "http"
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://alice:s3cr3t@{place}")
        with pytest.raises(BusyError, match=f"the proxy {place} ") as caught:
            Sockets(BRISK).post("https://rpc.nowhere.invalid/key", ASK)
    assert "s3cr3t" not in str(caught.value)
    assert "407" in str(caught.value) or kind != "refusing"


@pytest.mark.parametrize("named", ["http://proxy:port", "http://[bad", "http://", "a b"])
def test_a_proxy_that_is_no_url_is_told(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", named)
    with pytest.raises(BusyError, match="HTTP_PROXY names is no proxy"):
        Sockets(BRISK).post("http://rpc.nowhere.invalid/key", ASK)
