"""`python -m data.sync`: fetches a network's logs and builds its store.

Exit status: 0 done, 1 failed (what landed stays and is continued), 2 bad usage, 3 another process
writes the store.
`python -m data.sync check` tells what each endpoint can do; 1 where none keeps the history.
`python -m data.sync verify` asks others, or a file, for what one host gave; 1 where they differ.
`python -m data.sync upgrade` brings a store of an earlier version up to date, without a node.
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

from data import (
    ConfigError,
    LakeOutageError,
    LogFileError,
    NodeError,
    WrongChainError,
)
from data import upgrade as upgrade_command
from data.config import SAMPLE, Network, default_store, is_lake, load_network, settings
from data.ingest.archived import is_archive
from data.ingest.checks import Finding, failures
from data.ingest.from_archive import sync_archive
from data.ingest.from_file import sync_file
from data.ingest.progress import Progress
from data.lake.address import parse_lake
from data.lake.working import Lake, find, lake_of, move
from data.logs import CHANGE, is_plain
from data.node.endpoint import Manners
from data.options import asking, file_or_lake, parser, refuse_contradictions
from data.sample.store import ensure_sample
from data.store.command import add_store, as_program, between, count, ended, local_file
from data.store.reader import version
from data.store.sync_state import write_landed
from data.store.writer import lock

# Of glibc's malloc.h: how many arenas there may be, from what size on memory is mapped, and how
# much that is free is kept. What is smaller than an answer is soon asked for again.
_ARENAS, _MAPPED_FROM, _KEPT = -8, -3, -1
_log = logging.getLogger("data.sync")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        commands = {"check": _check, "verify": _verify, "upgrade": upgrade_command.main}
        if arguments and arguments[0] in commands:
            return commands[arguments[0]](arguments[1:])
        options = parser().parse_args(arguments)
        network = load_network(options.network, tuple(options.rpc_url))
        refuse_contradictions(options)
        to_lake = parse_lake(options.to_lake) if options.to_lake else None
        store = options.store or _set_store(network, options)
        lake = lake_of(store, network)
        path = lake.path if lake else Path(store)
    except ConfigError as error:
        _log.error(error)
        return 2
    except KeyboardInterrupt:
        return 130

    def run() -> None:
        if to_lake is not None:
            find(to_lake)
        _sync(network, path, options, lake)
        if to_lake is not None:
            _print(move(path, to_lake, network, datetime.now(UTC)))

    status = ended("data.sync", run, "what landed is kept, run the same command to go on")
    return 0 if status == 130 and options.follow else status


def _set_store(network: Network, options: argparse.Namespace) -> str:
    """The store of a command line that names none. Raises ConfigError."""
    given, own = settings(), str(default_store(network.name))
    if given.sync_store is None:
        shows_lake = given.network == network.name and is_lake(str(given.store))
        if shows_lake and not options.to_lake:
            _log.warning(f"the app shows a lake, and this syncs {own}: set FTM_SYNC_STORE too")
        return own
    if given.network is None:
        raise ConfigError("FTM_SYNC_STORE does not say of which network: set FTM_NETWORK too")
    if given.network != network.name:
        return own
    try:
        return file_or_lake(given.sync_store)
    except argparse.ArgumentTypeError as error:
        raise ConfigError(f"FTM_SYNC_STORE: {error}") from error


def _sync(network: Network, path: Path, options: argparse.Namespace, lake: Lake | None) -> None:
    """Bring the store at `path` up to date; that of a lake from what the lake holds, and the lake
    from what was read."""
    if network.name == SAMPLE:
        print(f"{ensure_sample(datetime.now(UTC), path)} holds the simulated sample")
        if lake is not None:
            _print(lake.push(datetime.now(UTC)))
        return
    with lock(path):
        files = " from files" if options.logs else ""
        _log.info(f"sync of {network.name}{files} began", extra=CHANGE)
        if lake is None and path.exists():  # a node may be away for long, or for ever
            _bring_up(path)
        if not options.logs:
            _from_node(network, path, options, lake)
            return
        if lake is not None:
            _print(lake.take_newest(datetime.now(UTC)))
        if not _from_archive(network, path, options):
            _from_files(network, path, options)
        if lake is not None:
            _print(lake.push(datetime.now(UTC)))


def _bring_up(path: Path) -> None:
    """Make the tables of a store that an earlier version made anew, before anybody is asked."""
    done, findings = upgrade_command.bring_up(path)
    if done:
        _log.info(done, extra=CHANGE)
        if is_plain():
            print(done, flush=True)
    _tell_failures(findings)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _give_memory_back() -> None:
    """Let what was freed go back to the system at once: answers of megabytes come in many threads,
    and glibc would keep as many of each thread for the next one."""
    with suppress(AttributeError, OSError):  # of another C library
        library = ctypes.CDLL(None)
        library.mallopt(_ARENAS, 1)
        library.mallopt(_MAPPED_FROM, 4 << 20)
        library.mallopt(_KEPT, 16 << 20)


def _check(arguments: list[str]) -> int:
    """Print what each endpoint can do; returns 0 if one of use keeps the whole history."""
    from data.node.survey import survey, table

    options = asking("check", "Ask each endpoint what it can do.").parse_args(arguments)
    rows = survey(load_network(options.network, tuple(options.rpc_url)))
    print("\n".join(table(rows)))
    if any(row.usable and row.keeps_history for row in rows):
        return 0
    _log.error(f"no endpoint of {options.network} keeps the history: name one with --rpc-url")
    return 1


def _verify(arguments: list[str]) -> int:
    """Compare what one source gave with what others tell, and print what was found; returns 0
    where all was compared and nothing differs."""
    parser = asking("verify", "Ask other endpoints for what one alone gave, the newest first.")
    parser.add_argument("--all", action="store_true", help="what two hosts gave, or is proved, too")
    parser.add_argument(
        "--against", type=local_file, metavar="ARCHIVE", help="ask a file, and no node"
    )
    parser.add_argument("--sample", type=count, metavar="N", help="only N stretches, by chance")
    parser.add_argument(
        "--rate",
        type=between(0.01, 1_000, "0.01 to 1000 requests a second"),
        default=2.0,
        metavar="R",
        help="requests for logs a second that each endpoint gets at the most; default 2",
    )
    add_store(parser)
    options = parser.parse_args(arguments)
    network = load_network(options.network, tuple(options.rpc_url))
    if network.simulated:
        raise ConfigError(f"{network.name} is a simulation: nobody else can be asked for its logs")
    if options.against and (options.rpc_url or options.all or options.sample):
        raise ConfigError("--against asks no node: leave out --rpc-url, --all and --sample")
    path = options.store or default_store(network.name)

    def run() -> int:
        version(path)  # a store that is not there is not to be begun
        if options.against is not None:
            return _against(network, path, options)
        with lock(path):
            return _verified(network, path, options)

    return ended("data.sync", run, "what was compared is kept, run the same command to go on")


def _against(network: Network, path: Path, options: argparse.Namespace) -> int:
    from data.ingest.compared import against
    from data.ingest.verify_report import lines_against

    found = against(network, path, options.against)
    print(f"{found.archive}\n{path}: " + "\n".join(lines_against(found)))
    return 1 if found.found else 0


def _verified(network: Network, path: Path, options: argparse.Namespace) -> int:
    from data.ingest.verify import verify_store
    from data.ingest.verify_report import lines
    from data.node.chain import Chain

    manners = Manners.of_settings(options.rate)
    with Progress() as progress:  # shown to nobody: it is no sync, however it ends
        found = verify_store(
            network,
            path,
            Chain(network, manners, head=True),
            progress,
            everything=options.all,
            stretches=options.sample,
            dice=Random(),
        )
    print(f"{path}: " + "\n".join(lines(found)))
    _tell_failures(found.findings)
    return 0 if found.fine else 1


def _from_archive(network: Network, path: Path, options: argparse.Namespace) -> bool:
    """Whether the file is an archive of data.archive, which then has landed."""
    if not any(map(is_archive, options.logs)):
        return False
    others = (options.from_block, options.to_block, options.covers, options.blocks)
    if len(options.logs) > 1 or any(value not in (None, []) for value in others):
        raise LogFileError("an archive says itself which blocks it holds: name it alone")
    now = datetime.now(UTC)
    sealed, logs, findings = sync_archive(network, path, options.logs[0], now)
    write_landed(path, now.timestamp(), logs)
    print(f"{sealed}\n{path}: {logs:,} new logs up to block {sealed.scope.last_block}")
    _tell_failures(findings)
    return True


def _from_files(network: Network, path: Path, options: argparse.Namespace) -> None:
    began = time.monotonic()
    asks = options.rpc_url or settings().rpc_urls  # not the public ones: files were chosen
    with Progress(path) as progress:
        landed = sync_file(
            network,
            path,
            options.logs,
            datetime.now(UTC),
            options.from_block,
            options.to_block,
            covers=options.covers,
            blocks=options.blocks,
            block_times=partial(_block_times, network) if asks else None,
        )
        progress.landed(landed.logs)
    took_s = time.monotonic() - began
    if landed.skipped:
        print(f"{landed.skipped:,} logs of other contracts were skipped")
    brought = f"{landed.logs:,} new logs up to block {landed.block}"
    _log.info(f"published: {brought}", extra=CHANGE)
    print(f"{path}: {brought} in {took_s:.1f} s")
    _tell_failures(landed.findings)


def _block_times(network: Network, blocks: list[int]) -> dict[int, datetime]:
    """The times of these blocks, from the network's endpoints."""
    from data.node.chain import Chain  # with web3, which takes over a second to import

    return Chain(network).block_times(blocks)


