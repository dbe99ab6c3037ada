"""A PostgreSQL of our own: made, started, killed if a test wants it, and stopped."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from devnet.node import free_port, stop
from lakeside import LakesideError
from lakeside.children import children_of, run, secret, start, wait_until

USER = DATABASE = "ftm"
_DEBIAN = Path("/usr/lib/postgresql")
_SERVER_USER = "postgres"
_GONE_S = 10.0


@dataclass
class Postgres:
    """A server on this machine alone. The password is in no word of it but `password`."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def words(self) -> str:
        """Where its first database is, as libpq reads it."""
        return self._words_of(DATABASE)

    @property
    def environment(self) -> dict[str, str]:
        """What every client of PostgreSQL reads."""
        return {"PGPASSWORD": self.password}

    def make_database(self, name: str) -> str:
        """Another empty database; where it is, as libpq reads it. Raises LakesideError."""
        self.tell(f"CREATE DATABASE {name}")
        return self._words_of(name)

    def tell(self, statement: str, database: str = DATABASE) -> str:
        """What psql answers to a statement, its values alone. Raises LakesideError."""
        flags = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-c", statement]
        command: list[str | Path] = [program("psql"), self._words_of(database), *flags]
        return run(command, None, environment=self.environment)

    def start(self) -> None:
        """Raises LakesideError where it does not come up."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": str(self.port),
            "max_connections": "200",
            "log_min_messages": "fatal",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [program("postgres"), "-D", self._data, *options]
        log = self.folder / "postgres.log"
        log.write_bytes(b"")
        self.process = start(command, log, server_user(), ending="INT")
        try:
            wait_until(self._is_ready, self.process, log)
        except LakesideError:
            self.stop()
            raise

    def stop(self) -> None:
        """As a clean shutdown, which waits for nobody."""
        if self.process is not None:
            stop(self.process, signal.SIGINT)

    def kill(self) -> None:
        """As power that fails: all its processes at once, with nothing finished or written."""
        assert self.process is not None
        backends = children_of(self.process.pid)
        for process in (self.process.pid, *backends):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()
        ends = time.monotonic() + _GONE_S  # what still holds the shared memory keeps the next out
        while any(Path(f"/proc/{process}").exists() for process in backends):
            if time.monotonic() > ends:
                raise LakesideError("processes of PostgreSQL outlive their end")
            time.sleep(0.01)

    def _words_of(self, database: str) -> str:
        return f"dbname={database} host=127.0.0.1 port={self.port} user={USER}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _is_ready(self) -> bool:
        """The server writes its own process and state into a file."""
        assert self.process is not None
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        # The file is there before its first line is.
        return lines[:1] == [str(self.process.pid)] and lines[-1].strip() == "ready"


@contextmanager
def postgres(folder: Path, port: int = 0) -> Iterator[Postgres]:
    """A running server with an empty database, or with what was in the folder before; stopped on
    leaving. Port 0 takes a free one. Raises LakesideError."""
    user = server_user()
    folder.mkdir(parents=True, exist_ok=True)
    if user is not None:
        shutil.chown(folder, user)
    password = secret(folder / "password", lambda: secrets.token_urlsafe(24), user)
    server = Postgres(folder, free_port(port), password)
    _make(server, user)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _make(server: Postgres, user: str | None) -> None:
    """Once a folder; what an interrupted beginning left is made anew."""
    data, begun = server.folder / "data", server.folder / "data.begun"
    if data.exists():
        return
    shutil.rmtree(begun, ignore_errors=True)
    flags = [f"--username={USER}", f"--pwfile={server.folder / 'password'}"]
    flags += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
    try:
        run([program("initdb"), "-D", begun, *flags], user)
    except LakesideError as error:
        raise LakesideError(
            f"{error}\nThe user {user or 'that runs this'} has to reach and write {server.folder}"
        ) from error
    single: list[str | Path] = [program("postgres"), "--single", "-D", begun, "postgres"]
    run(single, user, typed=f"CREATE DATABASE {DATABASE};\n")
    begun.rename(data)


def program(name: str) -> Path:
    """One of PostgreSQL's programs: Debian's newest, or the system's. Raises LakesideError."""
    versions = sorted(_DEBIAN.glob("[0-9]*"), key=lambda folder: float(folder.name))
    for folder in versions[::-1]:
        if (folder / "bin" / name).exists():
            return folder / "bin" / name
    if found := shutil.which(name):
        return Path(found)
    raise LakesideError(
        f"PostgreSQL's {name} is not here: install PostgreSQL (`apt-get install postgresql`), or "
        "put its programs on the PATH"
    )


def server_user() -> str | None:
    """Who runs the server: nobody else, but where this is root, whom it refuses."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_SERVER_USER)
    except KeyError as error:
        raise LakesideError(
            f"PostgreSQL refuses root, and there is no user {_SERVER_USER}: run it as another user"
        ) from error
    return _SERVER_USER
