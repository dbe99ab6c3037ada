"""A node made of one function, for the faults that a real node will not commit on demand.

The function answers (method, params) with a result; a hook may put another reply in the
place of any answer. What is asked is kept, so that a test can tell what a sync fetched.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from devnet import DevnetError
from devnet.rpc import Rpc

Log = dict[str, Any]
# (method, params) -> result; a DevnetError becomes a JSON-RPC error.
Answers = Callable[[str, list[Any]], Any]


@dataclass(frozen=True)
class Asked:
    """One request: `turn` counts the requests of its method, `again` those just like it."""

    method: str
    params: list[Any]
    id: Any
    turn: int
    again: int
    honest: Callable[[], Any]

    @property
    def blocks(self) -> tuple[int, int]:
        """The first and last block of an eth_getLogs."""
        return int(self.params[0]["fromBlock"], 16), int(self.params[0]["toBlock"], 16)

    @property
    def length(self) -> int:
        return self.blocks[1] - self.blocks[0] + 1


@dataclass(frozen=True)
class Reply:
    """What goes over the wire: `missing` bytes of it are announced and never come. `pieces` go
    as they are, from the status line on, with `drip_s` between them."""

    body: bytes
    status: int = 200
    missing: int = 0
    after_s: float = 0.0
    drip_s: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] = ()


Fault = Callable[[Asked], Reply | None]


def result(asked: Asked, value: Any, **others: Any) -> Reply:
    """An answer in due form: what it says may be a lie."""
    return Reply(_json({"jsonrpc": "2.0", "id": asked.id, "result": value}), **others)


def error(asked: Asked, message: str, code: int = -32000, **others: Any) -> Reply:
    body = {"jsonrpc": "2.0", "id": asked.id, "error": {"code": code, "message": message}}
    return Reply(_json(body), **others)


def only(method: str, fault: Fault) -> Fault:
    """The fault at one method alone."""
    return lambda asked: fault(asked) if asked.method == method else None


def at_most(blocks: int, words: str = "block range is too wide") -> Fault:
    """A provider's limit on the range of eth_getLogs."""
    return only("eth_getLogs", lambda asked: error(asked, words) if asked.length > blocks else None)


def either(*faults: Fault) -> Fault:
    """The first of these faults that strikes."""
    return lambda asked: next(filter(None, (fault(asked) for fault in faults)), None)


def changed(
    change: Callable[[list[Log]], list[Any]], when: Callable[[Asked], bool] = lambda asked: True
) -> Fault:
    """An answer with other logs in it, where there are any."""

    def fault(asked: Asked) -> Reply | None:
        if asked.method != "eth_getLogs" or not when(asked):
            return None
        logs = asked.honest()
        return result(asked, change(logs)) if logs else None

    return fault


def leaving_out(tx: str) -> Fault:
    """Answers without the logs of a transaction."""
    return changed(lambda logs: [log for log in logs if log["transactionHash"] != tx])


@dataclass
class FakeNode:
    """A running node. `answers` and `fault` may be exchanged while it runs."""

    answers: Answers
    fault: Fault | None = None
    url: str = ""
    asked: list[tuple[str, list[Any]]] = field(default_factory=list)
    batches: bool = True
    batch_refusal: bytes = b'{"id":null,"error":{"code":-32600,"message":"no batches"}}'
    latency_s: float = 0.0
    begins: bytes = b""  # what stands before the JSON of each answer
    headers: dict[str, str] = field(default_factory=dict)
    posts: int = 0
    connects: list[str] = field(default_factory=list)
    _turns: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def blocks_asked(self, method: str = "eth_getLogs") -> list[tuple[int, int]]:
        """The range of each eth_getLogs."""
        params = [params for asked, params in self.asked if asked == method]
        return [(int(p[0]["fromBlock"], 16), int(p[0]["toBlock"], 16)) for p in params]

    def count(self, method: str) -> int:
        return sum(asked == method for asked, _ in self.asked)

    def reply(self, body: bytes) -> Reply:
        time.sleep(self.latency_s)
        self.posts += 1
        reply = self._reply(json.loads(body))
        return replace(reply, body=self.begins + reply.body) if self.begins else reply

    def _reply(self, request: Any) -> Reply:
        if not isinstance(request, list):
            return self._one(request)
        if not self.batches:
            return Reply(self.batch_refusal)
        replies = [self._one(one) for one in request]
        body = b"[" + b",".join(reply.body for reply in replies) + b"]"
        odd = next((reply for reply in replies if reply != Reply(reply.body)), Reply(body))
        return odd if odd.status != 200 or odd.missing else replace(odd, body=body)

    def _one(self, request: dict[str, Any]) -> Reply:
        method, params = request["method"], request["params"]
        key = f"{method} {json.dumps(params)}"
        with self._lock:
            self.asked.append((method, params))
            turn, again = self._turns[method], self._turns[key]
            self._turns[method] += 1
            self._turns[key] += 1
        asked = Asked(
            method, params, request["id"], turn, again, lambda: self.answers(method, params)
        )
        try:
            reply = self.fault(asked) if self.fault else None
            return reply or result(asked, asked.honest())
        except DevnetError as refused:
            return error(asked, str(refused))


@contextmanager
def fake_node(
    answers: Answers, fault: Fault | None = None, certificate: Path | None = None
) -> Iterator[FakeNode]:
    """A node at 127.0.0.1 that serves until the block ends; through TLS with a certificate. It is
    also a proxy to any host, whose place it then takes, with the certificate that is named."""
    node = FakeNode(answers, fault)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.node = node
    node.url = f"http://127.0.0.1:{server.server_port}"
    if certificate is not None:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(certificate)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    node: FakeNode
    tls: ssl.SSLContext | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up in the middle are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        """The first byte tells whether one speaks TLS at once, or asks a proxy to connect."""
        if self.server.tls is not None and self.request.recv(1, socket.MSG_PEEK) == b"\x16":
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_CONNECT(self) -> None:
        self.server.node.connects.append(self.path)
        if self.server.tls is None:
            self.send_error(407)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        self.close_connection = False
        self.setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()  # through TLS it is not the server's own

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.node.headers = {key.lower(): text for key, text in self.headers.items()}
        reply = self.server.node.reply(body)
        time.sleep(reply.after_s)
        for piece in reply.pieces:
            self.connection.sendall(piece)
            time.sleep(reply.drip_s)
        if reply.pieces:
            self.close_connection = True
            return
        payload = reply.body
        self.send_response(reply.status)
        for key, text in reply.headers.items():
            self.send_header(key, text)
        is_packed = "content-encoding" in reply.headers
        if len(payload) > 1_000 and not reply.missing and not reply.drip_s and not is_packed:
            payload = gzip.compress(payload, 1)
            self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(payload) + reply.missing))
        self.end_headers()
        if reply.drip_s:
            self._drip((bytes([byte]) for byte in payload), reply.drip_s)
        else:
            self.wfile.write(payload)
        self.close_connection = bool(reply.missing)

    def _drip(self, pieces: Iterable[bytes], pause_s: float) -> None:
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(pause_s)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests print nothing."""


def devnet_answers(rpc_url: str) -> Answers:
    """What a real node says."""
    rpc = Rpc(rpc_url)
    return lambda method, params: rpc.call(method, *params)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
