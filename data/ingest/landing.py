"""From a node's answers to the next store: every filter over every block, exactly once.

Two filters read it all: whatever the pool and the bond token logged, and whatever the staking
contract logged of the pool's stubs. An answer's rows and its range are committed together, so
whatever stops a sync, the store knows what it has. Small answers that come close together share
a commit.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import duckdb

from data import ChangedLogError, NodeError
from data.ingest import raw_logs
from data.ingest.coverage import BOND, POOL, SFC, TIMES, cover, forget, gaps, merged
from data.ingest.doubts import (
    as_chain_log,
    drop_false,
    drop_misplaced,
    only_answered,
    only_stored,
)
from data.ingest.reading import (
    OF_FILTER,
    HostRange,
    Reading,
    deployed_stubs,
    filter_parameters,
    pool_and_bond,
    staking,
)
from data.ingest.times import settle_times
from data.node.log_ranges import LogFilter, LogRanges, RangeAnswer
from data.node.witness import ChainLog, on_chain
from data.pool.contracts import EVENTS
from data.store.writer import transaction

_BATCH_BYTES, _BATCH_S = 8_000_000, 0.5
_DEPLOYED = next(event.topic0 for event in EVENTS if event.name == "Deployed")
_NEVER = math.inf


@dataclass(frozen=True)
class Landed:
    """The block up to which all is read, and the ranges that were read for it, by filter and in
    the order of their answers."""

    block: int
    ranges: tuple[tuple[int, int], ...]


def land_range(reading: Reading, first: int, last: int, until: float = _NEVER) -> Landed:
    """Land every log of blocks first..last that is not covered yet: all of them, or up to an
    earlier block where the monotonic clock passed `until`, or where a host was found wrong and what
    it alone gave is to be read again.

    The pool's own logs come first: they name the stubs whose logs are read at the staking
    contract, from the first stub's block on.
    """
    con = reading.con
    read = _land(reading, pool_and_bond(reading.network), _unread_of_pool(con, first, last), until)
    left = _unread_of_pool(con, first, last)
    last = left[0][0] - 1 if left else last
    stubs = deployed_stubs(con)
    if stubs and stubs[0][1] <= last:
        log_filter = staking(reading.network, [stub for stub, _ in stubs])
        since = max(first, stubs[0][1])
        read += _land(reading, log_filter, gaps(con, SFC, since, last))
        left = [*_unread_of_pool(con, first, last), *gaps(con, SFC, since, last)]
        last = min((start - 1 for start, _ in left), default=last)
    return Landed(last, tuple(read))


def unread(con: duckdb.DuckDBPyConnection, first: int, last: int) -> int:
    """How many blocks of first..last are still to be read, as a mean over the two filters.

    Stubs that only the logs to come will name are counted as if they were there from the start.
    """
    pool, stubs = _unread_of_pool(con, first, last), deployed_stubs(con)
    sfc = gaps(con, SFC, max(first, stubs[0][1]), last) if stubs else []
    return -(-_length(pool + merged([*pool, *sfc])) // 2)


def _unread_of_pool(con: duckdb.DuckDBPyConnection, first: int, last: int) -> list[tuple[int, int]]:
    return merged([*gaps(con, POOL, first, last), *gaps(con, BOND, first, last)])


def _land(
    reading: Reading,
    log_filter: LogFilter,
    ranges: list[tuple[int, int]],
    until: float = _NEVER,
) -> list[tuple[int, int]]:
    read: list[tuple[int, int]] = []
    began, wanted = time.monotonic(), _length(ranges)
    answers = LogRanges(reading.chain.endpoints, log_filter, ranges)
    with file_in_memory() as file:

        def land(batch: list[RangeAnswer]) -> bool:
            """Whether any of these answers landed."""
            landed = _land_batch(reading, log_filter, answers, batch, file)
            if isinstance(landed, int):
                blocks = sum(answer.last - answer.first + 1 for answer in batch)
                reading.report(log_filter.names[0], blocks, landed)
                read.extend((answer.first, answer.last) for answer in batch)
                return True
            if isinstance(landed, dict):
                for number, reason in landed.items():
                    answers.reject(batch[number], reason)
                rest = [each for number, each in enumerate(batch) if number not in landed]
                return bool(rest) and land(rest)
            if len(batch) > 1:
                return sum(land([answer]) for answer in batch) > 0
            answers.reject(batch[0], landed)
            return False

        while answers.left:
            for batch in _batches(answers):
                # Where nothing lands, an end comes only of how often it was tried.
                if land(batch) and (now := time.monotonic()) > until:
                    # Over half is there: the end comes as soon as a look would.
                    waits = 2 * _length(read) > wanted and now - began < 2 * (until - began)
                    if not waits:
                        answers.stop()
    return read


def _length(ranges: list[tuple[int, int]]) -> int:
    """How many blocks lie in some ranges."""
    return sum(last - first + 1 for first, last in ranges)


def _batches(answers: Iterable[RangeAnswer]) -> Iterator[list[RangeAnswer]]:
    """Answers as they come, many small ones together: each landing costs DuckDB some 30 ms.

    Where the node fails, what came before is yielded first, and then its error is raised.
    """
    batch: list[RangeAnswer] = []
    size, began = 0, time.monotonic()
    failure: NodeError | None = None
    try:
        for answer in answers:
            batch.append(answer)
            size += len(answer.logs)
            if size >= _BATCH_BYTES or time.monotonic() - began >= _BATCH_S:
                yield batch
                batch, size, began = [], 0, time.monotonic()
    except NodeError as error:
        failure = error
    if batch:
        yield batch
    if failure is not None:
        raise failure


def _land_batch(
    reading: Reading,
    log_filter: LogFilter,
    answers: LogRanges,
    batch: list[RangeAnswer],
    file: Path,
) -> int | str | dict[int, str]:
    """Land some answers in one transaction: the number of new logs, or why not, which may be the
    reason of each answer that contradicts the store, by its place in the batch."""
    con = reading.con
    holding = [answer for answer in batch if not answer.empty]
    ranges = merged((answer.first, answer.last) for answer in batch)
    fault = read_into_landing(con, holding, log_filter, file)
    if fault is None and holding:
        fault = _malformed(reading, all(map(answers.asked_again, holding)))
    if fault is not None:
        return fault
    blocks = raw_logs.blocks_without_time(con)
    if blocks:
        raw_logs.set_block_times(con, reading.chain.block_times(blocks))
    if _holds_some(con, ranges):  # else there is nothing that could be told otherwise
        stored = only_stored(con, log_filter, ranges)
        if stored:
            stored = drop_misplaced(reading, stored, only_answered(con, log_filter, ranges))
        if contradicting := _contradicting(reading, stored, batch):
            return contradicting
        block = settle_times(reading)
        if block is not None:
            return f"tells another time of block {block} than the store holds"
    try:
        with transaction(con):
            forget_before_new_stubs(con)
            count = raw_logs.land(con)
            for first, last in merged((each.first, each.last) for each in holding if count):
                forget(con, first, last, TIMES)  # of new logs nobody bore them out yet
            for host in {answer.endpoint.host for answer in batch}:
                of_host = [(each.first, each.last) for each in batch if each.endpoint.host == host]
                for first, last in merged(of_host):
                    cover(con, log_filter.names, first, last, "single", host)
                    reading.host_ranges.append(HostRange(host, log_filter.names, first, last))
    except ChangedLogError as error:
        return str(error)
    return count


def _holds_some(con: duckdb.DuckDBPyConnection, ranges: list[tuple[int, int]]) -> bool:
    """Whether the store holds a log between the first and the last block of some ranges."""
    found = con.execute(
        "SELECT 1 FROM raw_logs WHERE block BETWEEN ? AND ? LIMIT 1",
        [min(first for first, _ in ranges), max(last for _, last in ranges)],
    )
    return found.fetchone() is not None


def _contradicting(
    reading: Reading, stored: list[ChainLog], batch: list[RangeAnswer]
) -> dict[int, str]:
    """Which answers lack a stored log that stays, by their place in the batch, each with the first
    such log. A log of a final block does not vanish: the host holds it back, or another made it up
    and then it is taken out of the store."""
    lacking: dict[int, list[ChainLog]] = {}
    for log in stored:
        for number, answer in enumerate(batch):
            if answer.first <= log.block <= answer.last:
                lacking.setdefault(number, []).append(log)
    reasons: dict[int, str] = {}
    if lacking:  # who is known to keep old blocks can deny a log
        reading.find_archives(stored[0].block, stored[-1].block)
    while lacking:  # of each answer one log at a time: the first that stays is enough
        firsts = {number: logs.pop(0) for number, logs in lacking.items()}
        stays = set(drop_false(reading, list(firsts.values())))
        for number, log in firsts.items():
            if log in stays:
                reasons[number] = (
                    f"has not log {log.log_index} of block {log.block} as the store holds it"
                )
        lacking = {n: logs for n, logs in lacking.items() if logs and n not in reasons}
    return reasons


def forget_before_new_stubs(con: duckdb.DuckDBPyConnection) -> None:
    """Where `landing` names a stub that the store does not know, let the staking contract's logs
    be read again from that block on: they were asked for without it."""
    named = con.execute("SELECT 1 FROM landing WHERE topic0 = ? LIMIT 1", [_DEPLOYED])
    if named.fetchone() is None:
        return
    row = con.execute(
        "SELECT min(block) FROM landing WHERE topic0 = $deployed "
        "AND (block, log_index) NOT IN (SELECT (block, log_index) FROM raw_logs "
        "WHERE topic0 = $deployed)",
        {"deployed": _DEPLOYED},
    ).fetchone()
    if row is not None and row[0] is not None:
        forget(con, row[0], 2**62, SFC)


def read_into_landing(
    con: duckdb.DuckDBPyConnection, holding: list[RangeAnswer], log_filter: LogFilter, file: Path
) -> str | None:
    """Read answers into `landing`. Returns why they cannot be this filter's logs, or None."""
    con.execute("CREATE OR REPLACE TEMP TABLE landing AS FROM raw_logs LIMIT 0")
    if not holding:
        return None
    with file.open("wb") as whole:  # piece by piece: no second copy in memory
        for before, answer in zip(chain([b"["], repeat(b",")), holding, strict=False):
            whole.write(before)
            whole.write(answer.logs[1:-1])
        whole.write(b"]")
    try:
        fault = raw_logs.read_answer(con, file, lines=False)
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        return f"the logs do not parse ({str(error).splitlines()[0][:120]})"
    if fault is not None:
        return f"log {fault.row} of the answer: {fault.reason}"
    first, last = min(a.first for a in holding), max(a.last for a in holding)
    unasked = _unasked(con, first, last, log_filter)
    if unasked is None and len(holding) > 1 and not _in_their_ranges(con, holding):
        return "a log lies in the range of another answer"
    return unasked


