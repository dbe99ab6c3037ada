"""What one source alone gave, asked of other hosts: a store made surer without a new block.

A sync confirms as much as it can afford; this goes through all of it, the newest blocks first, at
a gentle pace. Coverage says what is left to do, so whatever stops it, the next run goes on there.
Where logs were found missing or made up, they are read again and all tables are rebuilt.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import duckdb

from data import NodeError, StoreError
from data.config import Network
from data.ingest import decode
from data.ingest.appended import carry, unchanged_to
from data.ingest.certainty import judge
from data.ingest.checks import Finding
from data.ingest.coverage import merged, without
from data.ingest.evidence import (
    Compared,
    budget,
    compare,
    filters,
    from_one_source,
    newest,
    sample,
)
from data.ingest.finish import Reached
from data.ingest.healing import finish_look, same_chain
from data.ingest.identity import left_chain
from data.ingest.landing import land_range, unread
from data.ingest.progress import Progress
from data.ingest.reading import Reading
from data.ingest.settling import settle, unsettled
from data.ingest.times import hold_times
from data.node.chain import Chain
from data.node.endpoint import Endpoint
from data.node.log_ranges import LogFilter
from data.node.range_plan import TAIL_BLOCKS
from data.store.reader import StoreInfo, read_info
from data.store.writer import holds_fewer_blocks, open_next, publish, transaction

# What is drawn for a sample: one question where the endpoint takes as many.
STRETCH_BLOCKS = 1_000
# Questions of one endpoint after which is looked what to ask next, and whom.
_AT_A_TIME = 16
_PUBLISH_EVERY_S = 60.0
_HEADERS = 1_000  # of so many blocks, of each of two hosts

Blocks = list[tuple[int, int]]


@dataclass(frozen=True)
class Difference:
    """A block at which two sources did not tell the same: who was found wrong, or both where it is
    not `settled`, and in what."""

    block: int
    source: str
    reason: str
    settled: bool


@dataclass(frozen=True)
class Sample:
    """Stretches of up to `STRETCH_BLOCKS` blocks that one source gave: how many there are, how many
    of them were compared, and how many differed."""

    stretches: int
    compared: int
    differing: int


@dataclass(frozen=True)
class Verified:
    """What came of it. `ranges` answers were compared, over `blocks` blocks, of `hosts`; `alone` is
    how many blocks of each filter are still given by one source. `unasked` says why something was
    not compared, "" where all that was meant to be was."""

    ranges: int
    blocks: int
    hosts: tuple[str, ...]
    differences: tuple[Difference, ...]
    alone: dict[str, int]
    unasked: str
    sample: Sample | None
    findings: tuple[Finding, ...]

    @property
    def fine(self) -> bool:
        """Whether all was compared, and nothing differs."""
        return not self.differences and not self.unasked


@dataclass
class _Work:
    """What was done so far: answers, the blocks that were asked for by filter, and by filter and
    source those that nobody is left to ask for. `only` are the blocks to ask for, None for all."""

    everything: bool
    only: dict[str, Blocks] | None = None
    compared: list[tuple[str, Compared]] = field(default_factory=list)
    compared_blocks: dict[str, Blocks] = field(default_factory=dict)
    given_up: dict[tuple[str, str], str] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def verify_store(
    network: Network,
    path: Path,
    chain: Chain,
    progress: Progress,
    *,
    everything: bool = False,
    stretches: int | None = None,
    dice: Random | None = None,
) -> Verified:
    """Compare what one source gave of the store at `path` with what other hosts tell; what is
    surer already as well where `everything` is meant. Where `stretches` are given, only so many
    that `dice` draw.

    To be called under store.writer.lock. Raises NodeError, StoreError.
    """
    work = _Work(everything)
    drawn = _Drawn({}, 0)
    alone: dict[str, int] = {}
    began, done, first_time = datetime.now(UTC), False, True
    while not done:
        until = time.monotonic() + _PUBLISH_EVERY_S
        with open_next(path, network, progress.note) as con:
            decode.prepare(con, network)
            reading = Reading(con, chain, network, progress, progress.note)
            info = read_info(con)
            if info.synced_block is None:
                raise StoreError(f"{path} holds no block yet: sync the network first")
            if first_time:
                head = chain.head()
                chain.remember(max(0, min(head, info.synced_block) - TAIL_BLOCKS))
                synced = same_chain(reading, info.synced_block, info.synced_hash, head)
                info = read_info(con)
                progress.news(chain.drain_notices())
                reading.find_archives(info.first_block, synced)
                if stretches is not None:
                    drawn = _draw(reading, info, work, stretches, dice or Random())
                    work.only = drawn.blocks
                progress.expect(_to_do(reading, info, work) // 2)
                first_time = False
            done = _go_through(reading, info, work, until)
            progress.news(chain.drain_notices())
            work.differences = _differences(con, began)
            alone = _alone(con)
        if done or not holds_fewer_blocks(path):
            publish(path)
    return _verified(work, alone, drawn if stretches is not None else None)


def _go_through(reading: Reading, info: StoreInfo, work: _Work, until: float) -> bool:
    """Compare until nothing is left, or the monotonic clock passed `until`; then bring tables and
    checks to what was found. Returns whether nothing is left."""
    con = reading.con
    last = info.synced_block or 0
    logs, missing = _logs(con), unread(con, info.first_block, last)
    reread = done = False
    while not done and time.monotonic() < until:
        done = not _compare_some(reading, info, work)
        left_chain(reading)
        while unread(con, info.first_block, last) > missing:
            if all(endpoint.lied for endpoint in reading.chain.endpoints.all):
                raise NodeError(
                    "no endpoint is left whose logs are those of the chain. "
                    f"{reading.chain.endpoints.faults()}"
                )
            landed = land_range(reading, info.first_block, last)
            sample(reading, landed.ranges, budget(reading.con, len(landed.ranges)))
            reread, done = True, False
            for name in work.compared_blocks:
                work.compared_blocks[name] = without(
                    work.compared_blocks[name], merged(landed.ranges)
                )
    if done:
        hold_times(reading, info.first_block, last, drawn=_HEADERS, sure_too=work.everything)
    for block in unsettled(con):
        settle(reading, block, [each for _, each in work.compared])
    if reread or _logs(con) != logs or unchanged_to(con) is None:
        reached = Reached(
            reading.chain.block(last), info.head_block, info.source or "", datetime.now(UTC)
        )
        work.findings = finish_look(reading, info.first_block, reached, at_end=True)
        if left_chain(reading):
            con.execute("UPDATE store_info SET synced_hash = NULL")  # whose it is, nobody knows
            return False
    else:
        now = datetime.now(UTC)
        with transaction(con):
            work.findings = judge(con)
            carry(con, now)
            con.execute("UPDATE store_info SET published_at = ?", [now])
    return done


def _compare_some(reading: Reading, info: StoreInfo, work: _Work) -> bool:
    """Compare the newest of what is left with what others tell; False where nothing is left."""
    left = [
        (blocks[-1][1], log_filter, source, blocks)
        for log_filter, source, blocks in _left(reading, info, work)
        if (log_filter.names[0], source) not in work.given_up
    ]
    if not left:
        return False
    _, log_filter, source, blocks = max(left, key=lambda each: each[0])
    name = log_filter.names[0]
    others = _hosts_to_ask(reading, log_filter, source, work)
    if not others:
        return True
    widest = max(endpoint.width.blocks for endpoint in others)
    some = newest(blocks, widest * _AT_A_TIME)
    compared: Blocks = []
    try:
        for answer in compare(reading, log_filter, some, others, _AT_A_TIME * len(others)):
            work.compared.append((name, answer))
            # Where nobody kept who gave it, one more host is to agree with this one.
            if source or work.everything or not answer.alike:
                compared.append((answer.first, answer.last))
            reading.report(name, answer.last - answer.first + 1, 0)
    except NodeError as error:
        work.given_up[name, source] = str(error)
    work.compared_blocks[name] = merged([*work.compared_blocks.get(name, []), *compared])
    return True


def _left(
    reading: Reading, info: StoreInfo, work: _Work
) -> Iterator[tuple[LogFilter, str, Blocks]]:
    """What is still to be compared, by filter and source."""
    doubtful = [(block, block) for block in unsettled(reading.con)]
    for log_filter in filters(reading.con, reading.network):
        name = log_filter.names[0]
        done = work.compared_blocks.get(name, [])
        span = (info.first_block, info.synced_block or 0)
        by_source = from_one_source(reading, log_filter, *span, sure_too=work.everything)
        if doubtful and not work.everything:
            for source, blocks in from_one_source(
                reading, log_filter, *span, sure_too=True
            ).items():
                again = _within(blocks, doubtful)
                by_source[source] = merged([*by_source.get(source, []), *again])
        for source, blocks in by_source.items():
            if work.only is not None:
                blocks = _within(blocks, work.only.get(name, []))
            if blocks := without(blocks, done):
                yield log_filter, source, blocks


def _within(blocks: Blocks, others: Blocks) -> Blocks:
    """The blocks of sorted ranges that lie in `others`."""
    return without(blocks, without([(0, 2**62)], others))


def _to_do(reading: Reading, info: StoreInfo, work: _Work) -> int:
    return sum(
        last - first + 1
        for _, source, blocks in _left(reading, info, work)
        for first, last in blocks
        if _others(reading, source)
    )


def _hosts_to_ask(
    reading: Reading, log_filter: LogFilter, source: str, work: _Work
) -> list[Endpoint]:
    """Who can bear out what `source` told; where nobody can, that is noted."""
    others = _others(reading, source)
    if not others:
        told_by = source or "those that gave it"
        work.given_up[log_filter.names[0], source] = f"nobody but {told_by} can be asked"
    return others


def _others(reading: Reading, source: str) -> list[Endpoint]:
    """Who can bear out what `source`, one host or several, told; what several told is asked of any
    of them where there is no other."""
    anybody = reading.others("")
    told_by = source.split(", ")
    others = [endpoint for endpoint in anybody if endpoint.host not in told_by]
    return others or (anybody if len(told_by) > 1 else [])


def _logs(con: duckdb.DuckDBPyConnection) -> object:
    """What changes with every log that is dropped or added, and with every time that is mended."""
    return con.execute("SELECT count(*), sum(epoch(block_time)) FROM raw_logs").fetchone()


def _differences(con: duckdb.DuckDBPyConnection, began: datetime) -> list[Difference]:
    rows = con.execute(
        "SELECT block, source, reason, settled FROM contradictions WHERE noticed_at >= ? "
        "ORDER BY ALL",
        [began],
    ).fetchall()
    return [Difference(*row) for row in rows]


def _alone(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many blocks of each filter one source alone gave."""
    rows = con.execute(
        "SELECT filter, sum(to_block - from_block + 1)::BIGINT FROM coverage "
        "WHERE known = 'single' AND filter NOT LIKE 'file %' GROUP BY 1 ORDER BY 1"
    )
    return dict(rows.fetchall())