def _from_node(
    network: Network, path: Path, options: argparse.Namespace, lake: Lake | None
) -> None:
    from data.ingest.from_node import has_news, sync_node
    from data.node.chain import Chain

    reported, fault = set[str](), ""  # the kind of fault of an outage
    line_due = True  # with --follow only what is new gets a line, and that a node is back
    while True:
        try:
            if lake is not None:
                _print(lake.take_newest(datetime.now(UTC)))
            with Progress(path, reported) as progress:
                chain = Chain(network, head=True)
                progress.news(chain.drain_notices())
                synced = None
                if line_due or has_news(network, path, chain, datetime.now(UTC)):
                    synced = sync_node(
                        network, path, chain, progress, options.from_block, options.to_block
                    )
            if fault not in ("", LakeOutageError.kind):
                _log.info("recovered: endpoints answer again", extra=CHANGE)
            if synced is not None and (progress.logs or line_due):
                for each in chain.contributions():
                    if each.requests:
                        _log.info(each)
                brought = f"{progress.logs:,} new logs up to block {synced.block}"
                _log.info(f"published: {brought}", extra=CHANGE)
                if not options.follow or is_plain():
                    print(f"{path}: {brought}", flush=True)
            if synced is not None:
                _tell_failures(synced.findings)
                if lake is not None:
                    _print(lake.push(datetime.now(UTC)))
            if fault == LakeOutageError.kind:
                _log.info("recovered: the lake answers again", extra=CHANGE)
            line_due, fault = False, ""
        except WrongChainError:
            raise
        except (NodeError, LakeOutageError) as error:
            if not options.follow:
                raise
            if error.kind != fault:  # an outage is reported once, not each round
                _log.error(error)
            fault, line_due = error.kind, True
        if not options.follow:
            return
        time.sleep(options.follow)


def _tell_failures(findings: Sequence[Finding]) -> None:
    for line in failures(findings):
        _log.warning(line)


if __name__ == "__main__":
    _give_memory_back()
    as_program(main)
