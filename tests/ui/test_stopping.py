"""A server that is told to stop does so, whoever is still connected."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.app import served

pytestmark = pytest.mark.node


def test_a_client_that_reads_no_answer_keeps_no_server_from_stopping(app_tree: Path) -> None:
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        with served(app_tree) as app:
            at = urlsplit(app.url)
            silent.connect((at.hostname, at.port))
            # More than fits on the way, again and again, of which nothing is read.
            asked = f"GET /api/v1/openapi.json HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode()
            silent.sendall(asked * 200)
            time.sleep(2)
        # `served` has waited until the server was gone.
