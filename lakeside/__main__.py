"""`python -m lakeside`: a lake on this machine, a store moved into it, and the app served on it."""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from data import TrackerError
from data.config import SAMPLE, default_store
from data.store.command import local_file
from data.store.reader import open_reader, read_info
from devnet.node import free_port
from devnet.tried_out import (
    ROOT,
    Children,
    add_app,
    app_command,
    environment,
    start_module,
    tried_out,
)
from lakeside import VAR, LakesideError
from lakeside.children import bounds
from lakeside.objects import BUCKET, object_store
from lakeside.postgres import postgres

FOLDER = VAR / "lakeside"
ROWS = f"s3://{BUCKET}/lake"
_QUESTION = "SELECT status, count(*) AS requests FROM requests GROUP BY ALL"


def main() -> int:
    """Runs until Ctrl-C, or until a child ends. 0 if it was stopped, 1 for anything else."""
    options = _options()

    def set_up(running: ExitStack) -> tuple[Children, Callable[[], None]]:
        network, store = _moved(options)
        running.enter_context(_alone())
        catalog = running.enter_context(postgres(FOLDER / "catalog", 5433))
        objects = running.enter_context(object_store(FOLDER / "objects", 9000))
        address = f"ducklake:postgres:{catalog.words}"
        secrets = catalog.environment | objects.environment
        more = secrets | {"FTM_STORE": address, "FTM_NETWORK": network}
        _keep(more)
        _fill(address, network, store, secrets)
        assert catalog.process is not None
        assert objects.process is not None
        children = {"PostgreSQL": catalog.process, "the object store": objects.process}
        if not options.no_app:
            app = app_command(options.app_port or free_port(8501))
            children["the app"] = start_module(app, more, running, bounds(None, "TERM"))
        _show(address, network, objects.environment["AWS_ENDPOINT_URL"])
        return children, lambda: None

    kept = " What the lake holds is kept in var/lakeside."
    return tried_out("lakeside", set_up, kept, (LakesideError, TrackerError))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lakeside", description=__doc__)
    parser.add_argument("--network", help=f"whose store is moved; default {SAMPLE}")
    parser.add_argument("--store", type=local_file, help="the store, instead of var/NETWORK.duckdb")
    add_app(parser)
    return parser.parse_args()


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


def _keep(variables: dict[str, str]) -> None:
    """For other terminals, and for nobody else to read."""
    file = FOLDER / "environment"
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as output:
        output.writelines(
            f"export {key}={shlex.quote(value)}\n" for key, value in variables.items()
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
    if subprocess.run(command, cwd=ROOT, env=environment(secrets), check=False).returncode:
        raise LakesideError(f"{module} {arguments[0]} failed, as printed above")


def _show(address: str, network: str, endpoint: str) -> None:
    print(f"catalog  {address}\nrows     {ROWS} at {endpoint}")
    print("In another terminal, in this folder, the lake itself is asked by:")
    print(f"    . {(FOLDER / 'environment').relative_to(ROOT)}")
    print(f'    .venv/bin/python -m data.lake sql "$FTM_STORE" --network {network} "{_QUESTION}"')
    print("Ctrl-C stops everything.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
