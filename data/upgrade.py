"""`python -m data.sync upgrade`: a store of an earlier version brought up to date, without a node.

Exit status: 0 done or nothing to do, 1 failed, 2 bad usage, 3 another process writes the store.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from data import ConfigError
from data.config import default_store, network_names
from data.ingest.checks import Finding
from data.ingest.upgraded import upgrade_store
from data.store.command import ended, local_file
from data.store.reader import version
from data.store.sync_state import write_upgrade
from data.store.writer import lock


def main(arguments: list[str]) -> int:
    """Run the command line; returns its exit status. Raises ConfigError for bad usage."""
    parser = argparse.ArgumentParser(
        prog="python -m data.sync upgrade",
        description="Bring a store that an earlier version wrote up to date from its own logs. It "
        "is read as it was until then.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--network", metavar="NAME", help="the store var/NAME.duckdb")
    which.add_argument("--store", type=local_file, metavar="PATH")
    options = parser.parse_args(arguments)
    if options.network is not None and options.network not in network_names():
        names = ", ".join(network_names())
        raise ConfigError(f"no network {options.network!r}: there are {names}")
    store: Path = options.store or default_store(options.network)

    def run() -> None:
        version(store)  # a store that is not there is not to be begun
        with lock(store):
            _upgrade(store)

    return ended("data.sync", run, "the store is as it was, run the same command again")


def bring_up(store: Path) -> tuple[str, Sequence[Finding]]:
    """Bring a store up to date if that is due: what was done, in words, and what the checks found;
    "" where it was up to date. To be called under store.writer.lock. Raises StoreError."""
    began = time.monotonic()
    is_terminal = sys.stderr.isatty()

    def on_progress(share: float) -> None:
        write_upgrade(store, share)
        if is_terminal:
            print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True)

    try:
        findings = upgrade_store(store, datetime.now(UTC), on_progress)
    finally:
        write_upgrade(store, None)
        if is_terminal:
            print("\r", end="", file=sys.stderr)
    if findings is None:
        return "", ()
    took_s = time.monotonic() - began
    return f"{store} was brought up to date from its own logs in {took_s:.1f} s", findings


def _upgrade(store: Path) -> None:
    done, findings = bring_up(store)
    print(done or f"{store} is up to date")
    if failed := sum(finding.status == "failed" for finding in findings):
        print(f"checks failed: {failed}: see the Status page", file=sys.stderr)