def _verified(work: _Work, alone: dict[str, int], drawn: _Drawn | None) -> Verified:
    compared = [answer for _, answer in work.compared]
    return Verified(
        ranges=len(compared),
        blocks=sum(answer.last - answer.first + 1 for answer in compared),
        hosts=tuple(sorted({answer.host for answer in compared})),
        differences=tuple(work.differences),
        alone=alone,
        unasked="; ".join(sorted(set(work.given_up.values()))),
        sample=None if drawn is None else _sampled(work, drawn),
        findings=tuple(work.findings),
    )


# A sample


@dataclass(frozen=True)
class _Drawn:
    """The stretches that were drawn, by filter, of `stretches` that there are."""

    blocks: dict[str, Blocks]
    stretches: int


def _draw(reading: Reading, info: StoreInfo, work: _Work, most: int, dice: Random) -> _Drawn:
    """Some stretches of what one source gave, each as likely as any other."""
    whole = [
        (log_filter.names[0], start, min(start + STRETCH_BLOCKS - 1, last))
        for log_filter, source, blocks in _left(reading, info, work)
        if _hosts_to_ask(reading, log_filter, source, work)
        for first, last in blocks
        for start in range(first, last + 1, STRETCH_BLOCKS)
    ]
    drawn: dict[str, Blocks] = {}
    for name, first, last in sorted(dice.sample(whole, min(most, len(whole)))):
        drawn.setdefault(name, []).append((first, last))
    return _Drawn(drawn, len(whole))


def _sampled(work: _Work, drawn: _Drawn) -> Sample:
    compared = differing = 0
    for name, stretches in drawn.blocks.items():
        of_filter = [answer for filter_name, answer in work.compared if filter_name == name]
        answered = merged((answer.first, answer.last) for answer in of_filter)
        wrong = [(answer.first, answer.last) for answer in of_filter if not answer.alike]
        whole = [each for each in stretches if not without([each], answered)]
        compared += len(whole)
        differing += sum(bool(_within([each], merged(wrong))) for each in whole)
    return Sample(drawn.stretches, compared, differing)
