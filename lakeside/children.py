"""Servers as children: they end with this process, however that ends."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from lakeside import LakesideError


def start(
    command: Sequence[str | Path],
    log: Path,
    user: str | None = None,
    ending: str = "TERM",
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """A child that gets the signal `ending` when this process is gone, run as `user` where given.
    What it says is appended to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [*bounds(user, ending), *map(str, command)],
            cwd=log.parent,
            env=inherited(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop children in order
        )


def run(
    command: Sequence[str | Path],
    user: str | None,
    typed: str = "",
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command prints that ends by itself. Raises LakesideError with what it printed."""
    done = subprocess.run(
        [*bounds(user, "KILL"), *map(str, command)],
        input=typed,
        capture_output=True,
        text=True,
        cwd="/",  # one that every user may read
        env=inherited(environment),
        timeout=120,
    )
    if done.returncode:
        output = (done.stderr or done.stdout).strip()
        raise LakesideError(f"{Path(command[0]).name} failed: {output[-500:]}")
    return done.stdout.strip()


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, wait_s: float = 60
) -> None:
    """Returns once a child is ready. Raises LakesideError where it ends before, with its words."""
    name = log.stem
    deadline = time.monotonic() + wait_s
    while not ready():
        if process.poll() is not None:
            output = log.read_text(errors="replace").strip()[-500:]
            raise LakesideError(f"{name} ended at once: {output}")
        if time.monotonic() > deadline:
            raise LakesideError(f"{name} was not ready within {wait_s:.0f} s: see {log}")
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Whether a server takes connections at this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children_of(process: int) -> list[int]:
    """The processes that a process has begun, as Linux lists them."""
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(each) for file in found for each in file.read_text().split()]


def secret(file: Path, make: Callable[[], str], owner: str | None = None) -> str:
    """A text that is made once and kept where only its owner reads it."""
    with suppress(FileExistsError):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as output:
            output.write(make())
        if owner is not None:
            shutil.chown(file, owner)
    return file.read_text()


def inherited(more: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment, and more."""
    ours = os.environ  # noqa: TID251 - handed on to a child, not read
    return {**ours, **(more or {})}


def bounds(user: str | None, ending: str) -> list[str]:
    """What a child's command begins with: it gets the signal `ending` when this process is gone,
    where the system can do that, and runs as `user` where one is named. Raises LakesideError."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if user is not None:
            raise LakesideError(
                f"this is root, and setpriv, which would change to the user {user}, is missing: "
                "run it as a user of your own"
            )
        return []
    changed = [f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    return [setpriv, f"--pdeathsig={ending}", *changed, "--"]


def beside_python(name: str) -> Path | None:
    """A program that came with the packages, or is on the system's path."""
    ours = Path(sys.executable).with_name(name)
    found = str(ours) if ours.exists() else shutil.which(name)
    return Path(found) if found else None
