"""A store brought up to its chain's head, and shown while it is read.

What was read so far is rebuilt, checked and published after some seconds, then each minute, then
at the end: a long first sync can be looked at while it runs, and every published store is whole
up to its block. Where nothing is new, nothing is rebuilt.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from data import NodeError, WrongChainError
from data.config import Network
from data.ingest import decode
from data.ingest.checks import Finding, suspect_ranges
from data.ingest.coverage import POOL, forget, ranges
from data.ingest.doubts import distrust
from data.ingest.evidence import budget, confirm, sample
from data.ingest.finish import Reached, finish, stands_still
from data.ingest.landing import land_range, unread
from data.ingest.progress import Progress
from data.ingest.reading import Reading, deployed_stubs, pool_and_bond
from data.node.chain import Chain
from data.store.reader import StoreInfo, read_info
from data.store.writer import open_next, publish, transaction

# Read again each time: an endpoint behind a balancer may not have had the newest blocks. It costs
# no request more where an endpoint takes so many at once.
_TAIL_BLOCKS = 1_000
# From so many blocks on it is worth finding out first who keeps old ones.
_LONG_BLOCKS = 10_000
# Endpoints may differ by this much in how new their newest block is.
_LAG_BLOCKS = 1_000


@dataclass(frozen=True)
class Looks:
    """When what was read so far is published: after `first_s`, then every `every_s`, or less often
    where publishing itself takes more than a tenth of the time."""

    first_s: float = 10.0
    every_s: float = 60.0


@dataclass(frozen=True)
class Synced:
    """The block a store was brought to, and what the checks found there; nothing where nothing
    was new."""

    block: int
    findings: Sequence[Finding]


def sync_node(
    network: Network,
    path: Path,
    chain: Chain,
    progress: Progress,
    first: int | None = None,
    last: int | None = None,
    looks: Looks = Looks(),
) -> Synced:
    """Bring the store at `path` from block `first` (the network's own if None) to `last`
    (the chain's head if None). Only what is not covered is read.

    To be called under store.writer.lock. Raises NodeError, StoreError or ChangedLogError;
    what was committed before stays and is continued the next time.
    """
    head = chain.head()
    progress.news(chain.drain_notices())
    last = head if last is None else min(last, head)
    first = network.first_block if first is None else first
    if last < first:
        raise NodeError(f"the chain's newest block is {head}, before {first}: nothing to read yet")
    reached = synced = -1
    only_newest = False
    look_after_s = looks.first_s
    findings: list[Finding] = []
    while reached < last:
        began = time.monotonic()
        with open_next(path, network, progress.note) as con:
            decode.prepare(con, network)
            reading = Reading(con, chain, network, progress, progress.note)
            if reached < 0:
                synced = _go_on_from(con, chain, head, first, last)
                if synced > head:
                    progress.note(f"the node is at block {head}, the store at {synced}: no news")
                    return Synced(synced, [])
                progress.expect(unread(con, first, last))
                only_newest = not unread(con, first, synced - _TAIL_BLOCKS)
                if unread(con, first, last) > _LONG_BLOCKS:
                    find_archives(reading, first, last)
            logs = progress.logs
            # The staking contract's logs of the same blocks take about as long again.
            reached = _land_and_ask_twice(reading, first, last, began + look_after_s / 2)
            progress.news(chain.drain_notices())
            if reached < first:
                continue
            rebuilt_from = time.monotonic()
            at_end = reached == last
            target = Reached(
                chain.block(max(reached, synced)),
                head,
                chain.sources,
                datetime.now(UTC),
                unknown_because="asked of the contract only at the end of a sync",
            )
            news = progress.logs > logs or not at_end or not only_newest
            if news or not stands_still(con, chain, target):
                findings = finish_look(reading, first, target, at_end=at_end)
        publish(path)
        look_after_s = max(looks.every_s, 10 * (time.monotonic() - rebuilt_from))
    return Synced(max(reached, synced), findings)


def find_archives(reading: Reading, first: int, last: int) -> None:
    """Find out who keeps old blocks, by the oldest log that is known."""
    row = reading.con.execute("SELECT block, log_index FROM raw_logs ORDER BY ALL LIMIT 1")
    reading.chain.probe_history(pool_and_bond(reading.network), first, last, row.fetchone())


def _land_and_ask_twice(reading: Reading, first: int, last: int, until: float) -> int:
    """Land what is unread, then see how far a second source bears it out; where one was found
    wrong, what it alone told is read again. Returns the block up to which all is read.

    Raises NodeError where every endpoint was found wrong.
    """
    while True:
        landed = land_range(reading, first, last, until)
        if landed.block < first:
            return landed.block
        requests = budget(len(landed.ranges))
        confirm(reading, first, landed.block, requests)
        sample(reading, landed.ranges, requests)
        if not unread(reading.con, first, landed.block):
            return landed.block
        if all(endpoint.lied for endpoint in reading.chain.endpoints.all):
            raise NodeError(
                "no endpoint is left whose logs are those of the chain. "
                f"{reading.chain.endpoints.faults()}"
            )


def _go_on_from(
    con: duckdb.DuckDBPyConnection, chain: Chain, head: int, first: int, last: int
) -> int:
    """Make sure the chain is the one the store was read from, and forget the store's last
    blocks where they are about to be read again. Returns its block, -1 for a new store."""
    info = read_info(con)
    if info.synced_block is None:
        return -1
    refuse_other_chain(chain, info, head)
    if info.synced_block <= last:
        forget(con, max(first, info.synced_block - _TAIL_BLOCKS + 1), info.synced_block)
    return info.synced_block


def refuse_other_chain(chain: Chain, info: StoreInfo, head: int) -> None:
    """Make sure that the chain, whose newest block is `head`, is the one a store was read from.
    Raises NodeError, WrongChainError."""
    if info.synced_block is None:
        return
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


def finish_look(reading: Reading, first: int, target: Reached, *, at_end: bool) -> list[Finding]:
    """Finish a look, with the contract's own state `at_end`; where ids show that logs were
    withheld, read those blocks once more."""
    con, chain = reading.con, reading.chain
    if at_end:
        stubs = [stub for stub, _ in deployed_stubs(con)]
        try:
            target = replace(target, state=chain.pool_state(target.block, stubs))
        except NodeError as error:
            target = replace(target, unknown_because=str(error))
            reading.note(f"the contract's own views were not checked: {error}")
    findings = finish(con, target)
    missing = _missing(con, first, target)
    if not missing:
        return findings
    tellers = {told.source for start, end in missing for told in ranges(con, POOL, start, end)}
    for start, end in missing:
        reading.note(f"a log is missing between blocks {start} and {end}: reading them again")
        forget(con, start, end)
    for endpoint in chain.endpoints.all:
        endpoint.lied = endpoint.lied or endpoint.host in tellers
    land_range(reading, first, target.block.number)
    findings = finish(con, target)
    still = _missing(con, first, target)
    with transaction(con):
        for start, end in still:
            con.execute(
                "INSERT INTO searched_in_vain VALUES (?, ?, get_current_timestamp(), ?)",
                [start, end, chain.sources],
            )
        for source in tellers if len(still) < len(missing) else ():
            if reading.others(source):
                distrust(reading, source, missing[0][0], "left out a log of the pool")
    if unread(con, first, target.block.number):
        land_range(reading, first, target.block.number)
        findings = finish(con, target)
    return findings


def _missing(con: duckdb.DuckDBPyConnection, first: int, target: Reached) -> list[tuple[int, int]]:
    """The blocks, from `first` on, in which ids say that a log is missing, but for those that were
    searched in vain within a day."""
    searched = con.execute(
        "SELECT from_block FROM searched_in_vain WHERE searched_at > ?",
        [target.now - timedelta(days=1)],
    ).fetchall()
    found = [
        (max(first, start), end) for start, end in suspect_ranges(con, target.state) if end >= first
    ]
    return [each for each in found if (each[0],) not in searched]
