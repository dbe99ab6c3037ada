"""`python -m lakeside`: a lake on this machine, a store moved into it, and the app served on it."""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from data import TrackerError
from data.config import SAMPLE, default_store
from data.store.command import local_file
from data.store.reader import open_reader, read_info
from devnet.node import free_port, named_port
from lakeside import VAR, LakesideError
from lakeside.children import bounds, inherited, stop
from lakeside.objects import BUCKET, object_store
from lakeside.postgres import postgres

ROOT = VAR.parent
FOLDER = VAR / "lakeside"
ROWS = f"s3://{BUCKET}/lake"
_QUESTION = "SELECT status, count(*) AS requests FROM requests GROUP BY ALL"


def main() -> int:
    """Runs until Ctrl-C, or until a child ends. 0 if it was stopped, 1 for anything else."""
    options = _options()
    for ending in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal must not leave children
        signal.signal(ending, _interrupt)
    try:
        with ExitStack() as running:
            network, store = _moved(options)
            running.enter_context(_alone())
            catalog = running.enter_context(postgres(FOLDER / "catalog", 5433))
            objects = running.enter_context(object_store(FOLDER / "objects", 9000))
            address = f"ducklake:postgres:{catalog.words}"
            secrets = catalog.environment | objects.environment
            environment = secrets | {"FTM_STORE": address, "FTM_NETWORK": network}
            _keep(environment)
            _fill(address, network, store, secrets)
            children = {"PostgreSQL": catalog.process, "the object store": objects.process}
            if not options.no_app:
                children["the app"] = _app(environment, options, running)
            _show(address, network, objects.environment["AWS_ENDPOINT_URL"])
            ended = _wait(children)
            print(f"{' and '.join(ended)} ended: stopping the rest.", file=sys.stderr)
            return 1
    except (LakesideError, TrackerError) as error:
        print(f"lakeside: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What the lake holds is kept in var/lakeside.")
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lakeside", description=__doc__)
    parser.add_argument("--network", help=f"whose store is moved; default {SAMPLE}")
    parser.add_argument("--store", type=local_file, help="the store, instead of var/NETWORK.duckdb")
    parser.add_argument("--app-port", type=named_port, help="the app's port (8501, or a free one)")
    parser.add_argument("--no-app", action="store_true", help="do not start the app")
    return parser.parse_args()


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _moved(options: argparse.Namespace) -> tuple[str, Path | None]:
    """The network and its store, None for the sample's own. Raises StoreError where it is none."""
    store: Path | None = options.store
    if store is None and options.network in (None, SAMPLE):
        return SAMPLE, None
    store = (store or default_store(options.network)).resolve()
    with open_reader(store) as con:
        return options.network or read_info(con).network, store


@contextmanager
def _alone() -> Iterator[None]:
    """Only one at a time in the folder. Raises LakesideError."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LakesideError(
                f"the lake in {FOLDER} is served already: stop that first"
            ) from error
        yield


def _keep(environment: dict[str, str]) -> None:
    """For other terminals, and for nobody else to read."""
    file = FOLDER / "environment"
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as output:
        output.writelines(
            f"export {key}={shlex.quote(told)}\n" for key, told in environment.items()
        )


def _fill(address: str, network: str, store: Path | None, secrets: dict[str, str]) -> None:
    """Create the lake where it is none, and move the store into it; each table is compared."""
    _run(secrets, "data.lake", "create", address, "--data", ROWS)
    if store is None:
        _run(secrets, "data.sync", "--network", network, "--to-lake", address)
    else:
        named = ("--network", network)
        _run(secrets, "data.lake", "push", address, *named, "--store", str(store))
        _run(secrets, "data.lake", "check", address, *named)


def _run(secrets: dict[str, str], module: str, *arguments: str) -> None:
    command = [*bounds(None, "TERM"), sys.executable, "-m", module, *arguments]
    if subprocess.run(command, cwd=ROOT, env=_environment(secrets), check=False).returncode:
        raise LakesideError(f"{module} {arguments[0]} failed, as told above")


def _app(
    environment: dict[str, str], options: argparse.Namespace, running: ExitStack
) -> subprocess.Popen[bytes]:
    port = options.app_port or free_port(8501)
    flags = [f"--server.port={port}", "--server.address=localhost", "--server.headless=true"]
    child = subprocess.Popen(
        [*bounds(None, "TERM"), sys.executable, "-m", "streamlit", "run", "app.py", *flags],
        cwd=ROOT,
        env=_environment(environment),
        start_new_session=True,  # Ctrl-C reaches us alone, and we stop children in order
    )
    running.callback(stop, child)
    return child


def _environment(more: dict[str, str]) -> dict[str, str]:
    """Variables meant for another store would reach the children."""
    ours = inherited(more)
    return {key: told for key, told in ours.items() if key in more or not key.startswith("FTM_")}


def _show(address: str, network: str, endpoint: str) -> None:
    print(f"catalog  {address}\nrows     {ROWS} at {endpoint}")
    print("In another terminal, in this folder, the lake itself is asked by:")
    print(f"    . {(FOLDER / 'environment').relative_to(ROOT)}")
    print(f'    .venv/bin/python -m data.lake sql "$FTM_STORE" --network {network} "{_QUESTION}"')
    print("Ctrl-C stops everything.", flush=True)


def _wait(children: dict[str, subprocess.Popen[bytes] | None]) -> list[str]:
    """Which ended, once one did."""
    while True:
        if ended := [
            name for name, child in children.items() if child and child.poll() is not None
        ]:
            return ended
        time.sleep(0.3)


if __name__ == "__main__":
    sys.exit(main())
