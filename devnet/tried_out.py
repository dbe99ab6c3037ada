"""The app on what was set up on this machine, until Ctrl-C or until a child ends: for `make devnet`
and `make lake`."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import FrameType

from devnet import VAR
from devnet.node import named_port, stop

ROOT = VAR.parent
Children = dict[str, subprocess.Popen[bytes]]


def tried_out(
    program: str,
    set_up: Callable[[ExitStack], tuple[Children, Callable[[], None]]],
    stopped: str,
    faults: tuple[type[Exception], ...],
) -> int:
    """Set something up, and wait until Ctrl-C, or until one of its children ends. What is to be
    done meanwhile is called several times a second. Returns 0 if it was stopped, 1 for anything
    else."""
    for ending in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal must not leave children
        signal.signal(ending, _interrupt)
    try:
        with ExitStack() as running:
            children, meanwhile = set_up(running)
            while all(child.poll() is None for child in children.values()):
                time.sleep(0.3)
                meanwhile()
            ended = [name for name, child in children.items() if child.poll() is not None]
            print(f"{' and '.join(ended)} ended: stopping the rest.", file=sys.stderr)
            return 1
    except faults as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nStopped.{stopped}")
        return 0


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def add_app(parser: argparse.ArgumentParser) -> None:
    """What the command line says of the app."""
    parser.add_argument("--app-port", type=named_port, help="the app's port (8501, or a free one)")
    parser.add_argument("--no-app", action="store_true", help="do not start the app")


def app_command(port: int) -> list[str]:
    """The module that serves the app, with its options."""
    flags = [f"--server.port={port}", "--server.address=localhost", "--server.headless=true"]
    return ["streamlit", "run", "app.py", *flags]


def start_module(
    command: Sequence[str],
    more: Mapping[str, str],
    running: ExitStack,
    before: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """A Python module as a child, which is stopped when `running` ends."""
    child = subprocess.Popen(
        [*before, sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment(more),
        start_new_session=True,  # Ctrl-C reaches us alone, and we stop children in order
    )
    running.callback(stop, child)
    return child


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's, and more: variables meant for another store would reach the children."""
    ours = os.environ  # noqa: TID251 - handed on to children, not read
    return {key: value for key, value in ours.items() if not key.startswith("FTM_")} | dict(more)
