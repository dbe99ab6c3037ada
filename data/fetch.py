"""`python -m data.fetch`: the local copy of a store that lies elsewhere, as FTM_STORE says.

Pages read a file, as fast as ever, and know of no other place. The server runs this with
`--follow`, once a machine and copy; whoever only wants the file runs it without.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace

from data import ConfigError, TrackerError
from data.archive_copy import ArchiveCopy, is_archive, named_in
from data.config import copy_of, is_lake, load_network, network_names, settings
from data.fetched import Fetched
from data.lake.address import parse_lake
from data.lake.copy import LakeCopy
from data.store.command import as_program, ended
from data.store.fetch_state import FetchState, read_state, write_state
from data.store.reader import translated

LOOKED_EVERY_S = 3.0
AGAIN = "the store can be fetched again"
_log = logging.getLogger("data.fetch")


def fetched(address: str, network: str | None) -> Fetched:
    """What keeps the copy of a network's store at an address. It asks nobody. Raises ConfigError
    for an address that is none, or where no network is named."""
    if network is None and is_archive(address) and named_in(address) in network_names():
        network = named_in(address)  # fantom.archive
    if network is None:
        raise ConfigError(
            "FTM_STORE is an address, which does not say of which network: set FTM_NETWORK too"
        )
    load_network(network)
    if is_lake(address):
        return LakeCopy(parse_lake(address), network, copy_of(address, network))
    if is_archive(address):
        every_s, most_mb = settings().archive_seconds, settings().archive_most_mb
        copy = copy_of(address, network)
        return ArchiveCopy(address, network, copy, every_s, int(most_mb * 2**20))
    kind = address.partition(":")[0]
    raise ConfigError(f"no store can be fetched from an address that begins with {kind}:")


def follow(copy: Fetched, still: Callable[[], bool]) -> None:
    """Keep a copy at the newest for as long as `still` holds. Each fault of an outage is logged
    once, and its end."""
    state = replace(read_state(copy.path), done=0, of=0)  # an outage may be older than this process
    reported = {state.fault} - {""}

    def tell(done: int, of: int) -> None:
        write_state(copy.path, replace(state, done=done, of=of))

    while still():
        fault = ""
        try:
            if copy.is_news():
                tell(0, 0)
                copy.fetch(tell)
        except TrackerError as error:
            fault = str(error)
        if fault and fault not in reported:
            _log.error("%s", fault)
            reported.add(fault)
        elif reported and not fault:
            _log.info(AGAIN)
            reported.clear()
        since_s = (state.since_s or time.time()) if fault else 0.0
        state = FetchState(fault=fault, since_s=since_s)
        if state != read_state(copy.path):
            write_state(copy.path, state)
        time.sleep(LOOKED_EVERY_S)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m data.fetch", description=__doc__)
    parser.add_argument("--follow", action="store_true", help="look for a newer one every 3 s")
    options = parser.parse_args(arguments)
    return ended("data.fetch", lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    store = settings().store
    if not isinstance(store, str):
        raise ConfigError("FTM_STORE names no address: there is nothing to fetch")
    copy = fetched(store, settings().network)
    try:
        copy.path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise translated(error, copy.path) from error
    if options.follow:
        parent = os.getppid()
        follow(copy, lambda: os.getppid() == parent)
        return
    if copy.is_news():
        copy.fetch(lambda done, of: None)
    print(f"{copy.path} is the newest")


if __name__ == "__main__":
    as_program(main)
