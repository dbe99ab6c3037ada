"""What stands between a program and its server, and does what a real network or a real quota does:
an answer that is lost, a write that is refused."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_SNAPSHOT = re.compile(rb"INSERT INTO [^;]*ducklake_snapshot\b")


@dataclass
class CatalogProxy:
    """Passes everything on to a PostgreSQL; once `lossy`, it cuts the connection on which a
    snapshot is committed after the commit was answered, and before its client hears of it."""

    server: int
    port: int = 0
    lossy: bool = False
    lost: int = 0

    def pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.server)) as server:
            cut = threading.Event()
            back = threading.Thread(target=self._answers, args=(server, client, cut))
            back.start()
            seen = b""
            with suppress(OSError):
                while data := client.recv(65_536):
                    seen += data
                    if b"COMMIT" in data:
                        if self.lossy and _SNAPSHOT.search(seen):
                            cut.set()
                        seen = b""
                    server.sendall(data)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _answers(self, server: socket.socket, client: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                if cut.is_set():
                    self.lost += 1
                    break
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def catalog_proxy(server: int) -> Iterator[CatalogProxy]:
    """A proxy of the PostgreSQL at this port."""
    proxy = CatalogProxy(server)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy.port = listening.getsockname()[1]

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=proxy.pass_on, args=(client,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield proxy
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()


class ObjectProxy(ThreadingHTTPServer):
    """Passes everything on to an S3 server; what writes is answered with `refusal`, a status and a
    code of S3's, where there is one."""

    refusal: tuple[int, str] | None = None

    def __init__(self, server: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server = server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ObjectProxy

    def log_message(self, format: str, *values: object) -> None:
        """Nobody reads it."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command in ("PUT", "POST") and self.server.refusal is not None:
            status, code = self.server.refusal
            told = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
            headers = {"Content-Type": "application/xml"}
        else:
            upstream = http.client.HTTPConnection("127.0.0.1", self.server.server, timeout=60)
            # As they came, the name of the host too: it is signed.
            upstream.request(self.command, self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            status, told, headers = answer.status, answer.read(), dict(answer.getheaders())
            upstream.close()
        if self.command != "HEAD":
            headers = {k: v for k, v in headers.items() if k.lower() != "transfer-encoding"}
            headers["Content-Length"] = str(len(told))
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815


@contextmanager
def object_proxy(server: int) -> Iterator[ObjectProxy]:
    """A proxy of the S3 server at this port."""
    with ObjectProxy(server) as proxy:
        serving = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        serving.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            serving.join()
