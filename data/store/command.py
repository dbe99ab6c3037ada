"""What the commands over stores share: how they name one, and how they end.

Exit status: 0 done, 1 failed, 2 bad usage, 3 another process writes the store, 130 stopped, 141
nobody reads what is printed.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from data import TrackerError
from data.config import is_elsewhere
from data.logs import begin
from data.store.reader import is_ctrl_c


def ended(program: str, run: Callable[[], int | None], stopped: str = "") -> int:
    """The exit status of a command: what `run` returns, 0 for None. A fault is printed, and that
    the command was `stopped`."""
    log = logging.getLogger(program)
    try:
        return run() or 0
    except TrackerError as error:
        log.error(error)
        return error.exit_status
    except (KeyboardInterrupt, RuntimeError) as error:
        if not is_ctrl_c(error):
            raise
        if stopped:
            log.warning(f"stopped; {stopped}")
        return 130


def as_program(main: Callable[[], int]) -> None:
    """Run a command as this process, and end that."""
    # DuckDB imports pandas, if it can, with the first bound parameter: over a second, for nothing.
    sys.modules["pandas"] = None  # type: ignore[assignment]
    begin()
    # A script's background job never hears of Ctrl-C: `kill` ends it just as cleanly.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        try:
            status = main()
        except SystemExit as end:  # bad usage, or --help
            status = end.code if isinstance(end.code, int) else 1
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # nobody reads what it says
        status = 128 + signal.SIGPIPE
    # Requests still in flight after Ctrl-C hold no state: do not wait for their time-outs.
    os._exit(status)


def add_store(parser: argparse.ArgumentParser, *, instead_of: str = "var/NAME.duckdb") -> None:
    """--store, a file."""
    parser.add_argument("--store", type=local_file, metavar="PATH", help=f"instead of {instead_of}")


def add_network(parser: argparse.ArgumentParser) -> None:
    """--network, and --store for another file than its own."""
    parser.add_argument("--network", required=True, metavar="NAME")
    add_store(parser)


def local_file(text: str) -> Path:
    """A file that a command line names. Raises ArgumentTypeError for the address of a store that
    lies elsewhere, without repeating it: it may hold a password."""
    if is_elsewhere(text):
        raise argparse.ArgumentTypeError(
            "this is an address, and a file is wanted: `python -m data.lake pull ADDRESS` brings a "
            "lake into one, and FTM_STORE=ADDRESS with `python -m data.fetch` an archive"
        )
    return Path(text)


def between(low: float, high: float, words: str) -> Callable[[str], float]:
    """A reader of numbers from `low` to `high`, which `words` say."""

    def number(text: str) -> float:
        with suppress(ValueError):
            if low <= float(text) <= high:
                return float(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not from {words}")

    return number


def count(text: str) -> int:
    """A number of things, at least one."""
    if not re.fullmatch("[0-9]{1,7}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 9999999")
    return int(text)
