"""A store brought up to its chain's head, and shown while it is read.

What was read so far is rebuilt, checked and published after some seconds, then each minute, then
at the end: a long first sync can be looked at while it runs, and every published store is whole
up to its block. Where nothing is new, nothing is rebuilt.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data import NodeError
from data.config import Network
from data.ingest import decode
from data.ingest.checks import Finding
from data.ingest.coverage import BOND, POOL, SFC, forget, merged
from data.ingest.doubts import only_answered, only_stored, take_back
from data.ingest.evidence import budget, confirm, filters, sample
from data.ingest.finish import Reached, same_state, stands_still
from data.ingest.healing import finish_look, read_liars_again, same_chain, still_missing
from data.ingest.identity import left_chain
from data.ingest.landing import file_in_memory, land_range, read_into_landing, unread
from data.ingest.progress import Progress
from data.ingest.reading import LONG_BLOCKS, Reading, deployed_stubs
from data.ingest.settling import settle_doubts
from data.ingest.times import hold_times
from data.node.chain import Chain
from data.node.log_ranges import LogRanges
from data.store.reader import SCHEMA_VERSION, open_reader, read_info
from data.store.sealed import is_proved
from data.store.upgrade import OLDEST
from data.store.writer import holds_fewer_blocks, open_next, publish

# Pages call a store stale after an hour.
_UNCHANGED_FOR = timedelta(minutes=50)
# Read again each time: an endpoint behind a balancer may not have had the newest blocks. It costs
# no request more where an endpoint takes so many at once.
_TAIL_BLOCKS = 1_000
# Each round reads again what a host told that was found wrong in the one before.
_ROUNDS = 5


@dataclass(frozen=True)
class Looks:
    """When what was read so far is published: after `first_s`, then every `every_s`, or less often
    where publishing itself takes more than a tenth of the time, or the end is near."""

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
    chain.remember(max(0, head - _TAIL_BLOCKS))
    progress.news(chain.drain_notices())
    last = head if last is None else min(last, head)
    first = network.first_block if first is None else first
    if last < first:
        raise NodeError(f"the chain's newest block is {head}, before {first}: nothing to read yet")
    reached = synced = -1
    only_newest = False
    healed: set[str] = set()
    look_after_s = looks.first_s
    findings: list[Finding] = []
    while reached < last:
        began = time.monotonic()
        with open_next(path, network, progress.note) as con:
            decode.prepare(con, network)
            reading = Reading(con, chain, network, progress, progress.note, healed)
            if reached < 0:
                synced = _go_on_from(reading, head, first, last)
                if synced > head:
                    progress.note(f"the node is at block {head}, the store at {synced}: no news")
                    return Synced(synced, [])
                forget(con, head + 1, 2**62)  # who told more blocks than there are is found out
                progress.expect(unread(con, first, last))
                only_newest = not unread(con, first, synced - _TAIL_BLOCKS)
                if unread(con, first, last) > LONG_BLOCKS:
                    reading.find_archives(first, last)
            logs = progress.logs
            # The staking contract's logs of the same blocks take about as long again.
            looked_at = max(synced, reached, first - 1)
            until = began + look_after_s / 2
            reached = _land_and_ask_twice(reading, first, last, until, looked_at)
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
            news = news or still_missing(reading, first, target.now)
            if news or not stands_still(con, chain, target):
                findings = finish_look(reading, first, target, at_end=at_end)
            if left_chain(reading):
                con.execute("UPDATE store_info SET synced_hash = NULL")  # whose it is, nobody knows
                reached = -1
                continue
            proved = is_proved(con)
        # A look shows no less than there was: what was taken back is read again first.
        if reached == last or not holds_fewer_blocks(path):
            publish(path, proved=proved)
        look_after_s = max(looks.every_s, 10 * (time.monotonic() - rebuilt_from))
    return Synced(max(reached, synced), findings)


def _land_and_ask_twice(
    reading: Reading, first: int, last: int, until: float, looked_at: int
) -> int:
    """Land what is unread, then see how far a second source bears it out; where one was found
    wrong, or is on another chain by now, what it alone gave is read again. Beyond block `looked_at`
    that is done of what an earlier sync landed too: it was stopped before. Returns the block up to
    which all is read.
    """
    reached = first - 1
    for turn in range(_ROUNDS):
        try:
            landed = land_range(reading, first, last, until)
        except NodeError:
            left_chain(reading)  # who fails now may have told of another chain before
            raise
        if left_chain(reading):
            reached = first - 1
            continue
        reached = landed.block
        if reached < first:
            break
        requests = budget(reading.con, len(landed.ranges))
        if turn < 2:  # what is dropped there is read again before it is settled
            settle_doubts(reading)
        confirm(reading, first, reached, requests, datetime.now(UTC))
        landed_ranges = merged([*landed.ranges, (looked_at + 1, max(looked_at + 1, reached))])
        sample(reading, landed_ranges, requests)
        hold_times(reading, first, reached, landed_ranges)
        if not unread(reading.con, first, reached):
            break
    return reached


def _go_on_from(reading: Reading, head: int, first: int, last: int) -> int:
    """Make sure the chain is the one the store was read from, and forget the store's last
    blocks where they are about to be read again. Returns its block, -1 for a new store."""
    con = reading.con
    info = read_info(con)
    if info.synced_block is None:
        return -1
    read_liars_again(reading)
    synced = same_chain(reading, info.synced_block, info.synced_hash, head)
    if synced <= last:
        for name in (POOL, BOND, SFC):
            take_back(reading, name, max(first, synced - _TAIL_BLOCKS + 1), synced)
    return synced


def has_news(network: Network, path: Path, chain: Chain, now: datetime) -> bool:
    """Whether a sync would add anything to the store at `path`: a log of the newest blocks, or one
    that the contract's own counts betray. A store older than nearly an hour has news in any case:
    pages call it stale then. Writes nothing. Raises NodeError or StoreError."""
    if not path.exists():
        return True
    with open_reader(path, OLDEST) as con:
        info = read_info(con)
        if info.schema_version != SCHEMA_VERSION or info.synced_block is None:
            return True
        if info.published_at is None or now - info.published_at > _UNCHANGED_FOR:
            return True
        head = chain.head()
        if head <= info.synced_block:
            return False
        decode.prepare(con, network)
        first = max(info.first_block, info.synced_block - _TAIL_BLOCKS + 1)
        with file_in_memory() as file:
            for log_filter in filters(con, network):
                for answer in LogRanges(chain.endpoints, log_filter, [(first, head)]):
                    held = [] if answer.empty else [answer]
                    if read_into_landing(con, held, log_filter, file) is not None:
                        return True
                    span = [(answer.first, answer.last)]
                    if only_answered(con, log_filter, span) or only_stored(con, log_filter, span):
                        return True
        stubs = [stub for stub, _ in deployed_stubs(con)]
        return not same_state(con, info.synced_block, chain.quick_state(chain.block(head), stubs))