def _in_their_ranges(con: duckdb.DuckDBPyConnection, holding: list[RangeAnswer]) -> bool:
    """Whether each range holds as many logs as its own answer."""
    counts = con.execute(
        "SELECT count(block) FROM (SELECT unnest($firsts) AS first, unnest($lasts) AS last) "
        "LEFT JOIN landing ON block BETWEEN first AND last GROUP BY first, last ORDER BY first",
        {"firsts": [a.first for a in holding], "lasts": [a.last for a in holding]},
    ).fetchall()
    ordered = sorted(holding, key=lambda answer: answer.first)
    return [count for (count,) in counts] == [
        answer.logs.tobytes().count(b'"logIndex"') for answer in ordered
    ]


def _unasked(
    con: duckdb.DuckDBPyConnection, first: int, last: int, log_filter: LogFilter
) -> str | None:
    """The first log in `landing` that the filter over blocks first..last did not ask for, or
    None."""
    row = con.execute(
        f"""
        SELECT block, log_index, block NOT BETWEEN $first AND $last
        FROM landing
        WHERE block NOT BETWEEN $first AND $last OR NOT ({OF_FILTER})
        ORDER BY 1, 2
        LIMIT 1
        """,
        filter_parameters(log_filter) | {"first": first, "last": last},
    ).fetchone()
    if row is None:
        return None
    what = "lies outside the asked blocks" if row[2] else "is of another contract or event"
    return f"log {row[1]} of block {row[0]} {what}"


def _malformed(reading: Reading, asked_again: bool) -> str | None:
    """The first log of a known event in `landing` that has not the event's shape, or None. One that
    was told twice is taken where no receipt denies it."""
    row = reading.con.execute(
        "SELECT block, log_index, tx, address, topic0, topic1, topic2, topic3, data, event "
        "FROM malformed_logs('landing') JOIN landing USING (block, log_index) "
        "ORDER BY 1, 2 LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    *place, event = row
    log = as_chain_log(place)
    if asked_again and on_chain(reading.chain.endpoints, [log], "")[log] is not False:
        return None
    return f"log {log.log_index} of block {log.block} does not decode as {event}"


@contextmanager
def file_in_memory() -> Iterator[Path]:
    """A file through which answers pass to DuckDB. Where the system has such, it is one without a
    name, which goes with its process however that ends."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("answers")
        try:
            yield Path(f"/proc/self/fd/{handle}")
        finally:
            os.close(handle)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "answers.json"
