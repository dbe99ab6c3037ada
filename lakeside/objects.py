"""An object store of our own, which speaks S3: rclone, over a plain folder."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devnet.node import free_port, stop
from lakeside import LakesideError
from lakeside.children import beside_python, listens, secret, start, wait_until

KEY, BUCKET, REGION = "ftm", "ftm-lake", "us-east-1"


@dataclass
class ObjectStore:
    """A server on this machine alone, which refuses who does not sign with the secret. Its objects
    are the files of `objects`, a folder a bucket."""

    folder: Path
    port: int
    secret: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def objects(self) -> Path:
        return self.folder / "objects"

    @property
    def environment(self) -> dict[str, str]:
        """What every program of S3 reads."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
        }

    def start(self) -> None:
        """Raises LakesideError where it does not come up."""
        rclone = beside_python("rclone")
        if rclone is None:
            raise LakesideError("rclone is not here: `make dev` installs it")
        command: list[str | Path] = [
            rclone,
            "serve",
            "s3",
            "--addr",
            f"127.0.0.1:{self.port}",
            self.objects,
        ]
        # In its environment, as a command line can be read by everybody.
        keys = {"RCLONE_AUTH_KEY": f'"{KEY},{self.secret}"', "RCLONE_CONFIG": "/dev/null"}
        log = self.folder / "rclone.log"
        log.write_bytes(b"")
        self.process = start(command, log, environment=keys)
        try:
            wait_until(lambda: listens(self.port), self.process, log)
        except LakesideError:
            self.stop()
            raise

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)


@contextmanager
def object_store(folder: Path, port: int = 0) -> Iterator[ObjectStore]:
    """A running server with one bucket, with what was in the folder before; stopped on leaving.
    Port 0 takes a free one. Raises LakesideError."""
    (folder / "objects" / BUCKET).mkdir(parents=True, exist_ok=True)
    key = secret(folder / "secret", lambda: secrets.token_urlsafe(24))
    server = ObjectStore(folder, free_port(port), key)
    server.start()
    try:
        yield server
    finally:
        server.stop()
