"""`python -m data.archive`: a history as one file, for when its chain is gone.

`write` and `read` exit with 0 when done, 1 where it failed, 2 for bad usage, 3 where another
process writes the store. `verify` and `compare` do as cmp does: 0 where all is the same, 1 where
something differs, 2 where nobody can tell.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from data import ConfigError, StoreError, TrackerError
from data.config import SAMPLE, Network, default_store, load_network
from data.ingest import raw_logs
from data.ingest.archived import Scope, filters_of, open_history, scope_of, write_archive
from data.ingest.compared import common, differences, ends
from data.ingest.coverage import merged
from data.ingest.doubts import PLACE, as_chain_log, only_answered, only_stored
from data.ingest.from_archive import sync_archive
from data.ingest.landing import file_in_memory, read_into_landing
from data.node.chain import Chain
from data.node.log_ranges import LogFilter, LogRanges, RangeAnswer
from data.node.witness import on_chain
from data.store.command import add_network, as_program, ended, local_file
from data.store.reader import open_reader, read_info, translated
from data.store.sync_state import write_landed
from data.store.writer import lock

_RANGE_BLOCKS, _RANGES = 10_000, 1_000  # a sample's ranges: so wide, or so many of a short history
_SHOWN = 10


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    options = _parser().parse_args(arguments)
    return ended("data.archive", lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    try:
        status: int = options.run(options)
    except TrackerError as error:
        if error.exit_status == 1 and options.command in ("verify", "compare"):
            error.exit_status = 2  # of these, 1 says that something differs
        raise
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m data.archive", description="Keep a history as one file."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str, *, of_network: bool) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        if of_network:
            add_network(added)
        return added

    write = command("write", _write, "Write a store's history into a new file.", of_network=True)
    write.add_argument("--to-block", type=int, metavar="N", help="instead of the last synced")
    write.add_argument("file", type=Path, metavar="OUT")
    read = command("read", _read, "Make a store of an archive, without a node.", of_network=True)
    read.add_argument("--sha256", metavar="HEX", help="take no archive of another sum")
    read.add_argument("file", type=local_file, metavar="FILE")
    verify = command("verify", _verify, "Hold a history against what nodes say.", of_network=True)
    verify.add_argument(
        "--rpc-url", action="append", default=[], metavar="URL", help="an endpoint; repeatable"
    )
    much = verify.add_mutually_exclusive_group()
    much.add_argument("--all", action="store_true", help="every block")
    much.add_argument("--sample", type=int, default=300, metavar="N", help="ranges; %(default)s")
    verify.add_argument("--seed", type=int, metavar="N", help="the same sample once more")
    verify.add_argument(
        "file", type=local_file, nargs="?", metavar="FILE", help="instead of the store"
    )
    compare = command(
        "compare", _compare, "Name the first log that two histories differ in.", of_network=False
    )
    compare.add_argument("one", type=local_file, metavar="A", help="an archive or a store")
    compare.add_argument("other", type=local_file, metavar="B")
    return parser


def _network(options: argparse.Namespace) -> tuple[Network, Path]:
    network = load_network(options.network, tuple(getattr(options, "rpc_url", ())))
    return network, options.store or default_store(network.name)


def _write(options: argparse.Namespace) -> int:
    network, store = _network(options)
    out: Path = options.file
    part = out.with_name(out.name + ".part")
    with open_reader(store) as con:
        scope = scope_of(con, options.to_block)
        scope.refuse_other(network, store)
        if out.exists():
            raise StoreError(f"{out} is there already: name a new file, so that none is lost")
        try:
            with part.open("wb") as file:
                sealed = write_archive(con, scope, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(out)
        except (OSError, duckdb.Error) as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise translated(error, out if isinstance(error, OSError) else store) from error
        synced = read_info(con).synced_block
        failed = con.execute("SELECT count(*) FROM checks WHERE status = 'failed'").fetchone()
    print(sealed)
    if options.to_block is None and synced != scope.last_block:
        print(f"blocks after {scope.last_block} are not read whole, and not in it", file=sys.stderr)
    if failed and failed[0]:
        print(f"{failed[0]} checks of {store} failed: see the Status page", file=sys.stderr)
    return 0


def _read(options: argparse.Namespace) -> int:
    network, store = _network(options)
    if network.name == SAMPLE and options.store is None:
        raise ConfigError("var/sample.duckdb is made anew by the app: name another --store")
    with lock(store):
        now = datetime.now(UTC)
        sealed, logs, findings = sync_archive(network, store, options.file, now, options.sha256)
        write_landed(store, now.timestamp(), logs)
    print(sealed)
    print(f"{store}: {logs:,} new logs up to block {sealed.scope.last_block}")
    for finding in [each for each in findings if each.status == "failed"][:_SHOWN]:
        print(f"check failed: {finding.name}: {finding.message}", file=sys.stderr)
    return 0


def _compare(options: argparse.Namespace) -> int:
    with open_history(options.one) as (one, first), open_history(options.other) as (other, second):
        print(f"A  {first.sealed}\nB  {second.sealed}")
        found = first_difference(one, first.sealed.scope, other, second.sealed.scope)
        found = found or next(iter(ends(first, second)), "")
    print(found or "the same")
    return 1 if found else 0


def first_difference(
    one: duckdb.DuckDBPyConnection, a: Scope, other: duckdb.DuckDBPyConnection, b: Scope
) -> str:
    """Where two histories first differ, and why; "" where they are the same."""
    for key in ("simulated", "chain_id", "pool", "bond", "cert", "sfc"):
        if getattr(a, key) != getattr(b, key):
            return f"another chain or pool: {key} is {getattr(a, key)} in A, {getattr(b, key)} in B"
    if found := next(differences(one, a, other, b), ""):
        return found
    if (a.first_block, a.last_block) == (b.first_block, b.last_block):
        return ""
    first, last = common(a, b)
    start = min(a.first_block, b.first_block)
    apart = start if a.first_block != b.first_block else last + 1
    return f"block {apart}: another range; blocks {first}-{last}, which both hold, are the same"


def _verify(options: argparse.Namespace) -> int:
    network, store = _network(options)
    if options.sample < 1:
        raise ConfigError(f"--sample {options.sample} asks for nothing: want 1 or more")
    with open_history(options.file or store) as (con, archive):
        scope = archive.sealed.scope
        scope.refuse_other(network, options.file or store)
        print(archive.sealed)
        ranges, bound = [(scope.first_block, scope.last_block)], "every block was compared"
        if not options.all:
            seed = secrets.randbelow(1 << 32) if options.seed is None else options.seed
            ranges, bound = _sampled(scope, options.sample, seed)
        chain = Chain(network)
        found = _differences(con, scope, chain, ranges)
        if archive.last is not None and archive.last.hash is not None:
            theirs = chain.block(scope.last_block).hash
            if theirs != archive.last.hash:
                found.append(f"block {scope.last_block}: its hash is {theirs} at the node")
    for sentence in found[:_SHOWN]:
        print(sentence)
    print(f"{len(found)} differences with {chain.sources}" if found else f"no difference: {bound}")
    return 1 if found else 0


def _sampled(scope: Scope, number: int, seed: int) -> tuple[list[tuple[int, int]], str]:
    """Some ranges of a history, and what it bounds if they are the same at a node."""
    first, last = scope.first_block, scope.last_block
    width = min(_RANGE_BLOCKS, max(1, (last - first + 1) // _RANGES))
    starts = range(first, last + 1, width)
    if number >= len(starts):
        return [(first, last)], "every block was compared"
    ranges = [
        (start, min(start + width - 1, last))
        for start in random.Random(seed).sample(starts, number)
    ]
    share = min(1.0, 3 / number)
    return merged(ranges), (
        f"{number} of {len(starts)} ranges of {width} blocks were compared (--seed {seed}). With "
        f"95 % confidence fewer than {share:.2%} of the ranges differ"
    )


def _differences(
    con: duckdb.DuckDBPyConnection, scope: Scope, chain: Chain, ranges: list[tuple[int, int]]
) -> list[str]:
    """What the history and the nodes tell differently of some blocks. An answer that receipts prove
    wrong compares nothing: its blocks are asked for elsewhere."""
    found: list[str] = []
    filters = filters_of(con, scope, "raw_logs")
    # Who keeps no old blocks would say that nothing happened in them. Not by a log of the history:
    # it may be made up.
    chain.probe_history(filters[0], scope.first_block, scope.last_block)
    with file_in_memory() as file:
        for each in filters:
            answers = LogRanges(chain.endpoints, each, ranges)
            while answers.left:
                for answer in answers:
                    holding = [] if answer.empty else [answer]
                    fault = read_into_landing(con, holding, each, file)
                    differing = [] if fault else list(_differing(con, chain, each, answer))
                    fault = fault or next(
                        (text for text, is_ours in differing if not is_ours), None
                    )
                    if fault is None:
                        found += [text for text, _ in differing]
                    else:
                        print(f"a node's own fault: {fault}", file=sys.stderr)
                        answers.reject(answer, fault, lied=True)
    return found


def _differing(
    con: duckdb.DuckDBPyConnection, chain: Chain, log_filter: LogFilter, answer: RangeAnswer
) -> Iterator[tuple[str, bool]]:
    """Each difference of the history with the answer in `landing`, and whether it may be the
    history's fault: receipts do not prove the answer wrong."""
    host, span = answer.endpoint.host, [(answer.first, answer.last)]
    stored, more = only_stored(con, log_filter, span), only_answered(con, log_filter, span)
    held = on_chain(chain.endpoints, [*stored, *more], host)
    rows = con.execute(f"SELECT {PLACE} FROM landing").fetchall() if stored else []
    elsewhere = set(map(as_chain_log, rows))  # what a receipt holds, under another index
    for log in stored:
        is_ours = not held[log] or log in elsewhere
        yield f"block {log.block}: {host} has not log {log.log_index} as it is", is_ours
    for log in more:
        lacks = f"block {log.block}: log {log.log_index} as {host} has it is missing"
        yield lacks, held[log] is not False
    timeless = con.execute("SELECT DISTINCT block FROM landing WHERE block_time IS NULL").fetchall()
    if timeless:
        times = chain.block_times([block for (block,) in timeless])
        raw_logs.set_block_times(con, times)
    for (block,) in con.execute(
        "SELECT DISTINCT block FROM landing JOIN raw_logs USING (block, log_index) "
        "WHERE landing.block_time <> raw_logs.block_time ORDER BY 1"
    ).fetchall():
        yield f"block {block}: {host} tells another time", True


if __name__ == "__main__":
    as_program(main)
