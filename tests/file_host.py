"""A host of one file on loopback, as any server of files is one, and what may be wrong with it."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_TLS = Path(__file__).parent / "data" / "node" / "tls"


@dataclass
class FileHost:
    """`content` is served with an ETag, unless `status` is another than 200. An answer is cut after
    `cut` bytes; `location` is where a redirect leads. `asked` has the status of each answer."""

    url: str
    content: bytes = b""
    status: int = 200
    cut: int | None = None
    location: str = ""
    marks: bool = True
    asked: list[int] = field(default_factory=list)


@contextmanager
def file_host(*, tls: bool = False) -> Iterator[FileHost]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            etag = f'"{hashlib.sha256(host.content).hexdigest()[:16]}"'
            status = host.status
            if self.path == "/led.archive":
                status = 200  # where redirects lead to
            elif status == 200 and host.marks and self.headers["If-None-Match"] == etag:
                status = 304
            host.asked.append(status)
            self.send_response(status)
            body = host.content if status == 200 else b""
            if status == 200 and host.marks:
                self.send_header("ETag", etag)
            if status in (301, 302):
                self.send_header("Location", host.location)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            if host.cut is not None:
                self.send_header("Connection", "close")
                body = body[: host.cut]
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_TLS / "good.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    host = FileHost(f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/sample.archive")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
