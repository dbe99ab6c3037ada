"""What the command line of a sync takes, and what of it goes together."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from data import ConfigError
from data.config import SAMPLE, is_lake, network_names
from data.store.command import between, local_file


def asking(name: str, description: str) -> argparse.ArgumentParser:
    """A parser with what every command takes that asks nodes; `name` is "" for a sync."""
    options = argparse.ArgumentParser(
        prog=f"python -m data.sync {name}".rstrip(),
        description=description,
        epilog="Networks: " + ", ".join(network_names()),
    )
    options.add_argument("--network", required=True, metavar="NAME")
    options.add_argument(
        "--rpc-url", action="append", default=[], metavar="URL", help="an endpoint; repeatable"
    )
    return options


def parser() -> argparse.ArgumentParser:
    options = asking("", "Fetch a network's logs and build its store.")
    options.add_argument(
        "--from-block", type=_block, metavar="N", help="instead of the pool's first"
    )
    options.add_argument("--to-block", type=_block, metavar="N", help="instead of the newest")
    options.add_argument(
        "--follow",
        type=between(1, 86_400, "1 second to a day (86400)"),
        metavar="SECONDS",
        help="sync again and again, this far apart",
    )
    options.add_argument(
        "--logs",
        action="append",
        type=Path,
        metavar="FILE",
        help="land logs from a file, a folder or a pattern, as a node or a common tool writes "
        "them, gzip too, or an archive of data.archive; repeatable. --from-block and --to-block "
        "leave out other blocks",
    )
    options.add_argument(
        "--covers",
        type=_blocks,
        metavar="A-B",
        help="the files of --logs hold every log of these blocks",
    )
    options.add_argument(
        "--blocks",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a file of blocks or transactions with their times, for logs that carry none; "
        "repeatable. Else --rpc-url is asked",
    )
    options.add_argument(
        "--store",
        type=file_or_lake,
        metavar="PATH",
        help="instead of var/NAME.duckdb; a lake, as ducklake:postgres:dbname=NAME host=HOST: then "
        "from its newest state on, and what is read goes there",
    )
    options.add_argument(
        "--to-lake",
        metavar="ADDRESS",
        help="afterwards bring the store into this lake too, and compare every table there",
    )
    return options


def file_or_lake(text: str) -> str:
    """A store that a sync may write. Raises ArgumentTypeError."""
    return text if is_lake(text) else str(local_file(text))


def _block(text: str) -> int:
    digits = text.replace("_", "").replace(",", "")
    if not re.fullmatch("[0-9]{1,10}", digits):
        raise argparse.ArgumentTypeError(f"{text!r} is no block number")
    return int(digits)


def _blocks(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not dash:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of blocks: write it A-B")
    return _block(first), _block(last)


def refuse_contradictions(options: argparse.Namespace) -> None:
    first, last = options.from_block, options.to_block
    others = (
        options.logs,
        options.rpc_url,
        options.follow,
        first,
        last,
        options.covers,
        options.blocks,
    )
    if options.network == SAMPLE and any(value not in (None, []) for value in others):
        raise ConfigError("the sample is one fixed simulation: name it with --store alone")
    if first is not None and last is not None and last < first:
        raise ConfigError(f"--to-block {last} lies before --from-block {first}")
    if options.logs and options.follow:
        raise ConfigError("--logs reads files once: leave out --follow")
    if not options.logs and (options.covers or options.blocks):
        raise ConfigError("--covers and --blocks say something of files: name them with --logs")
    if options.covers:
        start, end = options.covers
        if end < start:
            raise ConfigError(f"--covers ends at {end}, before it begins at {start}")
        if (first is not None and start < first) or (last is not None and last < end):
            raise ConfigError("--covers goes beyond --from-block or --to-block, which leave out")
    if options.follow and options.to_lake:
        raise ConfigError("--follow has no end for --to-lake to come after: name --store ADDRESS")
    if options.follow and last is not None:
        raise ConfigError("--follow has no end: leave out --to-block")
