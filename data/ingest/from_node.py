"""A store brought up to its chain's head, segment by segment.

Each segment is landed, rebuilt, checked and published before the next, so that a long
first sync can be looked at while it runs and every published store is whole up to its
block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from data import NodeError, WrongChainError
from data.config import Network
from data.ingest import decode
from data.ingest.checks import Finding, suspect_ranges
from data.ingest.coverage import forget
from data.ingest.finish import Reached, finish
from data.ingest.landing import land_range, unread
from data.ingest.progress import Progress
from data.node.chain import Chain
from data.store.reader import read_info
from data.store.writer import open_next, publish

SEGMENT_BLOCKS = 5_000_000
# Read again each time: an endpoint behind a balancer may not have had the newest blocks.
_TAIL_BLOCKS = 64
# Endpoints may differ by this much in how new their newest block is.
_LAG_BLOCKS = 1_000


@dataclass(frozen=True)
class Synced:
    """The block a store was brought to, and what the checks found there."""

    block: int
    findings: Sequence[Finding]


def sync_node(
    network: Network,
    path: Path,
    chain: Chain,
    progress: Progress,
    first: int | None = None,
    last: int | None = None,
    segment_blocks: int = SEGMENT_BLOCKS,
) -> Synced:
    """Bring the store at `path` from block `first` (the network's own if None) to `last`
    (the chain's head if None). Only what is not covered is read; the store is published
    after each `segment_blocks`.

    To be called under store.writer.lock. Raises NodeError, StoreError or ChangedLogError;
    what was committed before stays and is continued the next time.
    """
    head = chain.head()
    last = head if last is None else min(last, head)
    first = network.first_block if first is None else first
    if last < first:
        raise NodeError(f"the chain's newest block is {head}, before {first}: nothing to read yet")
    reached = synced = -1
    findings: list[Finding] = []
    while reached < last:
        with open_next(path, network) as con:
            decode.prepare(con, network)
            if reached < 0:
                synced = _go_on_from(con, chain, head, first, last)
                if synced > head:
                    progress.note(f"the node is at block {head}, the store at {synced}: no news")
                    return Synced(synced, [])
                progress.expect(unread(con, first, last))
            for end in [*range(first + segment_blocks - 1, last, segment_blocks), last]:
                if land_range(con, chain, network, first, end, progress) or end == last:
                    target = Reached(
                        chain.block(max(end, synced)),
                        head,
                        chain.sources,
                        datetime.now(UTC),
                        unknown_because="asked of the contract only at the end of a sync",
                    )
                    findings = _finish(con, chain, network, first, target, progress, end == last)
                    reached = end
                    break
        publish(path)
    return Synced(max(reached, synced), findings)


def _go_on_from(
    con: duckdb.DuckDBPyConnection, chain: Chain, head: int, first: int, last: int
) -> int:
    """Make sure the chain is the one the store was read from, and forget the store's last
    blocks where they are about to be read again. Returns its block, -1 for a new store."""
    info = read_info(con)
    if info.synced_block is None:
        return -1
    if info.synced_block > head + _LAG_BLOCKS:
        raise NodeError(
            f"the node's newest block is {head}, but the store was read to {info.synced_block}: "
            "the node is behind, or its chain was restarted. Ask another --rpc-url; if the chain "
            "really is new, move the store aside and sync again"
        )
    if info.synced_hash is not None and info.synced_block <= head:
        node_hash = chain.block(info.synced_block).hash
        if node_hash != info.synced_hash:
            raise WrongChainError(
                f"block {info.synced_block} is {info.synced_hash} in the store but {node_hash} at "
                "the node: the chain was rewritten or restarted, or is another. Ask another "
                "--rpc-url; if the chain really is new, move the store aside and sync again"
            )
    if info.synced_block <= last:
        forget(con, max(first, info.synced_block - _TAIL_BLOCKS + 1), info.synced_block)
    return info.synced_block


def _finish(
    con: duckdb.DuckDBPyConnection,
    chain: Chain,
    network: Network,
    first: int,
    target: Reached,
    progress: Progress,
    at_end: bool,
) -> list[Finding]:
    """Finish a segment; where ids show that logs were withheld, read those blocks once more."""
    if at_end:
        try:
            target = replace(target, state=chain.pool_state(target.block))
        except NodeError as error:
            target = replace(target, unknown_because=str(error))
            progress.note(f"the contract's own views were not checked: {error}")
    findings = finish(con, target)
    suspects = [
        (max(first, start), end) for start, end in suspect_ranges(con, target.state) if end >= first
    ]
    if suspects:
        for start, end in suspects:
            progress.note(f"a log is missing between blocks {start} and {end}: reading them again")
            forget(con, start, end)
        land_range(con, chain, network, first, target.block.number, progress)
        findings = finish(con, target)
    return findings
